import type { ClosedCounts, DecidedSnapshot, Ledger, NewAttempt } from '../../ports/ledger.js';
import { NO_PAYLOAD_REASON } from '../reasons.js';
import { stateAfter } from '../state-after.js';
import { recordLineage, resolveDependents } from './lineage.js';
import { type AttemptRecord, freshRecord, known, type Records, stillOpen, variableOf } from './records.js';

type Intake = Pick<
  Ledger,
  'openAttempt' | 'recordSnapshot' | 'recordPayload' | 'recordSkip' | 'closeAttempt'
>;

/** The part of the ledger in memory that takes attempts in. */
export function intake(records: Records): Intake {
  return {
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
      record.state = stateAfter(record.opening.destination);
      resolveDependents(records, record);
      return countVariables(record);
    },
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
