import type { Ledger } from '../ports/ledger.js';
import { blobReferences } from './memory/blob-references.js';
import { intake } from './memory/intake.js';
import { outbox } from './memory/outbox.js';
import { readModel } from './memory/read-model.js';
import type { Records } from './memory/records.js';
import { stepLogs } from './memory/step-logs.js';

/** A ledger that forgets everything with its process: for tests and for trying things out. */
export function createMemoryLedger(): Ledger {
  const records: Records = new Map();
  return {
    ...intake(records),
    ...outbox(records),
    ...readModel(records),
    ...stepLogs(records),
    ...blobReferences(records),
    close: async () => undefined,
  };
}
