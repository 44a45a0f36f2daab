import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSqlite } from '../../../src/ledger/sqlite-handle.js';
import { createSqliteLedger } from '../../../src/ledger/sqlite-ledger.js';
import { run } from '../../contract/ledger-scenario.js';

test.each(['attempts SET opened_json', 'attempts SET end_json', 'variables SET described_json'])(
  'an attempt that can not be read is given up, and the others go: %s',
  async (column) => {
    const dir = await mkdtemp(join(tmpdir(), 'ledger-'));
    const path = join(dir, 'ledger.db');
    const before = await createSqliteLedger({ path });
    const broken = await run(before, { task: { taskId: '1' }, makes: { frame: 'h' } });
    await before.close();
    const handle = openSqlite(path);
    handle.exec(`UPDATE ${column} = '{"torn'`);
    handle.close();
    const ledger = await createSqliteLedger({ path });
    const whole = await run(ledger, { task: { taskId: '2' } });
    expect((await ledger.claimUploads(1000, 500, 10)).map(({ key }) => key)).toEqual([whole]);
    const [failed] = await ledger.listAttempts({ pathspecPrefix: null, state: 'failed' }, 10);
    expect(failed).toMatchObject({ key: broken, lastError: expect.stringContaining("can't be read") });
    await ledger.close();
    await rm(dir, { recursive: true });
  },
);
