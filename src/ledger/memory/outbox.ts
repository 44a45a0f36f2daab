import type { AttemptEnd } from '../../domain/attempt.js';
import type { AttemptKey, LandedRun, Ledger, PendingUpload } from '../../ports/ledger.js';
import { drawableReads, offerUses } from './lineage.js';
import { type AttemptRecord, atOrBelow, known, type Records } from './records.js';

type Outbox = Pick<
  Ledger,
  | 'claimUploads'
  | 'settleUploaded'
  | 'settleRetry'
  | 'settleFailed'
  | 'retryFailed'
  | 'releaseHeld'
  | 'releaseLeases'
  | 'countDueLinks'
  | 'claimLinks'
  | 'settleLinks'
>;

/** The part of the ledger in memory that hands uploads and edges out. */
export function outbox(records: Records): Outbox {
  return {
    claimUploads: async (nowMs, leaseMs, limit, afterFlow = '', underWay = []) =>
      dueUploads(records, nowMs, afterFlow)
        .filter(({ key }) => !underWay.includes(key))
        .slice(0, limit)
        .map((record) => lease(records, record, nowMs + leaseMs)),
    settleUploaded: async (key, landed) => {
      const record = settle(records, key);
      if (!record) return;
      Object.assign(record, { state: 'done', landed, url: landed.url, lastError: '' });
      markDrawn(record, landed.drawnUses);
    },
    settleRetry: async (key, reason, dueAtMs) => {
      const record = settle(records, key);
      if (record) Object.assign(record, { dueAtMs, lastError: reason });
    },
    settleFailed: async (key, reason) => {
      const record = settle(records, key);
      if (record) Object.assign(record, { state: 'failed', lastError: reason });
    },
    retryFailed: async (prefix) => {
      const failed = [...records.values()].filter(
        (record) => (record.state === 'failed' || isWaiting(record)) && atOrBelow(record, prefix),
      );
      for (const record of failed) Object.assign(record, { state: 'pending', dueAtMs: 0, tries: 0 });
      return failed.length;
    },
    releaseHeld: async (prefix, destination) => {
      const held = [...records.values()].filter(
        (record) => record.state === 'held' && atOrBelow(record, prefix),
      );
      for (const record of held) {
        const opening = { ...record.opening, destination };
        Object.assign(record, { state: 'pending', opening, dueAtMs: 0, tries: 0 });
      }
      return held.length;
    },
    releaseLeases: async () => {
      for (const record of records.values()) Object.assign(record, { leaseUntilMs: null, dueAtMs: 0 });
    },
    countDueLinks: async () => readersToLink(records).length,
    claimLinks: async (limit) => claimLinks(records, limit),
    settleLinks: async (key, names) => markDrawn(known(records, key), names),
  };
}

/** Tried before, and not being tried now. */
function isWaiting({ state, tries, leaseUntilMs }: AttemptRecord): boolean {
  return state === 'pending' && tries > 0 && leaseUntilMs === null;
}

/** What is due, one of each flow in turn, first of the flow after the one that was served last. */
function dueUploads(records: Records, nowMs: number, afterFlow: string): AttemptRecord[] {
  const due = [...records.values()]
    .filter((record) => record.state === 'pending' && record.dueAtMs <= nowMs && !waits(records, record))
    .sort((a, b) => a.dueAtMs - b.dueAtMs || a.seq - b.seq);
  const flows = [...new Set(due.map(flowOf))].sort(byBytes);
  const inTurn = [
    ...flows.filter((flow) => byBytes(flow, afterFlow) > 0),
    ...flows.filter((flow) => byBytes(flow, afterFlow) <= 0),
  ];
  const served = new Map<string, number>();
  const turns = due.map((record) => {
    const turn = served.get(flowOf(record)) ?? 0;
    served.set(flowOf(record), turn + 1);
    return { record, turn, place: inTurn.indexOf(flowOf(record)) };
  });
  turns.sort((a, b) => a.turn - b.turn || a.place - b.place);
  return turns.map(({ record }) => record);
}

function flowOf({ opening }: AttemptRecord): string {
  return opening.opened.task.flowName;
}

/** The order that SQLite has, too. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Whether something it read comes of an earlier attempt that is yet to land. */
function waits(records: Records, record: AttemptRecord): boolean {
  return record.reads.some(({ makerKey }) => {
    const maker = makerKey === null ? undefined : records.get(makerKey);
    const coming = maker && maker.seq < record.seq && ['open', 'pending'].includes(maker.state);
    return coming && maker.opening.destination === record.opening.destination;
  });
}

function lease(records: Records, record: AttemptRecord, untilMs: number): PendingUpload {
  record.leaseUntilMs = untilMs;
  record.dueAtMs = untilMs;
  const { opened, destination } = record.opening;
  const { key, tries } = record;
  const variables = record.variables.map((variable) => ({ ...variable }));
  // A pending attempt has ended.
  const end = record.end as AttemptEnd;
  return { key, destination, opened, end, variables, uses: offerUses(records, record), tries };
}

/** Ends the lease; undefined where there is none, since the attempt was begun anew meanwhile. */
function settle(records: Records, key: AttemptKey): AttemptRecord | undefined {
  const record = records.get(key);
  if (record?.state !== 'pending' || record.leaseUntilMs === null) return undefined;
  record.leaseUntilMs = null;
  record.tries += 1;
  return record;
}

function readersToLink(records: Records): AttemptRecord[] {
  return [...records.values()].filter(
    (record) => record.state === 'done' && drawableReads(records, record).length > 0,
  );
}

function claimLinks(records: Records, limit: number) {
  const readers = readersToLink(records)
    .sort((a, b) => a.linkOffers - b.linkOffers)
    .slice(0, limit);
  return readers.map((record) => {
    record.linkOffers += 1;
    const { entity, project } = record.landed as LandedRun;
    const { destination, opened } = record.opening;
    const { metadataProvider } = opened.task;
    return {
      key: record.key,
      metadataProvider,
      destination,
      entity,
      project,
      uses: offerUses(records, record),
    };
  });
}

function markDrawn(record: AttemptRecord, names: readonly string[]): void {
  for (const read of record.reads) if (read.offered && names.includes(read.name)) read.drawn = true;
}
