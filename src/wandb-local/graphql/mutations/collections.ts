import type { CollectionRow } from '../../artifacts/rows.js';
import { notFound } from '../../errors.js';
import { requireCollection } from '../access.js';
import type { Context } from '../context.js';
import { collectionNode, tagNode } from '../nodes/collection.js';
import type { CollectionTagsInput } from './inputs.js';

interface Changes {
  name?: string | null;
  description?: string | null;
}

/** Mutations of collections. */
export const collectionMutations = {
  updateArtifactSequence: (
    { input }: { input: Changes & { artifactSequenceID: string } },
    context: Context,
  ) => update(requireCollection(context, input.artifactSequenceID), input, context),

  updateArtifactPortfolio: (
    { input }: { input: Changes & { artifactPortfolioID: string } },
    context: Context,
  ) => update(requireCollection(context, input.artifactPortfolioID), input, context),

  moveArtifactSequence: (
    { input }: { input: { artifactSequenceID: string; destinationArtifactTypeName: string } },
    context: Context,
  ) => {
    const collection = requireCollection(context, input.artifactSequenceID);
    context.services.collections.retype(collection, input.destinationArtifactTypeName);
    return payload(collection, context);
  },

  deleteArtifactSequence: ({ input }: { input: { artifactSequenceID: string } }, context: Context) =>
    remove(requireCollection(context, input.artifactSequenceID), context),

  deleteArtifactPortfolio: ({ input }: { input: { artifactPortfolioID: string } }, context: Context) =>
    remove(requireCollection(context, input.artifactPortfolioID), context),

  createArtifactCollectionTagAssignments: ({ input }: { input: CollectionTagsInput }, context: Context) => {
    const collection = namedCollection(input, context);
    for (const tag of input.tags) context.services.labels.addCollectionTag(collection.id, tag.tagName);
    return { tags: context.services.labels.collectionTags(collection.id).map(tagNode) };
  },

  deleteArtifactCollectionTagAssignments: ({ input }: { input: CollectionTagsInput }, context: Context) => {
    const collection = namedCollection(input, context);
    for (const tag of input.tags) context.services.labels.removeCollectionTag(collection.id, tag.tagName);
    return { success: true };
  },
};

function update(collection: CollectionRow, changes: Changes, context: Context) {
  context.services.collections.update(collection, changes.name, changes.description);
  return payload(collection, context);
}

function remove(collection: CollectionRow, context: Context) {
  context.services.removal.collection(collection);
  return payload(collection, context);
}

function payload(collection: CollectionRow, { services }: Context) {
  return { artifactCollection: collectionNode(services.collections.byId(collection.id) ?? collection) };
}

function namedCollection(input: CollectionTagsInput, { services, viewer }: Context): CollectionRow {
  const project = services.scopes.requireProject(viewer, input.entityName, input.projectName);
  const collection = services.collections.byName(project.id, input.artifactCollectionName);
  if (!collection) throw notFound(`artifact collection ${input.artifactCollectionName}`);
  return collection;
}
