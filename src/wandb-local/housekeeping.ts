import { readdirSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Removal } from './artifacts/removal.js';
import type { ArtifactRow } from './artifacts/rows.js';
import { isoTime } from './clock.js';
import type { Database } from './db/database.js';
import { abandonedAfterMs } from './limits.js';
import type { FileStore } from './storage/file-store.js';

const knownFiles = [
  'SELECT storage_key AS key FROM run_files',
  'SELECT storage_key AS key FROM manifests WHERE storage_key IS NOT NULL',
];

/** Frees what nobody will ask for again: drafts that were never committed, and files that a crash left without a row. */
export class Housekeeping {
  constructor(
    private readonly db: Database,
    private readonly files: FileStore,
    private readonly removal: Removal,
  ) {}

  /** Runs once; what is younger than a week is left alone, since it may still be under way. */
  async run(nowMs: number): Promise<{ drafts: number; files: number }> {
    const before = nowMs - abandonedAfterMs;
    const drafts = this.db.all<ArtifactRow>(
      `SELECT * FROM artifacts WHERE state = 'PENDING' AND updated_at < ?`,
      isoTime(before),
    );
    for (const draft of drafts) this.removal.artifact(draft, true);
    // An upload may have ended after its draft was deleted.
    this.db.run(
      'DELETE FROM blobs WHERE created_at < ? AND md5_hex NOT IN (SELECT md5_hex FROM artifact_files WHERE md5_hex IS NOT NULL)',
      isoTime(before),
    );
    const orphans = this.#orphans(before);
    for (const key of orphans) await this.files.remove(key);
    return { drafts: drafts.length, files: orphans.length };
  }

  #orphans(beforeMs: number): string[] {
    const known = new Set(
      knownFiles.flatMap((sql) => this.db.all<{ key: string }>(sql).map((row) => row.key)),
    );
    const blobs = this.db.all<{ project_id: number; md5_hex: string }>(
      'SELECT project_id, md5_hex FROM blobs',
    );
    for (const blob of blobs) known.add(this.files.blobKey(blob.project_id, blob.md5_hex));
    return ['runs', 'manifests', 'blobs', 'parts'].flatMap((area) =>
      this.#old(area, beforeMs).filter((key) => !known.has(key)),
    );
  }

  #old(area: string, beforeMs: number): string[] {
    const root = this.files.path('');
    try {
      return readdirSync(join(root, area), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((path) => statSync(path).mtimeMs < beforeMs)
        .map((path) => relative(root, path).split(sep).join('/'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}
