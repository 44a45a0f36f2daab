import type { AliasRow, ArtifactTypeRow, CollectionRow, MembershipRow } from '../../artifacts/rows.js';
import { compileFilter, compileOrder, type FieldReader } from '../../filters.js';
import { globalId } from '../../ids.js';
import { type PageArgs, paginate } from '../../page.js';
import type { Context } from '../context.js';
import { artifactNode, artifactReader } from './artifact.js';
import { artifactFilesPage } from './artifact-file.js';
import { projectNode } from './project.js';

interface QueryArgs extends PageArgs {
  filters?: string | null;
  order?: string | null;
}

/** A tag as GraphQL sees it: its name is all there is. */
export function tagNode(name: string) {
  return { __typename: 'Tag', id: globalId('Tag', name), name, tagCategoryName: null, attributes: null };
}

/** An artifact type as GraphQL sees it. */
export function typeNode(row: ArtifactTypeRow) {
  return {
    id: globalId('ArtifactType', row.id),
    name: row.name,
    description: row.description,
    createdAt: row.created_at,
    artifactCollection: ({ name }: { name: string }, { services }: Context) => {
      const collection = services.collections.byName(row.project_id, name);
      return collection?.type_id === row.id ? collectionNode(collection) : null;
    },
    artifactCollections: (args: QueryArgs, context: Context) =>
      queryCollections(row.project_id, row.id, args, context),
  };
}

/** The collections of a project, or of one type, filtered and ordered. */
export function queryCollections(
  projectId: number,
  typeId: number | undefined,
  args: QueryArgs,
  context: Context,
) {
  const { services } = context;
  const predicate = compileFilter(args.filters);
  const readers = services.collections
    .list(projectId, typeId)
    .map((row) => ({ row, read: collectionReader(row, context) }));
  const kept = predicate ? readers.filter(({ read }) => predicate(read)) : readers;
  const compare = args.order ? compileOrder(args.order) : undefined;
  if (compare) kept.sort((a, b) => compare(a.read, b.read));
  return paginate(
    kept.map(({ row }) => row),
    args,
    collectionNode,
  );
}

function collectionReader(row: CollectionRow, { services }: Context): FieldReader {
  return (field) => {
    switch (field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())) {
      case 'name':
        return row.name;
      case 'description':
        return row.description;
      case 'createdAt':
        return row.created_at;
      case 'updatedAt':
        return row.updated_at;
      case 'tag':
      case 'tags':
        return services.labels.collectionTags(row.id);
      case 'type':
        return services.collections.typeById(row.type_id).name;
      default:
        return undefined;
    }
  };
}

/** A sequence or portfolio as GraphQL sees it. */
export function collectionNode(row: CollectionRow) {
  return {
    __typename: row.kind === 'SEQUENCE' ? 'ArtifactSequence' : 'ArtifactPortfolio',
    id: globalId('ArtifactCollection', row.id),
    name: row.name,
    description: row.description,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    state: row.state,
    digestAlgorithm: 'MANIFEST_MD5',
    project: (_: unknown, { services, viewer }: Context) => {
      const project = services.scopes.projectById(viewer, row.project_id);
      return project && projectNode(project);
    },
    defaultArtifactType: (_: unknown, { services }: Context) =>
      typeNode(services.collections.typeById(row.type_id)),
    tags: (_: unknown, { services }: Context) => ({
      edges: services.labels.collectionTags(row.id).map((name) => ({ node: tagNode(name) })),
    }),
    aliases: (args: PageArgs, { services }: Context) =>
      paginate(services.labels.aliasesIn(row.id), args, aliasNode),
    ...versionFields(row),
  };
}

function versionFields(row: CollectionRow) {
  return {
    latestArtifact: (_: unknown, { services }: Context) => {
      const latest = services.artifacts.latest(row.id);
      return latest && artifactNode(latest);
    },
    artifactMembership: ({ aliasName }: { aliasName: string }, { services }: Context) => {
      const member = services.collections.resolve(row.id, aliasName);
      return member && membershipNode(member);
    },
    artifacts: (args: QueryArgs, context: Context) => versionsPage(row, args, context),
  };
}

function versionsPage(row: CollectionRow, args: QueryArgs, context: Context) {
  const { services } = context;
  const predicate = compileFilter(args.filters);
  const versions = services.collections.memberships(row.id).flatMap((member) => {
    const artifact = services.artifacts.byId(member.artifact_id);
    if (!artifact) return [];
    const read = artifactReader(artifact, member, context);
    return predicate && !predicate(read) ? [] : [{ id: member.id, member, artifact, read }];
  });
  const compare = args.order ? compileOrder(args.order) : undefined;
  if (compare) versions.sort((a, b) => compare(a.read, b.read));
  const page = paginate(versions, args, (item) => item);
  const edges = page.edges.map(({ node, cursor }) => ({
    cursor,
    version: `v${node.member.version_index}`,
    node: artifactNode(node.artifact),
  }));
  return { ...page, edges };
}

/** A version in a collection as GraphQL sees it. */
export function membershipNode(row: MembershipRow) {
  return {
    __typename: 'ArtifactCollectionMembership',
    id: globalId('ArtifactMembership', row.id),
    versionIndex: row.version_index,
    createdAt: row.created_at,
    aliases: (_: unknown, { services }: Context) =>
      services.labels.aliasesOf(row.artifact_id, row.collection_id).map(aliasNode),
    artifactCollection: (_: unknown, { services }: Context) => {
      const collection = services.collections.byId(row.collection_id);
      return collection && collectionNode(collection);
    },
    artifact: (_: unknown, { services }: Context) => {
      const artifact = services.artifacts.byId(row.artifact_id);
      return artifact && artifactNode(artifact);
    },
    files: (args: PageArgs & { names?: string[] | null }, context: Context) =>
      artifactFilesPage(row.artifact_id, args, context),
  };
}

/** An alias as GraphQL sees it. */
export function aliasNode(row: AliasRow) {
  return {
    __typename: 'ArtifactAlias',
    id: globalId('Alias', row.id),
    alias: row.alias,
    artifactCollectionName: (_: unknown, { services }: Context) =>
      services.collections.byId(row.collection_id)?.name,
    artifactCollection: (_: unknown, { services }: Context) => {
      const collection = services.collections.byId(row.collection_id);
      return collection && collectionNode(collection);
    },
  };
}
