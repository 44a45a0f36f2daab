import type { ArtifactRow, ManifestRow, MembershipRow } from '../../artifacts/rows.js';
import type { FieldReader } from '../../filters.js';
import { globalId } from '../../ids.js';
import { parseObject, readPath } from '../../json.js';
import { type PageArgs, paginate } from '../../page.js';
import type { Context } from '../context.js';
import { artifactFilesPage, manifestFileNode } from './artifact-file.js';
import { aliasNode, collectionNode, membershipNode, tagNode, typeNode } from './collection.js';
import { runNode } from './run.js';
import { userNode } from './session.js';

/** An artifact version as GraphQL sees it. */
export function artifactNode(row: ArtifactRow) {
  return { ...artifactFields(row), ...relationFields(row), ...contentFields(row) };
}

function artifactFields(row: ArtifactRow) {
  return {
    __typename: 'Artifact',
    id: globalId('Artifact', row.id),
    digest: row.digest,
    digestAlgorithm: row.digest_algorithm,
    state: row.state,
    description: row.description,
    metadata: row.metadata,
    labels: row.labels,
    ttlDurationSeconds: row.ttl_seconds,
    ttlIsInherited: row.ttl_seconds === -1,
    historyStep: row.history_step,
    size: row.size_bytes,
    commitHash: row.commit_hash,
    fileCount: row.file_count,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    versionIndex: row.version_index,
  };
}

function relationFields(row: ArtifactRow) {
  return {
    artifactSequence: (_: unknown, { services }: Context) => {
      const sequence = services.collections.byId(row.sequence_id);
      return sequence && collectionNode(sequence);
    },
    artifactType: (_: unknown, { services }: Context) => {
      const sequence = services.collections.byId(row.sequence_id);
      return sequence && typeNode(services.collections.typeById(sequence.type_id));
    },
    tags: (_: unknown, { services }: Context) => services.labels.artifactTags(row.id).map(tagNode),
    aliases: (_: unknown, { services }: Context) => services.labels.aliasesOf(row.id).map(aliasNode),
    artifactMemberships: (args: PageArgs, { services }: Context) =>
      paginate(
        services.collections.membershipsOf(row.id),
        { first: args.first ?? 500, after: args.after ?? null },
        membershipNode,
      ),
    createdBy: (_: unknown, { services }: Context) => {
      const run = row.created_by_run === null ? undefined : services.runs.byId(row.created_by_run);
      return run ? runNode(run) : userNode(row.created_by_user);
    },
    usedBy: (args: PageArgs, { services }: Context) =>
      paginate(
        services.lineage.usedBy(row.id),
        { first: args.first ?? 1000, after: args.after ?? null },
        runNode,
      ),
  };
}

interface EntryArgs extends PageArgs {
  entries?: { name: string }[] | null;
}

function contentFields(row: ArtifactRow) {
  return {
    currentManifest: (_: unknown, { services }: Context) => {
      const manifest = row.manifest_id === null ? undefined : services.manifests.byId(row.manifest_id);
      return manifest && manifestNode(manifest);
    },
    files: (args: PageArgs & { names?: string[] | null }, context: Context) =>
      artifactFilesPage(row.id, args, context),
    filesByManifestEntries: (args: EntryArgs, context: Context) =>
      artifactFilesPage(row.id, { ...args, names: (args.entries ?? []).map((entry) => entry.name) }, context),
  };
}

/** A manifest as GraphQL sees it. */
export function manifestNode(row: ManifestRow) {
  return {
    id: globalId('ArtifactManifest', row.id),
    type: row.type,
    digest: row.digest,
    file: manifestFileNode(row),
  };
}

/** Reads the fields by which a collection's versions are filtered and ordered. */
export function artifactReader(row: ArtifactRow, member: MembershipRow, { services }: Context): FieldReader {
  return (field) => {
    if (field.startsWith('metadata.'))
      return readPath(parseObject(row.metadata), field.slice('metadata.'.length));
    switch (field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())) {
      case 'state':
        return row.state;
      case 'version':
      case 'versionIndex':
        return member.version_index;
      case 'createdAt':
        return row.created_at;
      case 'updatedAt':
        return row.updated_at;
      case 'digest':
        return row.digest;
      case 'size':
        return row.size_bytes;
      case 'alias':
      case 'aliases':
        return services.labels.aliasesOf(row.id, member.collection_id).map((alias) => alias.alias);
      case 'tag':
      case 'tags':
        return services.labels.artifactTags(row.id);
      default:
        return undefined;
    }
  };
}
