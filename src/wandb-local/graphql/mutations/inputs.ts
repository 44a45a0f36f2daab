/** Inputs of the mutations, as GraphQL has validated them. Absent and null mean the same. */
export interface UpsertBucketInput {
  id?: string | null;
  name?: string | null;
  groupName?: string | null;
  modelName?: string | null;
  entityName?: string | null;
  description?: string | null;
  displayName?: string | null;
  notes?: string | null;
  config?: string | null;
  commit?: string | null;
  host?: string | null;
  jobProgram?: string | null;
  jobRepo?: string | null;
  jobType?: string | null;
  state?: string | null;
  sweep?: string | null;
  tags?: string[] | null;
  summaryMetrics?: string | null;
}

/** A project to make or change. */
export interface UpsertModelInput {
  id?: string | null;
  name?: string | null;
  entityName?: string | null;
  description?: string | null;
  access?: string | null;
}

/** A tag, by name. */
interface TagInput {
  tagName: string;
}

/** A version to make. */
export interface CreateArtifactInput {
  entityName: string;
  projectName: string;
  artifactTypeName: string;
  artifactCollectionName?: string | null;
  artifactCollectionNames?: string[] | null;
  runName?: string | null;
  digest: string;
  digestAlgorithm: string;
  description?: string | null;
  aliases?: { artifactCollectionName: string; alias: string }[] | null;
  tags?: TagInput[] | null;
  metadata?: string | null;
  labels?: string | null;
  ttlDurationSeconds?: number | null;
  historyStep?: number | null;
  enableDigestDeduplication?: boolean | null;
  distributedID?: string | null;
  clientID?: string | null;
  sequenceClientID?: string | null;
  storageRegion?: string | null;
}

/** A manifest to make. */
export interface CreateArtifactManifestInput {
  artifactID: string;
  baseArtifactID?: string | null;
  name: string;
  digest: string;
  type?: 'FULL' | 'PATCH' | 'INCREMENTAL' | null;
}

/** A file that a draft will hold. */
export interface ArtifactFileSpec {
  artifactID: string;
  name: string;
  md5: string;
  uploadPartsInput?: { partNumber: number; hexMD5: string }[] | null;
}

/** Parts of a large file that were uploaded. */
export interface CompleteMultipartInput {
  completedParts: { partNumber: number; hexMD5: string }[];
  artifactID: string;
  storagePath: string;
  uploadID: string;
}

/** A read to record. */
export interface UseArtifactInput {
  artifactID: string;
  entityName: string;
  projectName: string;
  runName: string;
  usedAs?: string | null;
}

/** A version to change. */
export interface UpdateArtifactInput {
  artifactID: string;
  description?: string | null;
  metadata?: string | null;
  labels?: string | null;
  tagsToAdd?: TagInput[] | null;
  tagsToDelete?: TagInput[] | null;
  aliases?: { artifactCollectionName: string; alias: string }[] | null;
  ttlDurationSeconds?: number | null;
}

/** Aliases in named collections. */
export interface AliasesInput {
  artifactID: string;
  aliases: { entityName: string; projectName: string; artifactCollectionName: string; alias: string }[];
}

/** A link to make. */
export interface LinkArtifactInput {
  artifactID?: string | null;
  clientID?: string | null;
  artifactPortfolioID?: string | null;
  artifactPortfolioName?: string | null;
  entityName?: string | null;
  projectName?: string | null;
  aliases?: { alias: string }[] | null;
}

/** Tags of a named collection. */
export interface CollectionTagsInput {
  entityName: string;
  projectName: string;
  artifactCollectionName: string;
  tags: TagInput[];
}
