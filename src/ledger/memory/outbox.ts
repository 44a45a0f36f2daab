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
    claimUploads: async (nowMs, leaseMs, limit) => claimUploads(records, nowMs, leaseMs, limit),
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

function claimUploads(records: Records, nowMs: number, leaseMs: number, limit: number): PendingUpload[] {
  const waits = (record: AttemptRecord) =>
    record.reads.some(({ makerKey }) => {
      const maker = makerKey === null ? undefined : records.get(makerKey);
      const coming = maker && maker.seq < record.seq && ['open', 'pending'].includes(maker.state);
      return coming && maker.opening.destination === record.opening.destination;
    });
  const due = [...records.values()].filter(
    (record) =>
      record.state === 'pending' &&
      record.dueAtMs <= nowMs &&
      (record.leaseUntilMs ?? 0) <= nowMs &&
      !waits(record),
  );
  return due.slice(0, limit).flatMap((record) => {
    if (!record.end) return [];
    record.leaseUntilMs = nowMs + leaseMs;
    const { opened, destination } = record.opening;
    const { key, end, tries } = record;
    const variables = record.variables.map((variable) => ({ ...variable }));
    return [{ key, destination, opened, end, variables, uses: offerUses(records, record), tries }];
  });
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
