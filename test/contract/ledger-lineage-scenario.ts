import type { TaskAttempt } from '../../src/domain/attempt.js';
import type { Ledger } from '../../src/ports/ledger.js';
import { task } from '../support/builders.js';

/** The task that makes `frame`, with content hash `h1`. */
export const maker = task({ stepName: 'make', taskId: '1' });
/** A task between the maker and the reader. */
export const middle = task({ stepName: 'middle', taskId: '2' });
/** What the maker does. */
export const made = { task: maker, makes: { frame: 'h1' } };

/** What a task does that reads `frame` as that task has it. */
export function readsFrom(from: TaskAttempt, hash = 'h1') {
  return { task: { stepName: 'use', taskId: '3' }, reads: [{ name: 'frame', hash, from }] };
}

/** Pathspecs of the makers of what an attempt read, by variable. */
export async function makersOf(ledger: Ledger, key: string): Promise<Record<string, string | null>> {
  const detail = await ledger.getAttempt(key);
  return Object.fromEntries((detail?.reads ?? []).map((read) => [read.name, read.makerPathspec]));
}

/** Pathspec of the maker. */
export const MAKE = 'TrainFlow/17/make/1';
