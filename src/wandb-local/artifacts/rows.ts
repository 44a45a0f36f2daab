/** An artifact version; `version_index` is null until it is committed. */
export interface ArtifactRow {
  id: number;
  sequence_id: number;
  version_index: number | null;
  state: 'PENDING' | 'COMMITTED' | 'DELETED';
  digest: string;
  digest_algorithm: string;
  description: string | null;
  metadata: string | null;
  labels: string | null;
  /** Seconds; -1 inherits, -2 is never. */
  ttl_seconds: number;
  history_step: number | null;
  size_bytes: number;
  file_count: number;
  commit_hash: string;
  client_id: string | null;
  distributed_id: string | null;
  manifest_id: number | null;
  created_by_run: number | null;
  created_by_user: string;
  /** JSON list of the aliases to give at commit. */
  pending_aliases: string;
  created_at: string;
  updated_at: string;
}

/** A collection: a sequence holds the versions logged under a name, a portfolio holds links to versions. */
export interface CollectionRow {
  id: number;
  project_id: number;
  type_id: number;
  kind: 'SEQUENCE' | 'PORTFOLIO';
  name: string;
  description: string | null;
  client_id: string | null;
  next_version: number;
  state: 'READY' | 'DELETED';
  created_at: string;
  updated_at: string;
}

/** A type of artifacts in a project. */
export interface ArtifactTypeRow {
  id: number;
  project_id: number;
  name: string;
  description: string | null;
  created_at: string;
}

/** A version in a collection. */
export interface MembershipRow {
  id: number;
  collection_id: number;
  artifact_id: number;
  version_index: number;
  created_at: string;
}

/** An alias of a version in a collection. */
export interface AliasRow {
  id: number;
  collection_id: number;
  artifact_id: number;
  alias: string;
}

/** A file of an artifact: stored content (`md5_hex`) or a reference (`ref`). */
export interface ArtifactFileRow {
  artifact_id: number;
  path: string;
  md5_hex: string | null;
  digest: string;
  size_bytes: number;
  ref: string | null;
  birth_artifact_id: string | null;
  updated_at: string;
}

/** A manifest; `storage_key` is null until its file was uploaded. */
export interface ManifestRow {
  id: number;
  artifact_id: number;
  type: 'FULL' | 'PATCH' | 'INCREMENTAL';
  name: string;
  digest: string;
  base_artifact_id: number | null;
  storage_key: string | null;
  size_bytes: number;
  created_at: string;
}
