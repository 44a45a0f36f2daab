import type {
  AttemptKey,
  ClosedCounts,
  DecidedSnapshot,
  LandedRun,
  Ledger,
  NewAttempt,
  PendingUpload,
} from '../ports/ledger.js';
import { drawableReads, offerUses, recordLineage, resolveDependents } from './memory/lineage.js';
import { readModel } from './memory/read-model.js';
import {
  type AttemptRecord,
  atOrBelow,
  freshRecord,
  known,
  type Records,
  stillOpen,
  variableOf,
} from './memory/records.js';
import { NO_PAYLOAD_REASON } from './reasons.js';

/** A ledger that forgets everything with its process: for tests and for trying things out. */
export function createMemoryLedger(): Ledger {
  const records: Records = new Map();
  return {
    ...readModel(records),
    openAttempt: async (attempt) => openAttempt(records, attempt),
    recordSnapshot: async (key, snapshot) => recordSnapshot(stillOpen(records, key), snapshot),
    recordPayload: async (key, name, payload) => {
      variableOf(stillOpen(records, key), name).payload = payload;
    },
    recordSkip: async (key, name, reason) => skip(stillOpen(records, key), name, reason),
    closeAttempt: async (key, end, held) => {
      const record = known(records, key);
      if (record.state !== 'open') return countVariables(record);
      for (const { described, decision, payload } of record.variables) {
        if (decision.action === 'artifact' && !payload) skip(record, described.name, NO_PAYLOAD_REASON);
      }
      recordLineage(records, record, held);
      record.end = end;
      record.state = record.opening.destination === 'hold' ? 'held' : 'pending';
      resolveDependents(records, record);
      return countVariables(record);
    },
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
        (record) => record.state === 'failed' && atOrBelow(record, prefix),
      );
      for (const record of failed) Object.assign(record, { state: 'pending', dueAtMs: 0, tries: 0 });
      return failed.length;
    },
    releaseLeases: async () => {
      for (const record of records.values()) record.leaseUntilMs = null;
    },
    countDueLinks: async () => readersToLink(records).length,
    claimLinks: async (limit) => claimLinks(records, limit),
    settleLinks: async (key, names) => markDrawn(known(records, key), names),
    close: async () => undefined,
  };
}

function openAttempt(records: Records, attempt: NewAttempt): 'opened' | 'reopened' | 'already-closed' {
  const before = records.get(attempt.key);
  if (before && before.state !== 'open' && before.end?.outcome !== 'crashed') return 'already-closed';
  const record = freshRecord(attempt, before?.seq ?? records.size + 1, before?.url ?? '');
  records.set(attempt.key, record);
  return before ? 'reopened' : 'opened';
}

function recordSnapshot(record: AttemptRecord, { variables, reads }: DecidedSnapshot): void {
  record.variables = variables.map((variable) => ({ ...variable, payload: null }));
  const distinct = new Map(reads.map((read) => [`${read.name}\n${read.sourceKey}`, read]));
  record.reads = [...distinct.values()].map((read) => ({
    ...read,
    makerKey: null,
    offered: false,
    drawn: false,
  }));
}

function skip(record: AttemptRecord, name: string, reason: string): void {
  const variable = variableOf(record, name);
  variable.decision = { ...variable.decision, action: 'skip', reason };
  variable.payload = null;
}

function countVariables({ variables }: AttemptRecord): ClosedCounts {
  const skipped = variables.filter(({ decision }) => decision.action === 'skip').length;
  return { logged: variables.length - skipped, skipped };
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
    const { destination } = record.opening;
    return { key: record.key, destination, entity, project, uses: offerUses(records, record) };
  });
}

function markDrawn(record: AttemptRecord, names: readonly string[]): void {
  for (const read of record.reads) if (read.offered && names.includes(read.name)) read.drawn = true;
}
