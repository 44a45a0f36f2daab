import { SidecarError } from '../domain/errors.js';
import type { StepLogEntry } from '../domain/step-log.js';
import type { Blob, BlobStore } from '../ports/blob-store.js';
import type { AttemptKey } from '../ports/ledger.js';
import type { StepLogs } from '../ports/step-logs.js';
import { type IngestLimits, setWith } from './limits.js';
import type { LiveObserver } from './live-observer.js';
import { LogFileIntake, type LogFilePart } from './log-file-intake.js';

/** What taking in a step's log needs. */
export interface StepLogIntakeDeps {
  readonly ledger: StepLogs;
  readonly blobs: Pick<BlobStore, 'create'>;
  readonly limits: IngestLimits;
  /** Told when more of the log is durable. */
  readonly live: Pick<LiveObserver, 'logged'>;
}

/** Entries that are written at once. */
const ENTRIES_PER_WRITE = 1000;
/** Time in which entries gather to be written at once: a write and its flush to disk hold up all streams. */
const GATHER_MS = 50;
/** Bytes that may wait for the ledger before the stream has to. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/**
 * Takes in what a step logs to its own W&B run. What comes while the ledger
 * writes is written together next, so that ten thousand calls cost a few writes.
 */
export class StepLogIntake {
  private readonly files: LogFileIntake;
  private waiting: StepLogEntry[] = [];
  private waitingBytes = 0;
  private entries = 0;
  private sizeBytes = 0;
  private writing: Promise<void> | null = null;
  private settling = false;
  private endGathering: () => void = () => undefined;
  private failure: unknown = null;
  /** The piece of a file that is being written, if one is; never rejects. */
  private adding: Promise<unknown> = Promise.resolve();

  /** @param mayLackFiles true: entries may name files that have not come */
  constructor(
    private readonly key: AttemptKey,
    private readonly deps: StepLogIntakeDeps,
    mayLackFiles: boolean,
  ) {
    this.files = new LogFileIntake(deps.blobs, deps.limits, mayLackFiles);
  }

  /** The file of that number, for the entries that name it; null: they are left out. @throws SidecarError `malformed` */
  readonly blobOf = (fileId: bigint): Blob | null => this.files.blobOf(fileId);

  /** Takes in a piece of a file. @throws SidecarError `malformed`, `too-large` */
  filePart(part: LogFilePart): Promise<void> {
    const added = this.files.add(part);
    this.adding = Promise.allSettled([added]);
    return added;
  }

  /** Takes in entries, in order. They are durable once {@link settle} has resolved. @throws SidecarError `too-large` */
  async add(entries: readonly StepLogEntry[]): Promise<void> {
    if (this.failure) throw this.failure;
    this.count(entries);
    this.waiting.push(...entries);
    this.startWriting();
    if (this.waitingBytes > MAX_WAITING_BYTES) await this.settle();
  }

  /** Waits until all entries are durable. @throws SidecarError where the ledger can't take them */
  async settle(): Promise<void> {
    this.settling = true;
    this.endGathering();
    while (this.writing !== null) await this.writing;
    this.settling = false;
    if (this.failure) throw this.failure;
  }

  /** Drops what came of files that are not whole. */
  async dropUnfinished(): Promise<void> {
    await this.adding;
    await this.files.dropUnfinished();
  }

  /** Another stream has taken over: nothing more may reach the ledger, which the other one fills anew. */
  stop(): void {
    this.failure ??= new SidecarError('superseded', 'a newer stream has taken over this attempt');
    this.waiting = [];
  }

  private count(entries: readonly StepLogEntry[]): void {
    const { maxLogEntries, maxLogBytes } = this.deps.limits;
    const added = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
    this.entries += entries.length;
    this.sizeBytes += added;
    if (this.entries > maxLogEntries) throw tooLarge(`more than ${maxLogEntries} entries`, 'max-log-entries');
    if (this.sizeBytes > maxLogBytes) throw tooLarge(`more than ${maxLogBytes} bytes`, 'max-log');
    this.waitingBytes += added;
  }

  private startWriting(): void {
    if (this.writing !== null || this.waiting.length === 0) return;
    this.writing = this.writeAll().then(() => {
      this.writing = null;
      // What came as the last write ended.
      this.startWriting();
    });
  }

  private async gather(): Promise<void> {
    if (this.settling) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.endGathering = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async writeAll(): Promise<void> {
    try {
      while (this.waiting.length > 0) {
        if (this.waiting.length < ENTRIES_PER_WRITE) await this.gather();
        const batch = this.waiting.splice(0, ENTRIES_PER_WRITE);
        this.waitingBytes -= batch.reduce((sum, entry) => sum + sizeOf(entry), 0);
        if (batch.length > 0) await this.deps.ledger.appendLog(this.key, batch);
        this.deps.live.logged(this.key);
      }
    } catch (error) {
      this.failure ??= error;
      this.waiting = [];
    }
  }
}

/** About how much memory and disk an entry takes, in bytes. */
function sizeOf(entry: StepLogEntry): number {
  switch (entry.kind) {
    case 'history':
      return entry.items.reduce((sum, [key, value]) => sum + key.length + value.length, 100);
    case 'config':
    case 'summary':
      return entry.updated.reduce((sum, [, value]) => sum + value.length + 100, 100);
    case 'artifact':
      return 1000 + 300 * (entry.artifact.files.length + entry.artifact.references.length);
    default:
      return 500;
  }
}

function tooLarge(detail: string, flag: string): SidecarError {
  return new SidecarError('too-large', `the step's log: ${detail}`, setWith(flag));
}
