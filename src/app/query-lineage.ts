import type { AttemptDetail, AttemptKey, AttemptState, Ledger } from '../ports/ledger.js';
import { type LineageTask, lineageTask } from './lineage-task.js';

/** Lineage around some attempts: everything upstream and downstream of them, as far as the bound goes. */
export interface LineageView {
  /** The attempts that were asked for. */
  readonly roots: readonly Pick<LineageTask, 'key' | 'pathspec' | 'attempt'>[];
  /** They and those around them, with what each logged. */
  readonly tasks: readonly LineageTask[];
  readonly edges: readonly LineageEdge[];
  /** Reads whose maker isn't known, so that they give no edge. */
  readonly unresolved: readonly UnresolvedRead[];
  /** True: there is more than was looked at. */
  readonly truncated: boolean;
}

/** One attempt read what another one made. */
export interface LineageEdge {
  /** Name of the variable. */
  readonly name: string;
  readonly makerKey: AttemptKey;
  readonly makerPathspec: string;
  readonly readerKey: AttemptKey;
  readonly readerPathspec: string;
  readonly readerState: AttemptState;
  /** `entity/project/name:vN`; null: not in W&B, or no artifact. */
  readonly artifact: string | null;
  /** True: the edge is in W&B. */
  readonly drawn: boolean;
}

/** A read without a known maker. */
export interface UnresolvedRead {
  readonly name: string;
  readonly readerPathspec: string;
  /** The direct input that it was loaded from. */
  readonly sourcePathspec: string;
}

/** Attempts that one answer covers. */
const MAX_ATTEMPTS = 500;
/** Readers of one attempt that are followed. */
const MAX_READERS = 1000;

/**
 * Follows lineage from a pathspec (or what lies below it) or from an artifact
 * version. Null where the ledger knows neither.
 *
 * @param of `Flow[/run[/step[/task]]]` or `entity/project/name:vN`
 */
export async function queryLineage(ledger: Ledger, of: string): Promise<LineageView | null> {
  const roots = await rootsOf(ledger, of);
  if (roots.length === 0) return null;
  const walk = new Walk(ledger);
  await walk.from(roots, 'upstream');
  await walk.from(roots, 'downstream');
  const tasks = await Promise.all([...walk.details.values()].map((detail) => lineageTask(ledger, detail)));
  return {
    roots: roots.flatMap((root) => {
      const known = tasks.find(({ key }) => key === root);
      return known ? [{ key: known.key, pathspec: known.pathspec, attempt: known.attempt }] : [];
    }),
    tasks,
    edges: [...walk.edges.values()],
    unresolved: [...walk.unresolved.values()],
    truncated: walk.truncated || roots.length >= MAX_ATTEMPTS,
  };
}

async function rootsOf(ledger: Ledger, of: string): Promise<AttemptKey[]> {
  if (/:v\d+$/.test(of)) {
    const key = await ledger.findLogger(of);
    return key === null ? [] : [key];
  }
  const rows = await ledger.listAttempts({ pathspecPrefix: of, state: null }, MAX_ATTEMPTS);
  return rows.map((row) => row.key);
}

class Walk {
  readonly details = new Map<AttemptKey, AttemptDetail>();
  readonly edges = new Map<string, LineageEdge>();
  readonly unresolved = new Map<string, UnresolvedRead>();
  truncated = false;

  constructor(private readonly ledger: Ledger) {}

  /** Breadth first, so that what is near is there when the bound is met. */
  async from(roots: readonly AttemptKey[], direction: 'upstream' | 'downstream'): Promise<void> {
    const seen = new Set(roots);
    const queue = [...roots];
    for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
      const detail = await this.detailOf(key);
      if (!detail) continue;
      const next = direction === 'upstream' ? this.makersOf(detail) : await this.readersOf(detail);
      for (const other of next) {
        if (!seen.has(other)) queue.push(other);
        seen.add(other);
      }
    }
  }

  private async detailOf(key: AttemptKey): Promise<AttemptDetail | null> {
    const known = this.details.get(key);
    if (known) return known;
    if (this.details.size >= MAX_ATTEMPTS) {
      this.truncated = true;
      return null;
    }
    const detail = await this.ledger.getAttempt(key);
    if (detail) this.details.set(key, detail);
    return detail;
  }

  private makersOf(reader: AttemptDetail): AttemptKey[] {
    const makers: AttemptKey[] = [];
    for (const read of reader.reads) {
      const { name, makerKey, makerPathspec, artifact, drawn, sourcePathspec } = read;
      if (makerKey === null || makerPathspec === null) {
        const missing = { name, readerPathspec: reader.pathspec, sourcePathspec };
        this.unresolved.set(`${name} ${reader.key} ${sourcePathspec}`, missing);
        continue;
      }
      makers.push(makerKey);
      const edge = { name, makerKey, makerPathspec, artifact, drawn };
      const { key: readerKey, pathspec: readerPathspec, state: readerState } = reader;
      this.addEdge({ ...edge, readerKey, readerPathspec, readerState });
    }
    return makers;
  }

  private async readersOf(maker: AttemptDetail): Promise<AttemptKey[]> {
    const readers = await this.ledger.listReaders(maker.key, MAX_READERS);
    if (readers.length >= MAX_READERS) this.truncated = true;
    for (const { name, readerKey, readerPathspec, readerState, artifact: used, drawn } of readers) {
      const logged = maker.variables.find(({ described }) => described.name === name)?.artifact;
      const edge = { name, makerKey: maker.key, makerPathspec: maker.pathspec };
      const artifact = used ?? logged?.qualifiedName ?? null;
      this.addEdge({ ...edge, readerKey, readerPathspec, readerState, artifact, drawn });
    }
    return readers.map((reader) => reader.readerKey);
  }

  private addEdge(edge: LineageEdge): void {
    this.edges.set(`${edge.name} ${edge.makerKey} ${edge.readerKey}`, edge);
  }
}
