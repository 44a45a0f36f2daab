import type { HeldVariable, TaskAttempt, VariableOrigin, VariableRead } from './attempt.js';

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

/** A Metaflow run. */
export type RunOfTask = Pick<TaskAttempt, 'metadataProvider' | 'flowName' | 'runId'>;

/** What the rule looks up. Both only know attempts that have ended. */
export interface LineageFacts {
  /** What an attempt held under a name; undefined where the attempt or the name is unknown. */
  holding(attemptKey: string, name: string): Holding | undefined;
  /** Attempts of a run, or of one that it resumes, that made a value of that name and content hash. */
  makersOf(run: RunOfTask, name: string, contentHash: string): readonly MakerCandidate[];
}

/** A held variable with the key of the attempt that it was passed on from. */
export type KeyedHeld = HeldVariable & { readonly inheritedKey: string | null };

/** A read with the key of the attempt that it was loaded from, and that attempt's run. */
export type KeyedRead = Pick<VariableRead, 'name' | 'contentHash'> & {
  readonly source: RunOfTask;
  readonly sourceKey: string;
};

/** A variable of a snapshot, as far as lineage goes. */
export interface OriginOfVariable {
  readonly name: string;
  readonly origin: VariableOrigin;
  /** True: the attempt logs it as an artifact version of its own. */
  readonly logged: boolean;
}

/** An attempt that ends, as far as its lineage goes. */
export interface EndingAttempt {
  readonly key: string;
  /** Variables of its snapshot. */
  readonly described: readonly OriginOfVariable[];
  readonly held: readonly KeyedHeld[];
  readonly reads: readonly KeyedRead[];
}

/**
 * Everything that an attempt holds when it ends, each with its maker.
 *
 * What it assigned or changed in place it made itself, even where Metaflow's
 * hash of it never came. What it passed on has the maker that its source says;
 * so has an input's unchanged value that it assigned, as joins do to pass one
 * on, unless it logged that as a version of its own.
 */
export function holdingsAtEnd(attempt: EndingAttempt, facts: LineageFacts): Holding[] {
  const origins = new Map(attempt.described.map((variable) => [variable.name, variable.origin]));
  const heldByName = new Map(attempt.held.map((held) => [held.name, held]));
  const made = attempt.described
    .filter(({ name, origin, logged }) => {
      const passedOn = origin === 'assigned' && !logged && heldByName.get(name)?.inheritedKey;
      return origin !== 'read' && !passedOn;
    })
    .map(({ name }) => {
      const contentHash = heldByName.get(name)?.contentHash ?? '';
      return { name, contentHash, makerKey: attempt.key, sourceKey: null };
    });
  const madeNames = new Set(made.map((holding) => holding.name));
  const sources = onlySources(attempt.reads);
  const others = [...heldByName.values()]
    .filter((held) => !madeNames.has(held.name))
    .map((held) => holdingOf(attempt.key, held, origins.get(held.name), sources, facts));
  return [...made, ...others];
}

function holdingOf(
  ownKey: string,
  held: KeyedHeld,
  origin: VariableOrigin | undefined,
  sources: ReadonlyMap<string, KeyedSource | null>,
  facts: LineageFacts,
): Holding {
  const { name, contentHash } = held;
  const source = sourceOf(held) ?? (origin === 'read' ? sources.get(name) : null);
  if (source) {
    // A mere read makes Metaflow pickle a value anew, with another hash. What
    // is passed on is therefore never compared with what its source held.
    const { key: sourceKey, run } = source;
    const above = facts.holding(sourceKey, name);
    const makerKey = above ? above.makerKey : onlyMaker(ownKey, candidates(run, held, facts));
    return { name, contentHash, makerKey, sourceKey };
  }
  return { name, contentHash, makerKey: origin === 'read' ? null : ownKey, sourceKey: null };
}

/** An attempt that a value came from. */
interface KeyedSource {
  readonly key: string;
  readonly run: RunOfTask;
}

function sourceOf({ inheritedKey, inheritedFrom }: KeyedHeld): KeyedSource | null {
  return inheritedKey !== null && inheritedFrom ? { key: inheritedKey, run: inheritedFrom } : null;
}

/** Where each variable was read from; null where it was read from several places. */
function onlySources(reads: readonly KeyedRead[]): Map<string, KeyedSource | null> {
  const sources = new Map<string, KeyedSource | null>();
  for (const { name, sourceKey, source } of reads) {
    const known = sources.get(name);
    const same = known === undefined || known?.key === sourceKey;
    sources.set(name, same ? { key: sourceKey, run: source } : null);
  }
  return sources;
}

/**
 * The attempt that made what was read; null where it isn't known for sure,
 * since a missing edge is better than a false one. Never the reader itself.
 */
export function makerOfRead(readerKey: string, read: KeyedRead, facts: LineageFacts): string | null {
  const source = facts.holding(read.sourceKey, read.name);
  const makerKey = source
    ? makerBySource(read, source)
    : onlyMaker(readerKey, candidates(read.source, read, facts));
  return makerKey === readerKey ? null : makerKey;
}

/** The maker that the source names, unless the source held something else than what was read. */
function makerBySource(read: KeyedRead, source: Holding): string | null {
  const bothKnown = read.contentHash !== '' && source.contentHash !== '';
  return bothKnown && read.contentHash !== source.contentHash ? null : source.makerKey;
}

function candidates(run: RunOfTask, value: { name: string; contentHash: string }, facts: LineageFacts) {
  return value.contentHash === '' ? [] : facts.makersOf(run, value.name, value.contentHash);
}

/** The one task among these; null if there are none or several. */
function onlyMaker(ownKey: string, candidates: readonly MakerCandidate[]): string | null {
  const latest = new Map<string, MakerCandidate>();
  for (const candidate of candidates) {
    if (candidate.key === ownKey) continue;
    // Later steps only ever see a task's last attempt.
    const known = latest.get(candidate.pathspec);
    if (!known || known.attempt < candidate.attempt) latest.set(candidate.pathspec, candidate);
  }
  const [only] = latest.values();
  return latest.size === 1 && only ? only.key : null;
}
