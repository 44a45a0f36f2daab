import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { HistoryRow } from '../domain/history-rows.js';

/** Rows are written when so many bytes of them have gathered. */
const FLUSH_BYTES = 1024 * 1024;

/** History rows in a file, one a line, so that no more than a megabyte of them is ever in memory. */
export class RowFile {
  private gathered: string[] = [];
  private gatheredBytes = 0;
  private rowCount = 0;
  private byteCount = 0;
  private lastRowStep = -1;

  private constructor(readonly path: string) {}

  /** Makes an empty file in a directory, which is made where it isn't there. */
  static async create(directory: string): Promise<RowFile> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, `${randomUUID()}.rows`);
    await appendFile(path, '', { mode: 0o600 });
    return new RowFile(path);
  }

  get rows(): number {
    return this.rowCount;
  }

  get sizeBytes(): number {
    return this.byteCount;
  }

  /** Step of the last row; -1: there is none. */
  get lastStep(): number {
    return this.lastRowStep;
  }

  /** Appends rows; they are in the file once {@link flush} has resolved. */
  async add(rows: readonly HistoryRow[]): Promise<void> {
    for (const { step, items } of rows) {
      const line = `${step}\t${JSON.stringify(Object.fromEntries(items))}\n`;
      this.gathered.push(line);
      this.gatheredBytes += line.length;
      this.rowCount += 1;
      this.lastRowStep = step;
    }
    if (this.gatheredBytes > FLUSH_BYTES) await this.flush();
  }

  /** Writes what has gathered. */
  async flush(): Promise<void> {
    if (this.gathered.length === 0) return;
    const text = this.gathered.join('');
    this.byteCount += Buffer.byteLength(text);
    this.gathered = [];
    this.gatheredBytes = 0;
    await appendFile(this.path, text);
  }

  /** Removes the file. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}
