/** Artifacts, their collections, versions, files and lineage. */
export const artifactsSdl = /* GraphQL */ `
enum ArtifactState { PENDING COMMITTED DELETED }
enum ArtifactCollectionState { READY DELETED }
enum ArtifactDigestAlgorithm { MANIFEST_MD5 MANIFEST_XXH128 }
enum ArtifactManifestType { FULL PATCH INCREMENTAL }
enum ArtifactStorageLayout { V1 V2 }
enum CompleteMultipartAction { Complete }

type ArtifactType {
  id: ID! name: String! description: String createdAt: DateTime!
  artifactCollection(name: String!): ArtifactCollection
  artifactCollections(after: String, first: Int, filters: JSONString, order: String): ArtifactCollectionConnection
}
type ArtifactTypeEdge { node: ArtifactType cursor: String! }
type ArtifactTypeConnection { edges: [ArtifactTypeEdge!]! pageInfo: PageInfo! }

interface ArtifactCollection {
  id: ID! name: String! description: String createdAt: DateTime! updatedAt: DateTime state: ArtifactCollectionState!
  project: Project defaultArtifactType: ArtifactType! tags: TagConnection!
  aliases(after: String, first: Int): ArtifactAliasConnection
  artifacts(after: String, first: Int, order: String, filters: JSONString): VersionedArtifactConnection
  artifactMembership(aliasName: String!): ArtifactCollectionMembership
}
type ArtifactSequence implements ArtifactCollection {
  id: ID! name: String! description: String createdAt: DateTime! updatedAt: DateTime state: ArtifactCollectionState!
  project: Project defaultArtifactType: ArtifactType! tags: TagConnection!
  aliases(after: String, first: Int): ArtifactAliasConnection
  artifacts(after: String, first: Int, order: String, filters: JSONString): VersionedArtifactConnection
  artifactMembership(aliasName: String!): ArtifactCollectionMembership
  latestArtifact: Artifact digestAlgorithm: ArtifactDigestAlgorithm
}
type ArtifactPortfolio implements ArtifactCollection {
  id: ID! name: String! description: String createdAt: DateTime! updatedAt: DateTime state: ArtifactCollectionState!
  project: Project defaultArtifactType: ArtifactType! tags: TagConnection!
  aliases(after: String, first: Int): ArtifactAliasConnection
  artifacts(after: String, first: Int, order: String, filters: JSONString): VersionedArtifactConnection
  artifactMembership(aliasName: String!): ArtifactCollectionMembership
}
type ArtifactCollectionEdge { node: ArtifactCollection cursor: String! }
type ArtifactCollectionConnection { edges: [ArtifactCollectionEdge!]! pageInfo: PageInfo! totalCount: Int! }
type ArtifactAlias { id: ID! alias: String! artifactCollectionName: String artifactCollection: ArtifactCollection }
type ArtifactAliasEdge { node: ArtifactAlias cursor: String! }
type ArtifactAliasConnection { edges: [ArtifactAliasEdge!]! pageInfo: PageInfo! }
type ArtifactCollectionMembership {
  id: ID! versionIndex: Int createdAt: DateTime! aliases: [ArtifactAlias!]!
  artifactCollection: ArtifactCollection artifact: Artifact
  files(names: [String!], after: String, first: Int): FileConnection
}
type ArtifactCollectionMembershipEdge { node: ArtifactCollectionMembership cursor: String! }
type ArtifactCollectionMembershipConnection { edges: [ArtifactCollectionMembershipEdge!]! pageInfo: PageInfo! }

union ArtifactCreator = Run | User
type Artifact {
  id: ID! digest: String! digestAlgorithm: ArtifactDigestAlgorithm state: ArtifactState! description: String
  metadata: JSONString labels: JSONString ttlDurationSeconds: Int64! ttlIsInherited: Boolean! tags: [Tag!]!
  historyStep: Int64 size: Int64! commitHash: String! fileCount: Int64! createdAt: DateTime! updatedAt: DateTime
  versionIndex: Int artifactSequence: ArtifactSequence! artifactType: ArtifactType! aliases: [ArtifactAlias!]!
  artifactMemberships(first: Int, after: String): ArtifactCollectionMembershipConnection
  currentManifest: ArtifactManifest createdBy: ArtifactCreator usedBy(first: Int, after: String): RunConnection
  files(names: [String!], after: String, first: Int): FileConnection
  filesByManifestEntries(entries: [ArtifactManifestEntryInput!], storageLayout: String!, manifestVersion: String!, storageRegion: String, first: Int, after: String): FileConnection
}
input ArtifactManifestEntryInput { name: String! digest: String! birthArtifactID: String }
type ArtifactEdge { node: Artifact! cursor: String! }
type ArtifactConnection { edges: [ArtifactEdge!]! pageInfo: PageInfo! totalCount: Int! }
type VersionedArtifactEdge { version: String! node: Artifact! cursor: String! }
type VersionedArtifactConnection { edges: [VersionedArtifactEdge!]! pageInfo: PageInfo! totalCount: Int! }
type ArtifactManifest { id: ID! type: ArtifactManifestType! digest: String! file: File! }

input ArtifactAliasInput { artifactCollectionName: String! alias: String! }
input ArtifactCollectionAliasInput { entityName: String! projectName: String! artifactCollectionName: String! alias: String! }
input CreateArtifactInput {
  entityName: String! projectName: String! artifactTypeName: String! artifactCollectionName: String
  artifactCollectionNames: [String!] runName: String digest: String! digestAlgorithm: ArtifactDigestAlgorithm!
  description: String aliases: [ArtifactAliasInput!] tags: [TagInput!] metadata: JSONString labels: JSONString
  ttlDurationSeconds: Int64 historyStep: Int64 enableDigestDeduplication: Boolean distributedID: String
  clientID: ID sequenceClientID: ID storageRegion: String clientMutationId: String
}
type CreateArtifactPayload { artifact: Artifact! }
input CreateArtifactManifestInput {
  artifactID: ID! baseArtifactID: ID name: String! digest: String! entityName: String! projectName: String!
  runName: String! type: ArtifactManifestType clientMutationId: String
}
type ArtifactManifestPayload { artifactManifest: ArtifactManifest! }
input UpdateArtifactManifestInput { artifactManifestID: ID! digest: String baseArtifactID: ID clientMutationId: String }
input UploadPartsInput { partNumber: Int64! hexMD5: String! }
input CreateArtifactFileSpecInput {
  artifactID: ID! name: String! md5: String! digest: String mimetype: String artifactManifestID: ID
  uploadPartsInput: [UploadPartsInput!]
}
input CreateArtifactFilesInput {
  artifactFiles: [CreateArtifactFileSpecInput!]! storageLayout: ArtifactStorageLayout
  digestAlgorithm: ArtifactDigestAlgorithm cloudRegionID: ID clientMutationId: String
}
type CreateArtifactFilesPayload { files: FileConnection! }
input CompleteMultipartUploadArtifactInput {
  completeMultipartAction: CompleteMultipartAction! completedParts: [UploadPartsInput!]! artifactID: ID!
  storagePath: String! uploadID: String!
}
type CompleteMultipartUploadArtifactPayload { digest: String }
input CommitArtifactInput { artifactID: ID! clientMutationId: String }
type ArtifactPayload { artifact: Artifact! }
input UseArtifactInput {
  artifactID: ID! entityName: String! projectName: String! runName: String! artifactEntityName: String
  artifactProjectName: String usedAs: String clientMutationId: String
}
input UpdateArtifactInput {
  artifactID: ID! description: String metadata: JSONString labels: JSONString aliases: [ArtifactAliasInput!]
  tagsToAdd: [TagInput!] tagsToDelete: [TagInput!] ttlDurationSeconds: Int64 clientMutationId: String
}
input DeleteArtifactInput { artifactID: ID! deleteAliases: Boolean = false clientMutationId: String }
input AddAliasesInput { artifactID: ID! aliases: [ArtifactCollectionAliasInput!]! clientMutationId: String }
input DeleteAliasesInput { artifactID: ID! aliases: [ArtifactCollectionAliasInput!]! clientMutationId: String }
input LinkArtifactInput {
  artifactID: ID clientID: ID artifactPortfolioID: ID artifactPortfolioName: String entityName: String
  projectName: String aliases: [ArtifactAliasInput!] clientMutationId: String
}
type LinkArtifactPayload { versionIndex: Int artifactMembership: ArtifactCollectionMembership }
input UnlinkArtifactInput { artifactID: ID! artifactPortfolioID: ID! clientMutationId: String }
input UpdateArtifactSequenceInput { artifactSequenceID: ID! name: String description: String clientMutationId: String }
input UpdateArtifactPortfolioInput { artifactPortfolioID: ID! name: String description: String clientMutationId: String }
input MoveArtifactSequenceInput { artifactSequenceID: ID! destinationArtifactTypeName: String! clientMutationId: String }
input DeleteArtifactSequenceInput { artifactSequenceID: ID! clientMutationId: String }
input DeleteArtifactPortfolioInput { artifactPortfolioID: ID! clientMutationId: String }
type ArtifactCollectionPayload { artifactCollection: ArtifactCollection }
input CreateArtifactCollectionTagAssignmentsInput {
  entityName: String! projectName: String! artifactCollectionName: String! tags: [TagInput!]! clientMutationID: String
}
input DeleteArtifactCollectionTagAssignmentsInput {
  entityName: String! projectName: String! artifactCollectionName: String! tags: [TagInput!]! clientMutationID: String
}
type CollectionTagsPayload { tags: [Tag!]! }
`;
