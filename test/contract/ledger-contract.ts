import { describe } from 'vitest';
import type { Ledger } from '../../src/ports/ledger.js';
import { blobReferencesContract } from './ledger-blobs.js';
import { intakeContract } from './ledger-intake.js';
import { lateLineageContract } from './ledger-late-lineage.js';
import { lineageContract } from './ledger-lineage.js';
import { outboxContract } from './ledger-outbox.js';
import { readModelContract } from './ledger-read-model.js';
import { stepLogsContract } from './ledger-step-logs.js';
import { unloggedContract } from './ledger-unlogged.js';

/**
 * What every ledger promises, whatever it is kept in.
 *
 * @param make makes an empty ledger; whoever gives it also disposes of it
 */
export function ledgerContract(name: string, make: () => Promise<Ledger>): void {
  describe(`${name} ledger`, () => {
    intakeContract(make);
    outboxContract(make);
    lineageContract(make);
    lateLineageContract(make);
    readModelContract(make);
    unloggedContract(make);
    stepLogsContract(make);
    blobReferencesContract(make);
  });
}
