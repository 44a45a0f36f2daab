import { type Clock, isoTime } from '../clock.js';
import type { Database } from '../db/database.js';
import type { FileStore, ReceivedFile } from '../storage/file-store.js';

/** A file of a run. */
export interface RunFileRow {
  run_id: number;
  name: string;
  size_bytes: number;
  md5_hex: string;
  mimetype: string | null;
  storage_key: string;
  updated_at: string;
}

/** The files of runs: media, metadata, requirements, the console log. */
export class RunFileStore {
  constructor(
    private readonly db: Database,
    private readonly files: FileStore,
    private readonly clock: Clock,
  ) {}

  get(runId: number, name: string): RunFileRow | undefined {
    return this.db.get<RunFileRow>('SELECT * FROM run_files WHERE run_id = ? AND name = ?', runId, name);
  }

  /** All files by name, or those whose name matches a SQL LIKE pattern. */
  list(runId: number, pattern: string | null | undefined): RunFileRow[] {
    return this.db.all<RunFileRow>(
      'SELECT * FROM run_files WHERE run_id = ? AND name LIKE ? ORDER BY name',
      runId,
      pattern || '%',
    );
  }

  /** Takes in a received file; an older one of that name goes once the new one is durable. */
  async put(runId: number, name: string, received: ReceivedFile, mimetype: string | null): Promise<void> {
    const key = this.files.newKey('runs');
    await this.files.keep(received, key);
    const old = this.get(runId, name);
    this.db.run(
      `INSERT OR REPLACE INTO run_files (run_id, name, size_bytes, md5_hex, mimetype, storage_key, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      runId,
      name,
      received.sizeBytes,
      received.md5Hex,
      mimetype,
      key,
      isoTime(this.clock()),
    );
    if (old) await this.files.remove(old.storage_key);
  }

  /** Removes all files of a run. */
  async deleteAll(runId: number): Promise<void> {
    const files = this.list(runId, null);
    this.db.run('DELETE FROM run_files WHERE run_id = ?', runId);
    for (const file of files) await this.files.remove(file.storage_key);
  }

  /** Removes a file. */
  async delete(runId: number, name: string): Promise<void> {
    const old = this.get(runId, name);
    if (!old) return;
    this.db.run('DELETE FROM run_files WHERE run_id = ? AND name = ?', runId, name);
    await this.files.remove(old.storage_key);
  }
}
