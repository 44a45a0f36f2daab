import { md5Hex } from '../../artifacts/content-store.js';
import type { ArtifactRow, CollectionRow } from '../../artifacts/rows.js';
import { notFound, Refusal } from '../../errors.js';
import { rowId } from '../../ids.js';
import { parseLooseJson } from '../../json.js';
import { projectIdOf, requireArtifact, requireRunByName } from '../access.js';
import type { Context } from '../context.js';
import { artifactNode, manifestNode } from '../nodes/artifact.js';
import { uploadFileNode } from '../nodes/artifact-file.js';
import type {
  ArtifactFileSpec,
  CompleteMultipartInput,
  CreateArtifactInput,
  CreateArtifactManifestInput,
  UseArtifactInput,
} from './inputs.js';

/** The mutations by which a version comes to be, in the order the client calls them. */
export const artifactWriteMutations = {
  createArtifact: ({ input }: { input: CreateArtifactInput }, context: Context) => ({
    artifact: artifactNode(context.services.db.transaction(() => createArtifact(input, context))),
  }),

  createArtifactManifest: ({ input }: { input: CreateArtifactManifestInput }, context: Context) => {
    const artifact = requireDraft(context, input.artifactID);
    const base = input.baseArtifactID ? requireArtifact(context, input.baseArtifactID).id : null;
    const manifest = context.services.manifests.create({
      artifactId: artifact.id,
      type: input.type ?? 'FULL',
      name: input.name,
      digest: input.digest,
      baseArtifactId: base,
    });
    return { artifactManifest: manifestNode(manifest) };
  },

  updateArtifactManifest: (
    {
      input,
    }: { input: { artifactManifestID: string; digest?: string | null; baseArtifactID?: string | null } },
    context: Context,
  ) => {
    const { manifests } = context.services;
    const manifest = manifests.byId(rowId('ArtifactManifest', input.artifactManifestID));
    const artifact = manifest && context.services.artifacts.byId(manifest.artifact_id);
    if (!manifest || artifact?.state !== 'PENDING') throw notFound('manifest of a draft artifact');
    projectOf(context, artifact);
    const base = input.baseArtifactID ? requireArtifact(context, input.baseArtifactID).id : null;
    manifests.update(manifest.id, input.digest, base);
    return { artifactManifest: manifestNode(manifests.byId(manifest.id) ?? manifest) };
  },

  createArtifactFiles: ({ input }: { input: { artifactFiles: ArtifactFileSpec[] } }, context: Context) =>
    context.services.db.transaction(() => {
      const edges = input.artifactFiles.map((spec) => ({
        cursor: spec.name,
        node: announceFile(spec, context),
      }));
      return {
        files: { edges, pageInfo: { endCursor: null, hasNextPage: false }, totalCount: edges.length },
      };
    }),

  completeMultipartUploadArtifact: async ({ input }: { input: CompleteMultipartInput }, context: Context) => {
    const artifact = requireDraft(context, input.artifactID);
    const md5 = input.storagePath.split('/').at(-1) ?? '';
    if (
      !/^[0-9a-f]{32}$/.test(md5) ||
      input.uploadID !== context.services.multipart.uploadId(artifact.id, md5)
    ) {
      throw notFound('upload');
    }
    const parts = input.completedParts.map((part) => part.partNumber).sort((a, b) => a - b);
    await context.services.multipart.complete(projectIdOf(context, artifact), artifact.id, md5, parts);
    return { digest: Buffer.from(md5, 'hex').toString('base64') };
  },

  commitArtifact: async ({ input }: { input: { artifactID: string } }, context: Context) => ({
    artifact: artifactNode(await context.services.commit.commit(requireArtifact(context, input.artifactID))),
  }),

  useArtifact: ({ input }: { input: UseArtifactInput }, context: Context) => {
    const artifact = requireArtifact(context, input.artifactID);
    if (artifact.state !== 'COMMITTED')
      throw new Refusal('CONFLICT', `the artifact is ${artifact.state}, not COMMITTED`);
    const run = requireRunByName(context, input.entityName, input.projectName, input.runName);
    context.services.lineage.addInput(run.id, artifact.id, input.usedAs ?? null);
    return { artifact: artifactNode(artifact) };
  },
};

/** Both name the one storage there is: the client's default, and what a self-hosted W&B calls its own disk. */
const storageRegions = ['default', 'minio-local'];

