import { globalId, rowId } from '../ids.js';
import { type PageArgs, paginate } from '../page.js';
import { findArtifact } from './access.js';
import type { Context } from './context.js';
import { artifactNode } from './nodes/artifact.js';
import { collectionNode } from './nodes/collection.js';
import { projectNode } from './nodes/project.js';
import { entityNode, organizationNode, serverInfoNode, userNode, viewerNode } from './nodes/session.js';

interface ProjectArgs {
  name?: string | null;
  entityName?: string | null;
}

function project({ name, entityName }: ProjectArgs, { services, viewer }: Context) {
  const row = services.scopes.project(viewer, entityName, name ?? '');
  return row && projectNode(row);
}

/** The root of all queries. */
export const queries = {
  viewer: (_: unknown, { viewer }: Context) => viewerNode(viewer),
  serverInfo: () => serverInfoNode,
  entity: ({ name }: { name?: string | null }, { services, viewer }: Context) => {
    const row = services.scopes.entity(viewer, name);
    return row && entityNode(row);
  },
  organization: ({ name }: { name: string }, { services, viewer }: Context) => {
    const own = name === viewer.name ? services.scopes.entity(viewer, name) : undefined;
    return own && organizationNode(own);
  },
  users: ({ query }: { query?: string | null }, { viewer }: Context) => ({
    edges: !query || viewer.name.includes(query) ? [{ node: userNode(viewer.name) }] : [],
  }),
  project,
  model: project,
  models: (
    { entityName, ...args }: PageArgs & { entityName?: string | null },
    { services, viewer }: Context,
  ) => {
    const entity = services.scopes.entity(viewer, entityName);
    return paginate(entity ? services.scopes.projects(entity) : [], args, projectNode);
  },
  artifact: ({ id }: { id: string }, context: Context) => {
    const artifact = findArtifact(context, id);
    return artifact && artifactNode(artifact);
  },
  artifactCollection: ({ id }: { id: string }, { services, viewer }: Context) => {
    const row = services.collections.byId(rowId('ArtifactCollection', id));
    return row && services.scopes.projectById(viewer, row.project_id) ? collectionNode(row) : null;
  },
  clientIDMapping: ({ clientID }: { clientID: string }, context: Context) => {
    const artifact = context.services.artifacts.byClientId(clientID);
    const id = artifact && globalId('Artifact', artifact.id);
    return id && findArtifact(context, id) ? { serverID: id } : null;
  },
};
