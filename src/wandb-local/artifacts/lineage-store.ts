import { type Clock, isoTime } from '../clock.js';
import type { Database } from '../db/database.js';
import type { RunRow } from '../runs/run-store.js';
import type { ArtifactRow } from './rows.js';

/** Which run read and which run logged which version. */
export class LineageStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  /** The run logged the artifact; a run whose content was there already counts as well. */
  addOutput(runId: number, artifactId: number): void {
    this.db.run('INSERT OR IGNORE INTO run_outputs (run_id, artifact_id) VALUES (?, ?)', runId, artifactId);
  }

  /** The run read the artifact. */
  addInput(runId: number, artifactId: number, usedAs: string | null): void {
    this.db.run(
      `INSERT INTO run_inputs (run_id, artifact_id, used_as, created_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (run_id, artifact_id) DO UPDATE SET used_as = coalesce(excluded.used_as, used_as)`,
      runId,
      artifactId,
      usedAs,
      isoTime(this.clock()),
    );
  }

  /** What a run logged, oldest first. */
  outputs(runId: number): ArtifactRow[] {
    return this.#artifacts('run_outputs', runId);
  }

  /** What a run read, oldest first. */
  inputs(runId: number): ArtifactRow[] {
    return this.#artifacts('run_inputs', runId);
  }

  /** The runs that read an artifact. */
  usedBy(artifactId: number): RunRow[] {
    return this.db.all(
      'SELECT r.* FROM run_inputs i JOIN runs r ON r.id = i.run_id WHERE i.artifact_id = ? ORDER BY r.id',
      artifactId,
    );
  }

  #artifacts(table: 'run_inputs' | 'run_outputs', runId: number): ArtifactRow[] {
    return this.db.all(
      `SELECT a.* FROM ${table} l JOIN artifacts a ON a.id = l.artifact_id
       WHERE l.run_id = ? AND a.state = 'COMMITTED' ORDER BY a.id`,
      runId,
    );
  }
}
