import { type HeldVariable, pathspec } from '../../domain/attempt.js';
import { attemptKey } from '../../domain/identity.js';
import {
  type Holding,
  holdingsAtEnd,
  type LineageFacts,
  makerOfRead,
  type RunOfTask,
} from '../../domain/lineage.js';
import type { LedgerUse } from '../../ports/ledger.js';
import type { LoggedArtifact } from '../../ports/uploader.js';
import type { AttemptRecord, ReadRecord, Records } from './records.js';

/** Records what an ending attempt holds, and the makers of that and of what it read. */
export function recordLineage(records: Records, record: AttemptRecord, held: readonly HeldVariable[]): void {
  const facts = factsFor(records);
  const holdings = holdingsAtEnd(
    {
      key: record.key,
      described: record.variables.map(({ described: { name, origin }, decision }) => ({
        name,
        origin,
        logged: decision.action === 'artifact',
      })),
      held: held.map((item) => ({
        ...item,
        inheritedKey: item.inheritedFrom && attemptKey(item.inheritedFrom),
      })),
      reads: record.reads,
    },
    facts,
  );
  record.holdings = new Map(holdings.map((holding) => [holding.name, holding]));
  const sources = [
    ...record.reads.map(({ source }) => source),
    ...held.flatMap(({ inheritedFrom }) => inheritedFrom ?? []),
  ];
  record.sourcePathspecs = new Map(sources.map((source) => [attemptKey(source), pathspec(source)]));
  for (const read of record.reads) read.makerKey = makerOfRead(record.key, read, facts);
}

/** Settles the makers of what others took from an attempt that ended after them, and so on down the graph. */
export function resolveDependents(records: Records, source: AttemptRecord): void {
  const facts: LineageFacts = {
    holding: (key, name) => records.get(key)?.holdings.get(name),
    makersOf: () => [],
  };
  for (const other of records.values()) {
    for (const read of other.reads) {
      const says = read.sourceKey === source.key && source.holdings.has(read.name);
      if (says && !read.drawn) read.makerKey = makerOfRead(other.key, read, facts);
    }
    let changed = false;
    for (const [name, holding] of other.holdings) {
      const above = holding.sourceKey === source.key ? source.holdings.get(name) : undefined;
      if (!above || above.makerKey === holding.makerKey) continue;
      other.holdings.set(name, { ...holding, makerKey: above.makerKey });
      changed = true;
    }
    if (changed) resolveDependents(records, other);
  }
}

/** The artifact version that a read's maker logged, if it did. */
export function artifactRead(records: Records, read: MadeValue): LoggedArtifact | undefined {
  const maker = read.makerKey === null ? undefined : records.get(read.makerKey);
  return maker?.landed?.artifacts.find((artifact) => artifact.variable === read.name);
}

/** A value and who made it. */
export type MadeValue = Pick<Holding, 'name' | 'makerKey'>;

/** Reads whose edges can be drawn and aren't. */
export function drawableReads(records: Records, reader: AttemptRecord): ReadRecord[] {
  return reader.reads.filter((read) => {
    const maker = read.makerKey === null ? undefined : records.get(read.makerKey);
    const sameWandb = maker?.opening.destination === reader.opening.destination;
    return sameWandb && !read.drawn && artifactRead(records, read) !== undefined;
  });
}

/** Hands out the edges that can be drawn, each artifact version once. */
export function offerUses(records: Records, reader: AttemptRecord): LedgerUse[] {
  for (const read of reader.reads) read.offered = false;
  const uses = new Map<string, LedgerUse>();
  for (const read of drawableReads(records, reader)) {
    read.offered = true;
    const qualifiedName = artifactRead(records, read)?.qualifiedName ?? '';
    uses.set(qualifiedName, { name: read.name, qualifiedName });
  }
  return [...uses.values()];
}

function factsFor(records: Records): LineageFacts {
  return {
    holding: (key, name) => records.get(key)?.holdings.get(name),
    makersOf: (run, name, contentHash) => {
      const runIds = resumedRuns(records, run);
      return [...records.values()]
        .filter((other) => isOfFlow(other, run) && runIds.has(other.opening.opened.task.runId))
        .filter((other) => other.holdings.get(name)?.makerKey === other.key)
        .filter((other) => other.holdings.get(name)?.contentHash === contentHash)
        .map((other) => ({
          key: other.key,
          pathspec: pathspec(other.opening.opened.task),
          attempt: other.opening.opened.task.attempt,
        }));
    },
  };
}

function isOfFlow({ opening: { opened } }: AttemptRecord, run: RunOfTask): boolean {
  const { metadataProvider, flowName } = opened.task;
  return metadataProvider === run.metadataProvider && flowName === run.flowName;
}

/** A run, and the runs that it resumes. */
function resumedRuns(records: Records, run: RunOfTask): Set<string> {
  const runIds = new Set<string>();
  let next: string | undefined = run.runId;
  while (next && !runIds.has(next)) {
    const runId: string = next;
    runIds.add(runId);
    const resumed = [...records.values()].find(
      (record) => isOfFlow(record, run) && record.opening.opened.task.runId === runId,
    );
    next = resumed?.opening.opened.originRunId;
  }
  return runIds;
}
