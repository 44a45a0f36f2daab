import type { ArtifactRow, CollectionRow } from '../../artifacts/rows.js';
import { notFound, Refusal } from '../../errors.js';
import { globalId } from '../../ids.js';
import { projectIdOf, requireArtifact, requireCollection } from '../access.js';
import type { Context } from '../context.js';
import { artifactNode } from '../nodes/artifact.js';
import { membershipNode } from '../nodes/collection.js';
import type { AliasesInput, LinkArtifactInput, UpdateArtifactInput } from './inputs.js';

/** Mutations of versions that exist: description, aliases, tags, links, deletion. */
export const artifactChangeMutations = {
  updateArtifact: ({ input }: { input: UpdateArtifactInput }, context: Context) => ({
    artifact: artifactNode(context.services.db.transaction(() => updateArtifact(input, context))),
  }),

  deleteArtifact: (
    { input }: { input: { artifactID: string; deleteAliases?: boolean | null } },
    context: Context,
  ) => {
    const artifact = requireArtifact(context, input.artifactID);
    context.services.removal.artifact(artifact, input.deleteAliases === true);
    return { artifact: artifactNode(artifact) };
  },

  addAliases: ({ input }: { input: AliasesInput }, context: Context) =>
    eachAlias(input, context, (collection, artifact, alias) =>
      context.services.labels.setAlias(collection.id, artifact.id, alias),
    ),

  deleteAliases: ({ input }: { input: AliasesInput }, context: Context) =>
    eachAlias(input, context, (collection, artifact, alias) =>
      context.services.labels.removeAlias(collection.id, artifact.id, alias),
    ),

  linkArtifact: ({ input }: { input: LinkArtifactInput }, context: Context) =>
    context.services.db.transaction(() => {
      const member = linkArtifact(input, context);
      return { versionIndex: member.version_index, artifactMembership: membershipNode(member) };
    }),

  unlinkArtifact: (
    { input }: { input: { artifactID: string; artifactPortfolioID: string } },
    context: Context,
  ) => {
    const artifact = requireArtifact(context, input.artifactID);
    const portfolio = requireCollection(context, input.artifactPortfolioID);
    if (portfolio.kind !== 'PORTFOLIO')
      throw new Refusal('INVALID_ARGUMENT', `${portfolio.name} is not a portfolio`);
    if (!context.services.collections.membership(portfolio.id, artifact.id))
      throw notFound('linked artifact');
    context.services.db.transaction(() => context.services.removal.unlink(portfolio.id, artifact.id));
    return { success: true };
  },
};

function updateArtifact(input: UpdateArtifactInput, context: Context): ArtifactRow {
  const { services } = context;
  const artifact = requireArtifact(context, input.artifactID);
  services.artifacts.update(artifact.id, { ...input, ttlSeconds: input.ttlDurationSeconds ?? null });
  for (const tag of input.tagsToAdd ?? []) services.labels.addArtifactTag(artifact.id, tag.tagName);
  for (const tag of input.tagsToDelete ?? []) services.labels.removeArtifactTag(artifact.id, tag.tagName);
  if (input.aliases) {
    services.labels.removeAliases(artifact.sequence_id, artifact.id);
    for (const { alias } of input.aliases) services.labels.setAlias(artifact.sequence_id, artifact.id, alias);
  }
  return services.artifacts.byId(artifact.id) as ArtifactRow;
}

function eachAlias(
  input: AliasesInput,
  context: Context,
  apply: (collection: CollectionRow, artifact: ArtifactRow, alias: string) => void,
) {
  const { services, viewer } = context;
  const artifact = requireArtifact(context, input.artifactID);
  services.db.transaction(() => {
    for (const { entityName, projectName, artifactCollectionName, alias } of input.aliases) {
      const project = services.scopes.requireProject(viewer, entityName, projectName);
      const collection = services.collections.byName(project.id, artifactCollectionName);
      if (!collection || !services.collections.membership(collection.id, artifact.id)) {
        throw notFound(`artifact in ${entityName}/${projectName}/${artifactCollectionName}`);
      }
      apply(collection, artifact, alias);
    }
  });
  return { success: true };
}

function linkArtifact(input: LinkArtifactInput, context: Context) {
  const { services } = context;
  const artifact = requireArtifact(context, linkedId(input, context));
  if (artifact.state !== 'COMMITTED')
    throw new Refusal('CONFLICT', `the artifact is ${artifact.state}, not COMMITTED`);
  const portfolio = input.artifactPortfolioID
    ? requireCollection(context, input.artifactPortfolioID)
    : namedPortfolio(input, artifact, context);
  const member = services.collections.addMember(portfolio.id, artifact.id);
  const aliases = (input.aliases ?? []).map(({ alias }) => alias);
  for (const alias of new Set([...aliases, 'latest']))
    services.labels.setAlias(portfolio.id, artifact.id, alias);
  return member;
}

function linkedId(input: LinkArtifactInput, { services }: Context): string {
  if (input.artifactID) return input.artifactID;
  const artifact = input.clientID ? services.artifacts.byClientId(input.clientID) : undefined;
  if (!artifact) throw notFound('artifact to link');
  return globalId('Artifact', artifact.id);
}

function namedPortfolio(input: LinkArtifactInput, artifact: ArtifactRow, context: Context): CollectionRow {
  const { services, viewer } = context;
  if (!input.artifactPortfolioName)
    throw new Refusal('INVALID_ARGUMENT', 'linkArtifact needs the name of a portfolio');
  const source = services.scopes.projectById(viewer, projectIdOf(context, artifact));
  const project = services.scopes.ensureProject(
    viewer,
    input.entityName ?? source?.entity,
    input.projectName ?? source?.name,
  );
  const sequence = services.collections.byId(artifact.sequence_id) as CollectionRow;
  const type = services.collections.typeById(sequence.type_id).name;
  return services.collections.ensure(project.id, 'PORTFOLIO', type, input.artifactPortfolioName);
}
