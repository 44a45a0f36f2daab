import { globalId } from '../../ids.js';
import { type PageArgs, paginate } from '../../page.js';
import { queryRuns } from '../../runs/run-query.js';
import type { RunRow } from '../../runs/run-store.js';
import type { ProjectRow } from '../../scopes.js';
import type { Context } from '../context.js';
import { artifactNode } from './artifact.js';
import { collectionNode, membershipNode, queryCollections, typeNode } from './collection.js';
import { runNode } from './run.js';
import { entityNode, userNode } from './session.js';

interface QueryArgs extends PageArgs {
  filters?: string | null;
  order?: string | null;
}

/** A project as GraphQL sees it. */
export function projectNode(row: ProjectRow) {
  return {
    ...projectFields(row),
    entity: (_: unknown, { services, viewer }: Context) => {
      const entity = services.scopes.entity(viewer, row.entity);
      return entity && entityNode(entity);
    },
    run: ({ name }: { name: string }, { services }: Context) => findRun(row, name, { services }),
    bucket: ({ name }: { name: string }, { services }: Context) => findRun(row, name, { services }),
    runs: (args: QueryArgs, { services }: Context) =>
      paginate(queryRuns(services.runs, row.id, args.filters, args.order), args, ({ id }) =>
        runNode(services.runs.byId(id) as RunRow),
      ),
    runCount: ({ filters }: QueryArgs, { services }: Context) =>
      queryRuns(services.runs, row.id, filters, null).length,
    ...artifactFields(row),
  };
}

function findRun(row: ProjectRow, name: string, { services }: Pick<Context, 'services'>) {
  const run = services.runs.byName(row.id, name);
  return run && runNode(run);
}

function projectFields(row: ProjectRow) {
  return {
    id: globalId('Project', row.id),
    internalId: String(row.id),
    name: row.name,
    entityName: row.entity,
    description: row.description,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    access: row.access ?? 'PRIVATE',
    views: '{}',
    isBenchmark: false,
    readOnly: false,
    user: userNode(row.owner),
    totalSweeps: 0,
    allowAllArtifactTypesInRegistry: true,
  };
}

function artifactFields(row: ProjectRow) {
  return {
    artifact: ({ name }: { name: string }, { services }: Context) => {
      const member = resolveName(row, name, { services });
      const artifact = member && services.artifacts.byId(member.artifact_id);
      return artifact && artifactNode(artifact);
    },
    artifactCollectionMembership: ({ name }: { name: string }, { services }: Context) => {
      const member = resolveName(row, name, { services });
      return member && membershipNode(member);
    },
    artifactType: ({ name }: { name: string }, { services }: Context) => {
      const type = services.collections.type(row.id, name);
      return type && typeNode(type);
    },
    artifactTypes: (args: PageArgs, { services }: Context) =>
      paginate(services.collections.types(row.id), args, typeNode),
    artifactCollection: ({ name }: { name: string }, { services }: Context) => {
      const collection = services.collections.byName(row.id, name);
      return collection && collectionNode(collection);
    },
    artifactCollections: (args: QueryArgs, context: Context) =>
      queryCollections(row.id, undefined, args, context),
  };
}

/** `name:alias`, `name:vN` or a bare name, which means `latest`. */
function resolveName(row: ProjectRow, name: string, { services }: Pick<Context, 'services'>) {
  const colon = name.lastIndexOf(':');
  const [collectionName, alias] =
    colon === -1 ? [name, 'latest'] : [name.slice(0, colon), name.slice(colon + 1)];
  const collection = services.collections.byName(row.id, collectionName);
  return collection && services.collections.resolve(collection.id, alias);
}
