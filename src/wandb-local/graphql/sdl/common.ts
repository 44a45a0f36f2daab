/** Scalars, paging, and what a session asks about itself and the server. */
export const commonSdl = /* GraphQL */ `
scalar JSON
scalar JSONString
scalar Int64
scalar DateTime
scalar Duration

type PageInfo { endCursor: String hasNextPage: Boolean! }
type Tag { id: ID! name: String! tagCategoryName: String attributes: JSONString }
type TagEdge { node: Tag! }
type TagConnection { edges: [TagEdge!]! }
input TagInput { tagName: String! tagCategoryName: String attributes: JSONString }

type Query {
  viewer: User
  serverInfo: ServerInfo
  entity(name: String): Entity
  organization(name: String!): Organization
  users(query: String): UserConnection
  project(name: String, entityName: String): Project
  model(name: String, entityName: String): Project
  models(entityName: String, after: String, first: Int): ProjectConnection
  artifact(id: ID!): Artifact
  artifactCollection(id: ID!): ArtifactCollection
  clientIDMapping(clientID: ID!): ClientIDMapping
}
type ServerInfo { cliVersionInfo: JSON latestLocalVersionInfo: LocalVersionInfo features: [ServerFeature] }
type LocalVersionInfo { outOfDate: Boolean latestVersionString: String versionOnThisInstanceString: String }
type ServerFeature { name: String! isEnabled: Boolean! }

type ApiKey { id: ID! name: String! description: String }
type ApiKeyEdge { node: ApiKey }
type ApiKeyConnection { edges: [ApiKeyEdge!]! }
type User {
  id: ID! name: String! username: String email: String admin: Boolean flags: JSONString entity: String
  deletedAt: DateTime apiKeys: ApiKeyConnection teams: EntityConnection organizations: [Organization!]
}
type UserEdge { node: User }
type UserConnection { edges: [UserEdge!]! }
type Member {
  id: String role: String admin: Boolean pending: Boolean email: String username: String name: String!
  photoUrl: String accountType: String apiKey: String
}
type Entity {
  id: ID! name: String! available: Boolean photoUrl: String readOnly: Boolean readOnlyAdmin: Boolean!
  isTeam: Boolean! entityType: String privateOnly: Boolean! storageBytes: Int64! codeSavingEnabled: Boolean!
  defaultAccess: String! isPaid: Boolean members: [Member!]! limits: JSONString
  xxhashDigestsEnabled: Boolean!
  organization: Organization user: User project(name: String): Project
  projects(filters: JSONString, after: String, first: Int, order: String): ProjectConnection
}
type EntityEdge { node: Entity }
type EntityConnection { edges: [EntityEdge!]! }
type Organization { id: ID! name: String! orgEntity: Entity coreWeaveOrganizationId: String featureFlags(rampIDType: RampIDType): [FeatureFlag!]! }
enum RampIDType { OrgName }
type FeatureFlag { rampKey: String! isEnabled: Boolean! }
type ClientIDMapping { serverID: ID! }

type Project {
  id: ID! internalId: ID! name: String! entityName: String! entity: Entity! description: String
  createdAt: DateTime! updatedAt: DateTime access: String views: JSONString isBenchmark: Boolean! readOnly: Boolean
  user: User allowAllArtifactTypesInRegistry: Boolean!
  run(name: String!): Run
  bucket(name: String!, missingOk: Boolean): Run
  runs(filters: JSONString, order: String, after: String, first: Int): RunConnection
  runCount(filters: JSONString): Int!
  totalSweeps: Int!
  artifact(name: String!): Artifact
  artifactType(name: String!): ArtifactType
  artifactTypes(after: String, first: Int, includeAll: Boolean): ArtifactTypeConnection
  artifactCollection(name: String!): ArtifactCollection
  artifactCollections(after: String, first: Int, filters: JSONString, order: String): ArtifactCollectionConnection
  artifactCollectionMembership(name: String!): ArtifactCollectionMembership
}
type ProjectEdge { node: Project cursor: String! }
type ProjectConnection { pageInfo: PageInfo! edges: [ProjectEdge!]! totalCount: Int! }

type UpsertModelPayload { inserted: Boolean project: Project model: Project }
input UpsertModelInput {
  id: String name: String entityName: String description: String access: String framework: String repo: String
  dockerImage: String isBenchmark: Boolean isPublished: Boolean views: JSONString owner: ID clientMutationId: String
}
type SuccessPayload { success: Boolean clientMutationId: String }
input DeleteModelInput { id: String! clientMutationId: String }
input RenameProjectInput { entityName: String! oldProjectName: String! newProjectName: String! clientMutationId: String }
`;
