/** Runs: creation, resume, streamed lines, files. */
export const runsSdl = /* GraphQL */ `
type Run {
  id: ID! name: String! displayName: String description: String notes: String tags: [String!]
  config: JSONString summaryMetrics: JSONString systemMetrics: JSONString state: String exitcode: Int
  group: String jobType: String commit: String host: String jobProgram: String jobRepo: String
  readOnly: Boolean createdAt: DateTime! updatedAt: DateTime heartbeatAt: DateTime sweepName: String
  project: Project! projectId: Int64! user: User shouldStop: Boolean! stopped: Boolean! running: Boolean! failed: Boolean!
  historyLineCount: Int eventsLineCount: Int logLineCount: Int historyTail: JSONString eventsTail: JSONString
  historyKeys: JSON wandbConfig(keys: [String!]): JSONString
  history(minStep: Int64, maxStep: Int64, samples: Int): [JSONString!]
  events(samples: Int): [JSONString!]
  sampledHistory(specs: [JSONString!]!): [JSON]
  parquetHistory(liveKeys: [String!]!): ParquetHistory!
  logLines(first: Int, after: String, last: Int, useImprovedPagination: Boolean): LogLineConnection
  fileCount: Int!
  files(names: [String], after: String, first: Int, pattern: String): FileConnection
  inputArtifacts(after: String, first: Int): ArtifactConnection
  outputArtifacts(after: String, first: Int): ArtifactConnection
}
type RunEdge { node: Run! cursor: String! }
type RunConnection { edges: [RunEdge!]! pageInfo: PageInfo! totalCount: Int! }
type ParquetHistory { parquetUrls: [String!]! liveData: [JSON!]! }
type LogLine { number: Int! timestamp: DateTime level: String label: String line: String! }
type LogLineEdge { node: LogLine! cursor: String! }
type LogLineConnection { edges: [LogLineEdge!]! pageInfo: PageInfo! }
type File {
  id: ID! name: String! displayName: String url(upload: Boolean): String directUrl: String! sizeBytes: Int64!
  storagePath: String mimetype: String updatedAt: DateTime digest: String md5: String
  uploadUrl: String uploadHeaders: [String!] uploadMultipartUrls: UploadMultipartUrls artifact: Artifact
}
type UploadMultipartUrls { uploadID: String! uploadUrlParts: [UploadUrlPart!]! }
type UploadUrlPart { partNumber: Int64! uploadUrl: String! }
type FileEdge { node: File cursor: String! }
type FileConnection { edges: [FileEdge!]! pageInfo: PageInfo! totalCount: Int! }

input UpsertBucketInput {
  id: String name: String groupName: String modelName: String entityName: String description: String
  displayName: String notes: String config: JSONString commit: String host: String debug: Boolean
  jobProgram: String jobRepo: String jobType: String state: String sweep: String tags: [String!]
  summaryMetrics: JSONString clientMutationId: String
}
type UpsertBucketPayload { bucket: Run inserted: Boolean }
input DeleteRunInput { id: ID! deleteArtifacts: Boolean clientMutationId: String }
type DeleteRunPayload { success: Boolean clientMutationId: String }
input StopRunInput { id: ID! clientMutationId: String }
input UpdateRunStateInput { id: ID! state: String! clientMutationId: String }
input CreateRunFilesInput { entityName: String projectName: String! runName: String! files: [String!]! clientMutationId: String }
type CreateRunFilesPayload { runID: ID! uploadHeaders: [String!]! files: [RunFileUpload!]! }
type RunFileUpload { name: String! uploadUrl: String }
input MarkRunFilesUploadedInput { entityName: String! projectName: String! runName: String! files: [String!]! }
input DeleteFilesInput { files: [ID!]! projectId: Int }
`;
