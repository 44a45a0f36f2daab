/** Schema 1. Times are ISO 8601 text in UTC, but for `heartbeat_ms`, which is compared: milliseconds since 1970. */
export const initialSchema = `
CREATE TABLE entities (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE projects (
  id INTEGER PRIMARY KEY AUTOINCREMENT, entity_id INTEGER NOT NULL REFERENCES entities, name TEXT NOT NULL,
  description TEXT, access TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (entity_id, name)
);
CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  name TEXT NOT NULL, display_name TEXT, description TEXT, notes TEXT, group_name TEXT, job_type TEXT,
  commit_hash TEXT, program TEXT, repo TEXT, host TEXT, sweep_name TEXT, tags TEXT NOT NULL DEFAULT '[]',
  config TEXT NOT NULL DEFAULT '{}', summary TEXT NOT NULL DEFAULT '{}', state TEXT NOT NULL, exit_code INTEGER,
  user_name TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, heartbeat_ms INTEGER NOT NULL,
  restarted INTEGER NOT NULL DEFAULT 0, stop_requested INTEGER NOT NULL DEFAULT 0, UNIQUE (project_id, name)
);
CREATE INDEX runs_by_state ON runs (state, heartbeat_ms);
CREATE TABLE run_lines (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, stream TEXT NOT NULL, line INTEGER NOT NULL,
  step INTEGER, content TEXT NOT NULL, PRIMARY KEY (run_id, stream, line)
) WITHOUT ROWID;
CREATE INDEX run_lines_by_step ON run_lines (run_id, stream, step);
CREATE TABLE run_files (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, name TEXT NOT NULL, size_bytes INTEGER NOT NULL,
  md5_hex TEXT NOT NULL, mimetype TEXT, storage_key TEXT NOT NULL, updated_at TEXT NOT NULL,
  PRIMARY KEY (run_id, name)
);

CREATE TABLE artifact_types (
  id INTEGER PRIMARY KEY AUTOINCREMENT, project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  name TEXT NOT NULL, description TEXT, created_at TEXT NOT NULL, UNIQUE (project_id, name)
);
CREATE TABLE collections (
  id INTEGER PRIMARY KEY AUTOINCREMENT, project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  type_id INTEGER NOT NULL REFERENCES artifact_types, kind TEXT NOT NULL CHECK (kind IN ('SEQUENCE', 'PORTFOLIO')),
  name TEXT NOT NULL, description TEXT, client_id TEXT, next_version INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'READY', created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE UNIQUE INDEX collections_by_name ON collections (project_id, name) WHERE state = 'READY';
CREATE INDEX collections_by_client ON collections (client_id);
CREATE TABLE artifacts (
  id INTEGER PRIMARY KEY AUTOINCREMENT, sequence_id INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
  version_index INTEGER, state TEXT NOT NULL, digest TEXT NOT NULL, digest_algorithm TEXT NOT NULL,
  description TEXT, metadata TEXT, labels TEXT, ttl_seconds INTEGER NOT NULL DEFAULT -1, history_step INTEGER,
  size_bytes INTEGER NOT NULL DEFAULT 0, file_count INTEGER NOT NULL DEFAULT 0, commit_hash TEXT NOT NULL,
  client_id TEXT, distributed_id TEXT, manifest_id INTEGER, created_by_run INTEGER REFERENCES runs ON DELETE SET NULL,
  created_by_user TEXT NOT NULL, pending_aliases TEXT NOT NULL DEFAULT '[]', created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE UNIQUE INDEX artifacts_by_version ON artifacts (sequence_id, version_index);
CREATE INDEX artifacts_by_digest ON artifacts (sequence_id, digest);
CREATE INDEX artifacts_by_client ON artifacts (client_id);
CREATE TABLE memberships (
  id INTEGER PRIMARY KEY AUTOINCREMENT, collection_id INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
  artifact_id INTEGER NOT NULL REFERENCES artifacts ON DELETE CASCADE, version_index INTEGER NOT NULL,
  created_at TEXT NOT NULL, UNIQUE (collection_id, artifact_id), UNIQUE (collection_id, version_index)
);
CREATE INDEX memberships_by_artifact ON memberships (artifact_id);
CREATE TABLE aliases (
  id INTEGER PRIMARY KEY AUTOINCREMENT, collection_id INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
  artifact_id INTEGER NOT NULL REFERENCES artifacts ON DELETE CASCADE, alias TEXT NOT NULL,
  UNIQUE (collection_id, alias)
);
CREATE INDEX aliases_by_artifact ON aliases (artifact_id);
CREATE TABLE artifact_tags (
  artifact_id INTEGER NOT NULL REFERENCES artifacts ON DELETE CASCADE, name TEXT NOT NULL,
  PRIMARY KEY (artifact_id, name)
);
CREATE TABLE collection_tags (
  collection_id INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE, name TEXT NOT NULL,
  PRIMARY KEY (collection_id, name)
);
CREATE TABLE manifests (
  id INTEGER PRIMARY KEY AUTOINCREMENT, artifact_id INTEGER NOT NULL REFERENCES artifacts ON DELETE CASCADE,
  type TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, base_artifact_id INTEGER, storage_key TEXT,
  size_bytes INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL
);
CREATE INDEX manifests_by_artifact ON manifests (artifact_id);
CREATE TABLE artifact_files (
  artifact_id INTEGER NOT NULL REFERENCES artifacts ON DELETE CASCADE, path TEXT NOT NULL, md5_hex TEXT,
  digest TEXT NOT NULL, size_bytes INTEGER NOT NULL, ref TEXT, birth_artifact_id TEXT, updated_at TEXT NOT NULL,
  PRIMARY KEY (artifact_id, path)
) WITHOUT ROWID;
CREATE INDEX artifact_files_by_md5 ON artifact_files (md5_hex);
CREATE TABLE blobs (
  project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE, md5_hex TEXT NOT NULL,
  size_bytes INTEGER NOT NULL, created_at TEXT NOT NULL, PRIMARY KEY (project_id, md5_hex)
) WITHOUT ROWID;
CREATE TABLE run_outputs (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  artifact_id INTEGER NOT NULL REFERENCES artifacts ON DELETE CASCADE, PRIMARY KEY (run_id, artifact_id)
) WITHOUT ROWID;
CREATE INDEX run_outputs_by_artifact ON run_outputs (artifact_id);
CREATE TABLE run_inputs (
  run_id INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  artifact_id INTEGER NOT NULL REFERENCES artifacts ON DELETE CASCADE, used_as TEXT, created_at TEXT NOT NULL,
  PRIMARY KEY (run_id, artifact_id)
) WITHOUT ROWID;
CREATE INDEX run_inputs_by_artifact ON run_inputs (artifact_id);
`;
