import { globalId } from '../../ids.js';
import { type PageArgs, paginate } from '../../page.js';
import type { EntityRow, Viewer } from '../../scopes.js';
import type { Context } from '../context.js';
import { projectNode } from './project.js';

/** The user who asks, or any other by name: all that is known of a user is the name. */
export function userNode(name: string) {
  return {
    __typename: 'User',
    id: globalId('User', name),
    name,
    username: name,
    email: `${name}@localhost`,
    admin: false,
    flags: '{}',
    entity: name,
    deletedAt: null,
    apiKeys: { edges: [] },
    organizations: (_: unknown, { services, viewer }: Context) => {
      const own = name === viewer.name ? services.scopes.entity(viewer, name) : undefined;
      return own ? [organizationNode(own)] : [];
    },
    teams: (_: unknown, { services, viewer }: Context) => ({
      edges: services.scopes.entities(viewer).map((row) => ({ node: entityNode(row) })),
    }),
  };
}

/** The user who asks, with the one key that is known of him: the one he showed. */
export function viewerNode(viewer: Viewer) {
  const key = { id: globalId('ApiKey', viewer.keyHint), name: viewer.keyHint, description: null };
  return { ...userNode(viewer.name), apiKeys: { edges: [{ node: key }] } };
}

/**
 * The organization a user belongs to: himself. So the client finds a place for what is linked to a registry,
 * which is a project `wandb-registry-NAME` of the organization's entity.
 */
export function organizationNode(row: EntityRow) {
  return {
    id: globalId('Organization', row.id),
    name: row.name,
    orgEntity: () => ({ ...entityNode(row), entityType: 'organization' }),
    coreWeaveOrganizationId: null,
    featureFlags: [],
  };
}

/** An entity as GraphQL sees it; none belongs to an organization, but a user does: see `organizationNode`. */
export function entityNode(row: EntityRow) {
  return {
    id: globalId('Entity', row.id),
    name: row.name,
    available: false,
    photoUrl: null,
    readOnly: false,
    readOnlyAdmin: false,
    isTeam: row.name !== row.owner,
    entityType: row.name === row.owner ? 'user' : 'team',
    privateOnly: false,
    storageBytes: 0,
    codeSavingEnabled: true,
    defaultAccess: 'PRIVATE',
    isPaid: false,
    xxhashDigestsEnabled: false,
    limits: '{}',
    organization: null,
    user: row.name === row.owner ? userNode(row.owner) : null,
    members: [
      {
        id: globalId('User', row.owner),
        role: 'admin',
        admin: true,
        pending: false,
        name: row.owner,
        username: row.owner,
        accountType: 'USER',
      },
    ],
    project: ({ name }: { name?: string | null }, { services, viewer }: Context) => {
      const project = services.scopes.project(viewer, row.name, name ?? '');
      return project && projectNode(project);
    },
    projects: (args: PageArgs, { services }: Context) =>
      paginate(services.scopes.projects(row), args, projectNode),
  };
}

const enabledFeatures = [
  'LARGE_FILENAMES',
  'ARTIFACT_TAGS',
  'CLIENT_IDS',
  'STRUCTURED_CONSOLE_LOGS',
  'ARTIFACT_COLLECTION_MEMBERSHIP_FILES',
  'ARTIFACT_COLLECTION_MEMBERSHIP_FILE_DOWNLOAD_HANDLER',
  'USE_ARTIFACT_WITH_ENTITY_AND_PROJECT_INFORMATION',
  'PROJECT_ARTIFACT_COLLECTION_MEMBERSHIP',
  'ARTIFACT_MEMBERSHIP_IN_LINK_ARTIFACT_RESPONSE',
  'TOTAL_COUNT_IN_FILE_CONNECTION',
  'ARTIFACT_COLLECTIONS_FILTERING_SORTING',
  'ARTIFACT_V2_DOWNLOAD_HANDLER_SUPPORTS_ARTIFACT_ID',
  'MARK_RUN_FILES_UPLOADED',
  'FILESTREAM_GZIP',
  'ARTIFACT_DIGEST_ALGORITHM',
  'UPDATE_RUN_STATE',
];

/** What this server can do beyond the oldest clients' expectations. */
export const serverInfoNode = {
  cliVersionInfo: { min_cli_version: '0.20.0', max_cli_version: '0.31.0' },
  latestLocalVersionInfo: null,
  features: enabledFeatures.map((name) => ({ name, isEnabled: true })),
};
