import type { HeldVariable, VariableOrigin, VariableRead } from './attempt.js';

/** What one attempt held under one name when it ended, and which attempt made that value. */
export interface Holding {
  readonly name: string;
  /** Metaflow's SHA-1 of it there; empty where it isn't known. */
  readonly contentHash: string;
  /** Attempt that made the value; null where it isn't known. */
  readonly makerKey: string | null;
  /** Attempt that the value was passed on from; null where it was made here or nobody knows. */
  readonly sourceKey: string | null;
}

/** An attempt known to have made a value. */
export interface MakerCandidate {
  readonly key: string;
  /** Pathspec of its task: attempts of one task share it. */
  readonly pathspec: string;
  readonly attempt: number;
}

/** What the rule looks up. Both only know attempts that have ended. */
export interface LineageFacts {
  /** What an attempt held under a name; undefined where the attempt or the name is unknown. */
  holding(attemptKey: string, name: string): Holding | undefined;
  /**
   * Attempts of the same metadata provider, flow and run (or a run that this
   * one resumes) that made a value of that name and content hash.
   */
  makersOf(name: string, contentHash: string): readonly MakerCandidate[];
}

/** A held variable with the key of the attempt that it was passed on from. */
export type KeyedHeld = HeldVariable & { readonly inheritedKey: string | null };

/** A read with the key of the attempt that it was loaded from. */
export type KeyedRead = Pick<VariableRead, 'name' | 'contentHash'> & { readonly sourceKey: string };

/** An attempt that ends, as far as its lineage goes. */
export interface EndingAttempt {
  readonly key: string;
  /** Variables of its snapshot. */
  readonly described: readonly { readonly name: string; readonly origin: VariableOrigin }[];
  readonly held: readonly KeyedHeld[];
  readonly reads: readonly KeyedRead[];
}

/**
 * Everything that an attempt holds when it ends, each with its maker.
 *
 * What it assigned or changed in place it made itself, even where Metaflow's
 * hash of it never came. What it passed on has the maker that its source says.
 */
export function holdingsAtEnd(attempt: EndingAttempt, facts: LineageFacts): Holding[] {
  const origins = new Map(attempt.described.map((variable) => [variable.name, variable.origin]));
  const hashes = new Map(attempt.held.map((held) => [held.name, held.contentHash]));
  const made = [...origins]
    .filter(([, origin]) => origin !== 'read')
    .map(([name]) => ({ name, contentHash: hashes.get(name) ?? '', makerKey: attempt.key, sourceKey: null }));
  const madeNames = new Set(made.map((holding) => holding.name));
  const others = [...new Map(attempt.held.map((held) => [held.name, held])).values()]
    .filter((held) => !madeNames.has(held.name))
    .map((held) => holdingOf(attempt, held, origins.get(held.name), facts));
  return [...made, ...others];
}

function holdingOf(
  attempt: EndingAttempt,
  held: KeyedHeld,
  origin: VariableOrigin | undefined,
  facts: LineageFacts,
): Holding {
  const { name, contentHash } = held;
  const sourceKey = held.inheritedKey ?? (origin === 'read' ? onlySource(attempt, name) : null);
  if (sourceKey !== null) {
    // A mere read makes Metaflow pickle a value anew, with another hash. What
    // is passed on is therefore never compared with what its source held.
    const source = facts.holding(sourceKey, name);
    const makerKey = source ? source.makerKey : onlyMaker(attempt.key, name, contentHash, facts);
    return { name, contentHash, makerKey, sourceKey };
  }
  return { name, contentHash, makerKey: origin === 'read' ? null : attempt.key, sourceKey: null };
}

/** Where a variable was read from, if it was read from one place only. */
function onlySource(attempt: EndingAttempt, name: string): string | null {
  const sources = new Set(attempt.reads.filter((read) => read.name === name).map((read) => read.sourceKey));
  const [only] = sources;
  return sources.size === 1 && only !== undefined ? only : null;
}

/**
 * The attempt that made what was read; null where it isn't known for sure,
 * since a missing edge is better than a false one. Never the reader itself.
 */
export function makerOfRead(readerKey: string, read: KeyedRead, facts: LineageFacts): string | null {
  const source = facts.holding(read.sourceKey, read.name);
  const makerKey = source
    ? makerBySource(read, source)
    : onlyMaker(readerKey, read.name, read.contentHash, facts);
  return makerKey === readerKey ? null : makerKey;
}

/** The maker that the source names, unless the source held something else than what was read. */
function makerBySource(read: KeyedRead, source: Holding): string | null {
  const bothKnown = read.contentHash !== '' && source.contentHash !== '';
  return bothKnown && read.contentHash !== source.contentHash ? null : source.makerKey;
}

/** The one attempt that made such a value; null if there are none or several. */
function onlyMaker(ownKey: string, name: string, contentHash: string, facts: LineageFacts): string | null {
  if (contentHash === '') return null;
  const latest = new Map<string, MakerCandidate>();
  for (const candidate of facts.makersOf(name, contentHash)) {
    if (candidate.key === ownKey) continue;
    // Later steps only ever see a task's last attempt.
    const known = latest.get(candidate.pathspec);
    if (!known || known.attempt < candidate.attempt) latest.set(candidate.pathspec, candidate);
  }
  const [only] = latest.values();
  return latest.size === 1 && only ? only.key : null;
}