function createArtifact(input: CreateArtifactInput, context: Context): ArtifactRow {
  const { services, viewer } = context;
  const name = input.artifactCollectionName ?? input.artifactCollectionNames?.[0];
  if (!name) throw new Refusal('INVALID_ARGUMENT', 'createArtifact needs the name of a collection');
  if (input.storageRegion && !storageRegions.includes(input.storageRegion)) {
    throw new Refusal(
      'INVALID_ARGUMENT',
      `invalid storageRegion: ${input.storageRegion}; there is only "default" here`,
    );
  }
  checkMetadata(input.metadata);
  const project = services.scopes.ensureProject(viewer, input.entityName, input.projectName);
  const run = input.runName
    ? requireRunByName(context, project.entity, project.name, input.runName)
    : undefined;
  const sequence = services.collections.ensure(
    project.id,
    'SEQUENCE',
    input.artifactTypeName,
    name,
    input.sequenceClientID,
  );
  const artifact =
    findSame(sequence, input, context) ?? insertArtifact(sequence, input, run?.id ?? null, context);
  if (run) services.lineage.addOutput(run.id, artifact.id);
  for (const tag of input.tags ?? []) services.labels.addArtifactTag(artifact.id, tag.tagName);
  giveAliases(
    artifact,
    (input.aliases ?? []).map(({ alias }) => alias),
    context,
  );
  return services.artifacts.byId(artifact.id) as ArtifactRow;
}

/** The version this request means already: the same draft asked for again, a shared draft, or the same content. */
function findSame(
  sequence: CollectionRow,
  input: CreateArtifactInput,
  { services }: Context,
): ArtifactRow | undefined {
  const { artifacts } = services;
  const repeated = input.clientID ? artifacts.byClientId(input.clientID) : undefined;
  if (repeated?.sequence_id === sequence.id) return repeated;
  const shared = input.distributedID ? artifacts.pendingShared(sequence.id, input.distributedID) : undefined;
  if (shared) return shared;
  return input.enableDigestDeduplication ? artifacts.byDigest(sequence.id, input.digest) : undefined;
}

function insertArtifact(
  sequence: CollectionRow,
  input: CreateArtifactInput,
  runId: number | null,
  context: Context,
): ArtifactRow {
  if (input.digestAlgorithm !== 'MANIFEST_MD5') {
    throw new Refusal(
      'UNSUPPORTED',
      `wandb-local does not take artifacts with ${input.digestAlgorithm} digests`,
    );
  }
  return context.services.artifacts.create({
    sequenceId: sequence.id,
    digest: input.digest,
    digestAlgorithm: input.digestAlgorithm,
    description: input.description ?? null,
    metadata: input.metadata ?? null,
    labels: input.labels ?? null,
    ttlSeconds: input.ttlDurationSeconds ?? -1,
    historyStep: input.historyStep ?? null,
    clientId: input.clientID ?? null,
    distributedId: input.distributedID ?? null,
    runId,
    userName: context.viewer.name,
  });
}

function giveAliases(artifact: ArtifactRow, aliases: string[], { services }: Context): void {
  if (artifact.state === 'PENDING') services.artifacts.addPendingAliases(artifact, aliases);
  else for (const alias of aliases) services.labels.setAlias(artifact.sequence_id, artifact.id, alias);
}

function announceFile(spec: ArtifactFileSpec, context: Context) {
  const { contents } = context.services;
  const artifact = requireDraft(context, spec.artifactID);
  const projectId = projectIdOf(context, artifact);
  const md5 = md5Hex(spec.md5);
  contents.claim(artifact.id, spec.name, spec.md5, md5);
  const held = contents.heldSize(projectId, md5) !== undefined;
  return {
    ...uploadFileNode(artifact, projectId, spec, md5, held),
    artifact: artifactNode(artifact),
  };
}

function requireDraft(context: Context, id: string): ArtifactRow {
  const artifact = requireArtifact(context, id);
  if (artifact.state !== 'PENDING')
    throw new Refusal('CONFLICT', `the artifact is ${artifact.state} and can't change`);
  return artifact;
}

function projectOf(context: Context, artifact: ArtifactRow): void {
  if (!context.services.scopes.projectById(context.viewer, projectIdOf(context, artifact)))
    throw notFound('artifact');
}

function checkMetadata(metadata: string | null | undefined): void {
  if (!metadata) return;
  try {
    parseLooseJson(metadata);
  } catch {
    throw new Refusal('INVALID_ARGUMENT', 'the metadata is not JSON');
  }
}
