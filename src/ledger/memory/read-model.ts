import { pathspec } from '../../domain/attempt.js';
import type {
  AttemptDetail,
  AttemptKey,
  FlowRow,
  InputRow,
  Ledger,
  ReaderRow,
  ReadRow,
  RunRow,
} from '../../ports/ledger.js';
import { artifactRead, type MadeValue } from './lineage.js';
import {
  type AttemptRecord,
  atOrBelow,
  countStates,
  type ReadRecord,
  type Records,
  rowOf,
} from './records.js';
import { firstLogger, ownArtifactsOf, usedRows, usersOf } from './used-versions.js';

type ReadModel = Pick<
  Ledger,
  | 'counts'
  | 'openAttempts'
  | 'oldestPendingAtMs'
  | 'listFlows'
  | 'listRuns'
  | 'listAttempts'
  | 'getAttempt'
  | 'listReaders'
  | 'findLogger'
>;

/** The looking part of the ledger in memory. */
export function readModel(records: Records): ReadModel {
  const newestFirst = () => [...records.values()].reverse().sort((a, b) => openedAtMs(b) - openedAtMs(a));
  return {
    counts: async () => countStates(records.values()),
    openAttempts: async () =>
      [...records.values()]
        .filter((record) => record.state === 'open')
        .sort((a, b) => openedAtMs(a) - openedAtMs(b))
        .map((record) => ({ key: record.key, openedAtMs: openedAtMs(record) })),
    oldestPendingAtMs: async () => {
      const pending = [...records.values()].filter((record) => record.state === 'pending');
      const ends = pending.flatMap((record) => rowOf(record).closedAtMs ?? []);
      return ends.length === 0 ? null : Math.min(...ends);
    },
    listFlows: async (limit) => flows(newestFirst()).slice(0, limit),
    listRuns: async (flowName, limit) =>
      runs(newestFirst().filter((record) => flowName === null || flowOf(record) === flowName)).slice(
        0,
        limit,
      ),
    listAttempts: async ({ pathspecPrefix, state, withProblems }, limit) =>
      newestFirst()
        .filter((record) => atOrBelow(record, pathspecPrefix) && (state === null || record.state === state))
        .filter((record) => !withProblems || (record.landed?.problems.length ?? 0) > 0)
        .slice(0, limit)
        .map(rowOf),
    getAttempt: async (key) => detailOf(records, key),
    listReaders: async (key, limit) => readersOf(records, key).slice(0, limit),
    findLogger: async (qualifiedName) => firstLogger(records, qualifiedName)?.key ?? null,
  };
}

function openedAtMs(record: AttemptRecord): number {
  return record.opening.openedAtMs;
}

function flowOf(record: AttemptRecord): string {
  return record.opening.opened.task.flowName;
}

function groupBy(records: readonly AttemptRecord[], keyOf: (record: AttemptRecord) => string) {
  const groups = new Map<string, [AttemptRecord, ...AttemptRecord[]]>();
  for (const record of records) {
    const group = groups.get(keyOf(record));
    if (group) group.push(record);
    else groups.set(keyOf(record), [record]);
  }
  return [...groups.values()];
}

function flows(newestFirst: readonly AttemptRecord[]): FlowRow[] {
  return groupBy(newestFirst, flowOf).map((group) => ({
    flowName: flowOf(group[0]),
    runs: new Set(group.map((record) => record.opening.opened.task.runId)).size,
    attempts: group.length,
    lastOpenedAtMs: openedAtMs(group[0]),
  }));
}

function runs(newestFirst: readonly AttemptRecord[]): RunRow[] {
  return groupBy(newestFirst, (record) => `${flowOf(record)}/${record.opening.opened.task.runId}`).map(
    (group) => ({
      flowName: flowOf(group[0]),
      runId: group[0].opening.opened.task.runId,
      attempts: group.length,
      states: countStates(group),
      lastOpenedAtMs: openedAtMs(group[0]),
    }),
  );
}

function detailOf(records: Records, key: AttemptKey): AttemptDetail | null {
  const record = records.get(key);
  if (!record) return null;
  const artifactOf = (name: string) => record.landed?.artifacts.find(({ variable }) => variable === name);
  return {
    ...rowOf(record),
    variables: record.variables.map((variable) => ({
      ...variable,
      artifact: artifactOf(variable.described.name) ?? null,
    })),
    reads: [
      ...record.reads
        .map((read) => readRow(records, read))
        .sort((a, b) => compare(a.name, b.name) || compare(a.sourcePathspec, b.sourcePathspec)),
      ...usedRows(records, record),
    ],
    ownArtifacts: ownArtifactsOf(record),
    passedOn: [...record.holdings.values()]
      .filter(({ sourceKey }) => sourceKey !== null)
      .map((holding) => inputRow(records, holding, record.sourcePathspecs.get(holding.sourceKey ?? '') ?? ''))
      .sort((a, b) => compare(a.name, b.name)),
    layers: record.opening.destination === 'none' ? record.opening.opened.layers : null,
  };
}

function readRow(records: Records, read: ReadRecord): ReadRow {
  return { ...inputRow(records, read, pathspec(read.source)), drawn: read.drawn };
}

function inputRow(records: Records, input: MadeValue, sourcePathspec: string): InputRow {
  const { name, makerKey } = input;
  const maker = makerKey === null ? undefined : records.get(makerKey);
  return {
    name,
    sourcePathspec,
    makerKey,
    makerPathspec: maker ? pathspec(maker.opening.opened.task) : null,
    artifact: artifactRead(records, input)?.qualifiedName ?? null,
  };
}

function readersOf(records: Records, key: AttemptKey): ReaderRow[] {
  const rows = new Map<string, ReaderRow>();
  for (const reader of records.values()) {
    for (const read of reader.reads.filter(({ makerKey }) => makerKey === key)) {
      const id = `${read.name} ${reader.key}`;
      rows.set(id, {
        name: read.name,
        readerKey: reader.key,
        readerPathspec: pathspec(reader.opening.opened.task),
        readerState: reader.state,
        artifact: null,
        drawn: read.drawn || rows.get(id)?.drawn === true,
      });
    }
  }
  const sorted = [...rows.values()].sort((a, b) => compare(a.name, b.name));
  return [...sorted, ...usersOf(records, key)];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
