import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { createMemoryLedger } from '../../src/ledger/memory-ledger.js';
import { createSqliteLedger } from '../../src/ledger/sqlite-ledger.js';
import { ledgerContract } from './ledger-contract.js';

const disposals: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const dispose of disposals.splice(0)) await dispose();
});

ledgerContract('SQLite', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ledger-'));
  const ledger = await createSqliteLedger({ path: join(dir, 'ledger.db') });
  disposals.push(async () => {
    await ledger.close();
    await rm(dir, { recursive: true });
  });
  return ledger;
});

ledgerContract('memory', async () => createMemoryLedger());
