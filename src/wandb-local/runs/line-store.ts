import type { Database } from '../db/database.js';
import { asObject, parseLooseJson, readPath } from '../json.js';

/** The append-mostly line files of a run. */
export type LineStream = 'history' | 'events' | 'output';

/** A stored line. */
export interface LineRow {
  line: number;
  step: number | null;
  content: string;
}

/** History, system metrics and console lines, by line number: a repeated request overwrites, never doubles. */
export class LineStore {
  constructor(private readonly db: Database) {}

  /** Writes lines from `offset` on. */
  write(runId: number, stream: LineStream, offset: number, lines: readonly string[]): void {
    lines.forEach((content, index) => {
      this.db.run(
        'INSERT OR REPLACE INTO run_lines (run_id, stream, line, step, content) VALUES (?, ?, ?, ?, ?)',
        runId,
        stream,
        offset + index,
        stream === 'history' ? stepOf(content) : null,
        content,
      );
    });
  }

  /** Forgets the lines from `offset` on. */
  truncate(runId: number, stream: LineStream, offset: number): void {
    this.db.run('DELETE FROM run_lines WHERE run_id = ? AND stream = ? AND line >= ?', runId, stream, offset);
  }

  /** One more than the highest line number. */
  count(runId: number, stream: LineStream): number {
    const sql = 'SELECT max(line) + 1 AS n FROM run_lines WHERE run_id = ? AND stream = ?';
    return this.db.get<{ n: number | null }>(sql, runId, stream)?.n ?? 0;
  }

  /** How many lines there are: fewer than `count` where a client skipped some. */
  rowCount(runId: number, stream: LineStream): number {
    const sql = 'SELECT count(*) AS n FROM run_lines WHERE run_id = ? AND stream = ?';
    return this.db.get<{ n: number }>(sql, runId, stream)?.n ?? 0;
  }

  /** The highest step logged, or -1. */
  lastStep(runId: number): number {
    const sql = `SELECT max(step) AS n FROM run_lines WHERE run_id = ? AND stream = 'history'`;
    return this.db.get<{ n: number | null }>(sql, runId)?.n ?? -1;
  }

  /** The last line, or none. */
  tail(runId: number, stream: LineStream): string[] {
    const sql = 'SELECT content FROM run_lines WHERE run_id = ? AND stream = ? ORDER BY line DESC LIMIT 1';
    return this.db.all<{ content: string }>(sql, runId, stream).map((row) => row.content);
  }

  /** Up to `limit` lines from line number `from` on. */
  from(runId: number, stream: LineStream, from: number, limit: number): LineRow[] {
    const sql =
      'SELECT line, step, content FROM run_lines WHERE run_id = ? AND stream = ? AND line >= ? ORDER BY line LIMIT ?';
    return this.db.all<LineRow>(sql, runId, stream, from, limit);
  }

  /** History rows with `minStep <= step < maxStep`, in order of steps, one by one. */
  steps(runId: number, minStep: number, maxStep: number): IterableIterator<LineRow> {
    return this.db.iterate<LineRow>(
      `SELECT line, step, content FROM run_lines
       WHERE run_id = ? AND stream = 'history' AND step >= ? AND step < ? ORDER BY step, line`,
      runId,
      minStep,
      maxStep,
    );
  }

  /** All lines of a stream, in order, one by one. */
  all(runId: number, stream: LineStream): IterableIterator<LineRow> {
    return this.db.iterate<LineRow>(
      'SELECT line, step, content FROM run_lines WHERE run_id = ? AND stream = ? ORDER BY line',
      runId,
      stream,
    );
  }
}

function stepOf(line: string): number | null {
  try {
    const step = readPath(asObject(parseLooseJson(line)) ?? {}, '_step');
    return typeof step === 'number' ? Math.trunc(step) : null;
  } catch {
    return null;
  }
}
