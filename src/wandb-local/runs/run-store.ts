import { type Clock, isoTime } from '../clock.js';
import type { Database, SqlValue } from '../db/database.js';
import { crashAfterMs } from '../limits.js';
import type { LineStream } from './line-store.js';
import { randomRunName } from './run-names.js';

/** A run as stored. `config` and `summary` are the very text the client sent. */
export interface RunRow {
  id: number;
  project_id: number;
  name: string;
  display_name: string | null;
  description: string | null;
  notes: string | null;
  group_name: string | null;
  job_type: string | null;
  commit_hash: string | null;
  program: string | null;
  repo: string | null;
  host: string | null;
  sweep_name: string | null;
  tags: string;
  config: string;
  summary: string;
  state: string;
  exit_code: number | null;
  user_name: string;
  created_at: string;
  updated_at: string;
  heartbeat_ms: number;
  restarted: number;
  stop_requested: number;
}

/** What a client may set; null and undefined leave a field as it is. */
export interface RunChanges {
  displayName?: string | null;
  description?: string | null;
  notes?: string | null;
  groupName?: string | null;
  jobType?: string | null;
  commit?: string | null;
  jobProgram?: string | null;
  jobRepo?: string | null;
  host?: string | null;
  sweep?: string | null;
  tags?: string[] | null;
  config?: string | null;
  summaryMetrics?: string | null;
  state?: string | null;
}

const columnOf: Record<keyof RunChanges, string> = {
  displayName: 'display_name',
  description: 'description',
  notes: 'notes',
  groupName: 'group_name',
  jobType: 'job_type',
  commit: 'commit_hash',
  jobProgram: 'program',
  jobRepo: 'repo',
  host: 'host',
  sweep: 'sweep_name',
  tags: 'tags',
  config: 'config',
  summaryMetrics: 'summary',
  state: 'state',
};

const restartBit: Record<LineStream, number> = { history: 1, events: 2, output: 4 };
const allStreams = 7;

/** Runs: rows, states, heartbeats. */
export class RunStore {
  readonly #startedMs: number;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {
    this.#startedMs = clock();
  }

  byName(projectId: number, name: string): RunRow | undefined {
    this.#markCrashed();
    return this.db.get<RunRow>('SELECT * FROM runs WHERE project_id = ? AND name = ?', projectId, name);
  }

  byId(id: number): RunRow | undefined {
    this.#markCrashed();
    return this.db.get<RunRow>('SELECT * FROM runs WHERE id = ?', id);
  }

  /** The numbers of a project's runs, oldest first. */
  ids(projectId: number): { id: number }[] {
    this.#markCrashed();
    return this.db.all('SELECT id FROM runs WHERE project_id = ? ORDER BY id', projectId);
  }

  /** Makes a run; an unset display name gets a random one, as in W&B. */
  create(projectId: number, name: string, userName: string, changes: RunChanges): RunRow {
    const now = this.clock();
    const id = this.db.insert(
      `INSERT INTO runs (project_id, name, display_name, state, user_name, created_at, updated_at, heartbeat_ms)
       VALUES (?, ?, ?, 'running', ?, ?, ?, ?)`,
      projectId,
      name,
      randomRunName(this.#count(projectId) + 1),
      userName,
      isoTime(now),
      isoTime(now),
      now,
    );
    this.update(id, changes);
    return this.byId(id) as RunRow;
  }

  /** Sets what is given. */
  update(id: number, changes: RunChanges): void {
    const sets: string[] = ['updated_at = ?'];
    const values: SqlValue[] = [isoTime(this.clock())];
    for (const [field, column] of Object.entries(columnOf)) {
      const value = changes[field as keyof RunChanges];
      if (value === null || value === undefined) continue;
      sets.push(`${column} = ?`);
      values.push(Array.isArray(value) ? JSON.stringify(value) : value);
    }
    this.db.run(`UPDATE runs SET ${sets.join(', ')} WHERE id = ?`, ...values, id);
  }

  /**
   * A process took the run up (again). If it had ended, then the first lines of each stream, should they start
   * at offset 0, replace the old ones: the client writes a run anew unless it resumes it.
   */
  restart(run: RunRow): void {
    const restarted = run.state === 'running' ? run.restarted : allStreams;
    this.db.run(
      `UPDATE runs SET state = 'running', exit_code = NULL, restarted = ?, stop_requested = 0, heartbeat_ms = ? WHERE id = ?`,
      restarted,
      this.clock(),
      run.id,
    );
  }

  /** Whether these are the first lines of the stream since a restart. */
  takeRestarted(id: number, stream: LineStream): boolean {
    const bit = restartBit[stream];
    return (
      this.db.run('UPDATE runs SET restarted = restarted & ~? WHERE id = ? AND restarted & ?', bit, id, bit) >
      0
    );
  }

  /** A sign of life; a run that counted as crashed, pending or preempted runs again. */
  heartbeat(run: RunRow, preempting: boolean): void {
    const ended = run.state === 'finished' || run.state === 'failed' || run.state === 'killed';
    const state = ended ? run.state : preempting ? 'preempting' : 'running';
    this.db.run('UPDATE runs SET heartbeat_ms = ?, state = ? WHERE id = ?', this.clock(), state, run.id);
  }

  /** The run ended with this exit code. */
  finish(id: number, exitCode: number): void {
    this.db.run(
      'UPDATE runs SET state = ?, exit_code = ?, heartbeat_ms = ? WHERE id = ?',
      exitCode === 0 ? 'finished' : 'failed',
      exitCode,
      this.clock(),
      id,
    );
  }

  /** Asks the process behind the run to stop; it hears of it with its next request. */
  requestStop(id: number): void {
    this.db.run('UPDATE runs SET stop_requested = 1 WHERE id = ?', id);
  }

  delete(id: number): void {
    this.db.run('DELETE FROM runs WHERE id = ?', id);
  }

  #count(projectId: number): number {
    return (
      this.db.get<{ n: number }>('SELECT count(*) AS n FROM runs WHERE project_id = ?', projectId)?.n ?? 0
    );
  }

  /** No heartbeat for `crashAfterMs` means crashed; time in which this server was down does not count. */
  #markCrashed(): void {
    const now = this.clock();
    if (now - this.#startedMs < crashAfterMs) return;
    this.db.run(
      `UPDATE runs SET state = 'crashed' WHERE state IN ('running', 'preempting') AND heartbeat_ms < ?`,
      now - crashAfterMs,
    );
  }
}
