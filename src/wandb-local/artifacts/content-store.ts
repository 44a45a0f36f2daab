import { type Clock, isoTime } from '../clock.js';
import type { Database } from '../db/database.js';
import { Refusal } from '../errors.js';
import type { FileStore, ReceivedFile } from '../storage/file-store.js';
import type { ArtifactFileRow } from './rows.js';

/** MD5 digests travel as base64 and lie on disk as hex. */
export function md5Hex(base64: string): string {
  const hex = Buffer.from(base64, 'base64').toString('hex');
  if (hex.length !== 32) throw new Refusal('INVALID_ARGUMENT', `"${base64}" is not the base64 of an MD5`);
  return hex;
}

/** The files of artifacts: one copy of a content a project, kept as long as a version needs it. */
export class ContentStore {
  constructor(
    private readonly db: Database,
    private readonly files: FileStore,
    private readonly clock: Clock,
  ) {}

  /** The size in bytes of a held content, or undefined. */
  heldSize(projectId: number, md5: string): number | undefined {
    const row = this.db.get<{ size_bytes: number }>(
      'SELECT size_bytes FROM blobs WHERE project_id = ? AND md5_hex = ?',
      projectId,
      md5,
    );
    return row && this.files.has(this.files.blobKey(projectId, md5)) ? row.size_bytes : undefined;
  }

  /**
   * Takes in an uploaded content.
   * @throws Refusal INVALID_ARGUMENT if it is not the content that was announced
   */
  async put(projectId: number, md5: string, received: ReceivedFile): Promise<void> {
    if (received.md5Hex !== md5) {
      await this.files.discard(received);
      throw new Refusal('INVALID_ARGUMENT', `MD5 mismatch: announced ${md5}, received ${received.md5Hex}`);
    }
    await this.files.keep(received, this.files.blobKey(projectId, md5));
    this.db.run(
      'INSERT OR IGNORE INTO blobs (project_id, md5_hex, size_bytes, created_at) VALUES (?, ?, ?, ?)',
      projectId,
      md5,
      received.sizeBytes,
      isoTime(this.clock()),
    );
  }

  /** Notes that a draft will need this content, so that no deletion takes it away meanwhile. */
  claim(artifactId: number, path: string, digest: string, md5: string): void {
    this.setFile({
      artifact_id: artifactId,
      path,
      digest,
      md5_hex: md5,
      size_bytes: 0,
      ref: null,
      birth_artifact_id: null,
    });
  }

  setFile(file: Omit<ArtifactFileRow, 'updated_at'>): void {
    this.db.run(
      `INSERT OR REPLACE INTO artifact_files (artifact_id, path, md5_hex, digest, size_bytes, ref, birth_artifact_id, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      file.artifact_id,
      file.path,
      file.md5_hex,
      file.digest,
      file.size_bytes,
      file.ref,
      file.birth_artifact_id,
      isoTime(this.clock()),
    );
  }

  /** The project whose copy of a content a collection's versions (or links) use. */
  projectHolding(collectionId: number, md5: string): { project_id: number; size_bytes: number } | undefined {
    return this.db.get(
      `SELECT b.project_id, b.size_bytes FROM memberships m JOIN artifact_files f ON f.artifact_id = m.artifact_id
       JOIN artifacts a ON a.id = m.artifact_id JOIN collections c ON c.id = a.sequence_id
       JOIN blobs b ON b.project_id = c.project_id AND b.md5_hex = f.md5_hex
       WHERE m.collection_id = ? AND f.md5_hex = ? LIMIT 1`,
      collectionId,
      md5,
    );
  }

  clearFiles(artifactId: number): void {
    this.db.run('DELETE FROM artifact_files WHERE artifact_id = ?', artifactId);
  }

  /** Up to `limit` files in order of paths, after one of them. */
  filesAfter(artifactId: number, after: string, limit: number): ArtifactFileRow[] {
    return this.db.all(
      'SELECT * FROM artifact_files WHERE artifact_id = ? AND path > ? ORDER BY path LIMIT ?',
      artifactId,
      after,
      limit,
    );
  }

  file(artifactId: number, path: string): ArtifactFileRow | undefined {
    return this.db.get('SELECT * FROM artifact_files WHERE artifact_id = ? AND path = ?', artifactId, path);
  }

  fileCount(artifactId: number): number {
    const sql = 'SELECT count(*) AS n FROM artifact_files WHERE artifact_id = ?';
    return this.db.get<{ n: number }>(sql, artifactId)?.n ?? 0;
  }

  /** Forgets an artifact's files; the keys of contents that no version of the project needs any more. */
  release(projectId: number, artifactId: number): string[] {
    const held = this.db.all<{ md5_hex: string }>(
      'SELECT DISTINCT md5_hex FROM artifact_files WHERE artifact_id = ? AND md5_hex IS NOT NULL',
      artifactId,
    );
    this.clearFiles(artifactId);
    const free = held.filter(({ md5_hex }) => !this.#needed(projectId, md5_hex));
    for (const { md5_hex } of free) {
      this.db.run('DELETE FROM blobs WHERE project_id = ? AND md5_hex = ?', projectId, md5_hex);
    }
    return free.map(({ md5_hex }) => this.files.blobKey(projectId, md5_hex));
  }

  #needed(projectId: number, md5: string): boolean {
    const sql = `SELECT 1 FROM artifact_files f JOIN artifacts a ON a.id = f.artifact_id
      JOIN collections c ON c.id = a.sequence_id WHERE f.md5_hex = ? AND c.project_id = ? LIMIT 1`;
    return this.db.get(sql, md5, projectId) !== undefined;
  }
}
