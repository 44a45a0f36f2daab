import { setTimeout as delay } from 'node:timers/promises';
import type { AttemptRow, Ledger } from '../ports/ledger.js';

/** How a replay ended. */
export interface ReplayReport {
  /** False: it was interrupted; another run goes on from there. */
  readonly isOver: boolean;
  readonly done: number;
  readonly failed: readonly AttemptRow[];
  /** In W&B, but not whole. */
  readonly partial: readonly AttemptRow[];
  /** Attempts with lineage that W&B kept refusing. */
  readonly linksLeft: number;
}

const POLL_MS = 200;
/** The reason why something waits is looked up once in so many polls. */
const POLLS_A_LOOK = 15;
/** Longer than the outbox takes to offer a refused edge again. */
const LINK_PATIENCE_MS = 90_000;
const SHOWN = 100;

/**
 * Waits until a replay's ledger has nothing left to send.
 *
 * @param onProgress told in one line whenever that changes
 */
export async function followReplay(
  ledger: Ledger,
  signal: AbortSignal,
  onProgress: (line: string) => void,
): Promise<ReplayReport> {
  let told = '';
  let trouble = '';
  let links = { due: 0, sinceMs: 0 };
  for (let poll = 1; !signal.aborted; poll += 1) {
    const { pending, done, failed } = await ledger.counts();
    const due = await ledger.countDueLinks();
    if (due !== links.due || pending > 0) links = { due, sinceMs: Date.now() };
    if (pending === 0 && (due === 0 || Date.now() - links.sinceMs > LINK_PATIENCE_MS)) break;
    if (poll % POLLS_A_LOOK === 0) trouble = await troubleOf(ledger);
    const line = `${done} of ${done + failed + pending} sent, ${due} with lineage to be drawn${trouble}`;
    if (line !== told) onProgress(line);
    told = line;
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  return reportOf(ledger, !signal.aborted);
}

/** Why one of the attempts that wait has failed so far; empty where none has. */
async function troubleOf(ledger: Ledger): Promise<string> {
  const pending = await ledger.listAttempts({ pathspecPrefix: null, state: 'pending' }, SHOWN);
  const tried = pending.find(({ lastError }) => lastError !== '');
  return tried ? `; ${tried.pathspec} will be tried again: ${tried.lastError}` : '';
}

async function reportOf(ledger: Ledger, isOver: boolean): Promise<ReplayReport> {
  const landed = { pathspecPrefix: null, state: 'done', withProblems: true } as const;
  const withProblems = await ledger.listAttempts(landed, SHOWN);
  return {
    isOver,
    done: (await ledger.counts()).done,
    failed: await ledger.listAttempts({ pathspecPrefix: null, state: 'failed' }, SHOWN),
    partial: withProblems.filter(({ problems }) => problems.some((each) => !each.startsWith('note: '))),
    linksLeft: await ledger.countDueLinks(),
  };
}
