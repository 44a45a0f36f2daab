import type { Logger } from '../ports/logger.js';
import type { RecordReceiver } from '../ports/record-receiver.js';
import { countRefused, listSpool, type SpoolFile, type SpoolListing } from './spool-directory.js';
import { type TakenIn, takeIn } from './take-in.js';

/** What the intake needs. */
export interface SpoolIntakeDeps {
  /** Directories to look into at present. */
  readonly directories: () => readonly string[];
  readonly receive: RecordReceiver;
  /** The longest message that it takes. */
  readonly maxRecordBytes: number;
  readonly logger: Logger;
  /** Called for each file that was taken in or refused. */
  readonly observe: (outcome: 'taken-in' | 'refused') => void;
}

/** What waits in the spool directories. */
export interface SpoolState {
  readonly directories: readonly string[];
  readonly waiting: number;
  /** Begun by tasks on other hosts, and not finished. */
  readonly elsewhere: number;
  readonly refused: number;
  /** Why something waits; null: nothing does, or not for long. */
  readonly problem: string | null;
}

/** Looks that a file is passed over for, at most, after it could not be taken in. */
const MAX_PASSED_OVER = 120;

/** Takes in what tasks left in spool directories, look after look. Looks must not overlap. */
export class SpoolIntake {
  private readonly stopping = new AbortController();
  /** Files that could not be taken in, why not, and how many looks they are passed over for. */
  private readonly postponed = new Map<string, { reason: string; looks: number; left: number }>();
  private last: SpoolState;

  constructor(private readonly deps: SpoolIntakeDeps) {
    this.last = { directories: [], waiting: 0, elsewhere: 0, refused: 0, problem: null };
  }

  /** What waited at the last look. */
  get state(): SpoolState {
    return this.last;
  }

  /** What waits now, whether a look has come to it or not. */
  async current(): Promise<SpoolState> {
    const { files, elsewhere, problem } = await this.list();
    const refused = await this.countRefused();
    return { ...this.last, waiting: files.length, elsewhere, refused, problem: this.last.problem ?? problem };
  }

  /** Takes in all that can be; ends early where the sidecar can take in nothing now. */
  async look(): Promise<void> {
    const { files, elsewhere, problem } = await this.list();
    this.last = { ...this.last, directories: this.deps.directories(), waiting: files.length };
    this.forgetAllBut(files);
    await this.takeInAll(files);
    const refused = await this.countRefused();
    const [left] = this.postponed.values();
    this.last = { ...this.last, elsewhere, refused, problem: left?.reason ?? problem };
  }

  /** Ends the look that is under way; nothing of the file that it is at counts. */
  stop(): void {
    this.stopping.abort();
  }

  private async list(): Promise<SpoolListing & { readonly problem: string | null }> {
    const files: SpoolFile[] = [];
    let problem: string | null = null;
    let elsewhere = 0;
    for (const dir of this.deps.directories()) {
      try {
        const listing = await listSpool(dir);
        files.push(...listing.files);
        elsewhere += listing.elsewhere;
      } catch (error) {
        problem = (error as Error).message;
      }
    }
    return { files, elsewhere, problem };
  }

  private async countRefused(): Promise<number> {
    let refused = 0;
    for (const dir of this.deps.directories()) refused += await countRefused(dir);
    return refused;
  }

  private async takeInAll(files: readonly SpoolFile[]): Promise<void> {
    for (const file of files) {
      if (this.stopping.signal.aborted) break;
      if (this.isPostponed(file)) continue;
      const taken = await takeIn(file, this.receive, this.deps.maxRecordBytes).catch(
        // Such as a directory that nothing can be removed from.
        (error): TakenIn => ({ outcome: 'left', reason: (error as Error).message, blocked: false }),
      );
      this.note(file, taken);
      if (taken.outcome === 'left' && taken.blocked) break;
    }
  }

  private readonly receive: RecordReceiver = (records) =>
    this.deps.receive(untilAborted(records, this.stopping.signal));

  private note({ path }: SpoolFile, taken: TakenIn): void {
    const { logger, observe } = this.deps;
    if (taken.outcome === 'left') {
      this.postpone(path, taken);
      return;
    }
    this.last = { ...this.last, waiting: this.last.waiting - 1 };
    this.postponed.delete(path);
    if (taken.outcome === 'gone') return;
    observe(taken.outcome);
    if (taken.outcome === 'refused')
      logger.error({ path, reason: taken.reason }, 'a spool file was set aside');
    else logger.info({ path }, 'a spool file was taken in');
  }

  private postpone(path: string, { reason, blocked }: Extract<TakenIn, { outcome: 'left' }>): void {
    if (this.stopping.signal.aborted) return;
    const before = this.postponed.get(path);
    const looks = blocked ? 0 : Math.min(MAX_PASSED_OVER, (before?.looks ?? 0) * 2 + 1);
    this.postponed.set(path, { reason, looks, left: looks });
    if (reason !== before?.reason)
      this.deps.logger.warn({ path, reason }, 'a spool file is left for another time');
  }

  private isPostponed({ path }: SpoolFile): boolean {
    const postponed = this.postponed.get(path);
    if (!postponed || postponed.left === 0) return false;
    postponed.left -= 1;
    return true;
  }

  private forgetAllBut(files: readonly SpoolFile[]): void {
    const paths = new Set(files.map(({ path }) => path));
    for (const path of this.postponed.keys()) if (!paths.has(path)) this.postponed.delete(path);
  }
}

async function* untilAborted(
  records: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const record of records) {
    signal.throwIfAborted();
    yield record;
  }
}
