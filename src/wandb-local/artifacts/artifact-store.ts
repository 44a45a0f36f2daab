import { randomBytes } from 'node:crypto';
import { type Clock, isoTime } from '../clock.js';
import type { Database } from '../db/database.js';
import type { ArtifactRow } from './rows.js';

/** What a new version is made from. */
export interface NewArtifact {
  sequenceId: number;
  digest: string;
  digestAlgorithm: string;
  description: string | null;
  metadata: string | null;
  labels: string | null;
  ttlSeconds: number;
  historyStep: number | null;
  clientId: string | null;
  distributedId: string | null;
  runId: number | null;
  userName: string;
}

/** What may change later; undefined leaves a field as it is. */
export interface ArtifactChanges {
  description?: string | null;
  metadata?: string | null;
  labels?: string | null;
  ttlSeconds?: number | null;
}

/** Artifact versions as rows. */
export class ArtifactStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  byId(id: number): ArtifactRow | undefined {
    return this.db.get('SELECT * FROM artifacts WHERE id = ?', id);
  }

  /** The version a client made under an id of its own, if it was not deleted since. */
  byClientId(clientId: string): ArtifactRow | undefined {
    return this.db.get(
      `SELECT * FROM artifacts WHERE client_id = ? AND state <> 'DELETED' ORDER BY id DESC`,
      clientId,
    );
  }

  /** The committed version of a sequence with this content. */
  byDigest(sequenceId: number, digest: string): ArtifactRow | undefined {
    return this.db.get(
      `SELECT * FROM artifacts WHERE sequence_id = ? AND digest = ? AND state = 'COMMITTED' ORDER BY version_index DESC`,
      sequenceId,
      digest,
    );
  }

  /** The draft that several processes write together. */
  pendingShared(sequenceId: number, distributedId: string): ArtifactRow | undefined {
    return this.db.get(
      `SELECT * FROM artifacts WHERE sequence_id = ? AND distributed_id = ? AND state = 'PENDING'`,
      sequenceId,
      distributedId,
    );
  }

  /** The newest committed version. */
  latest(sequenceId: number): ArtifactRow | undefined {
    return this.db.get(
      `SELECT * FROM artifacts WHERE sequence_id = ? AND state = 'COMMITTED' ORDER BY version_index DESC`,
      sequenceId,
    );
  }

  /** All versions of a sequence that still hold something. */
  inSequence(sequenceId: number): ArtifactRow[] {
    return this.db.all(
      `SELECT * FROM artifacts WHERE sequence_id = ? AND state <> 'DELETED' ORDER BY id`,
      sequenceId,
    );
  }

  create(artifact: NewArtifact): ArtifactRow {
    const now = isoTime(this.clock());
    const id = this.db.insert(
      `INSERT INTO artifacts (sequence_id, state, digest, digest_algorithm, description, metadata, labels, ttl_seconds,
         history_step, commit_hash, client_id, distributed_id, created_by_run, created_by_user, created_at, updated_at)
       VALUES (?, 'PENDING', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      artifact.sequenceId,
      artifact.digest,
      artifact.digestAlgorithm,
      artifact.description,
      artifact.metadata,
      artifact.labels,
      artifact.ttlSeconds,
      artifact.historyStep,
      randomBytes(10).toString('hex'),
      artifact.clientId,
      artifact.distributedId,
      artifact.runId,
      artifact.userName,
      now,
      now,
    );
    return this.byId(id) as ArtifactRow;
  }

  update(id: number, changes: ArtifactChanges): void {
    this.db.run(
      `UPDATE artifacts SET description = coalesce(?, description), metadata = coalesce(?, metadata),
         labels = coalesce(?, labels), ttl_seconds = coalesce(?, ttl_seconds), updated_at = ? WHERE id = ?`,
      changes.description ?? null,
      changes.metadata ?? null,
      changes.labels ?? null,
      changes.ttlSeconds ?? null,
      isoTime(this.clock()),
      id,
    );
  }

  /** Adds to the aliases a draft is given once it is committed. */
  addPendingAliases(artifact: ArtifactRow, aliases: readonly string[]): void {
    const all = new Set([...(JSON.parse(artifact.pending_aliases) as string[]), ...aliases]);
    this.db.run(
      'UPDATE artifacts SET pending_aliases = ? WHERE id = ?',
      JSON.stringify([...all]),
      artifact.id,
    );
  }

  markCommitted(
    id: number,
    versionIndex: number,
    manifestId: number,
    fileCount: number,
    sizeBytes: number,
  ): void {
    this.db.run(
      `UPDATE artifacts SET state = 'COMMITTED', version_index = ?, manifest_id = ?, file_count = ?, size_bytes = ?,
         updated_at = ? WHERE id = ?`,
      versionIndex,
      manifestId,
      fileCount,
      sizeBytes,
      isoTime(this.clock()),
      id,
    );
  }

  markDeleted(id: number): void {
    this.db.run(
      `UPDATE artifacts SET state = 'DELETED', updated_at = ? WHERE id = ?`,
      isoTime(this.clock()),
      id,
    );
  }
}
