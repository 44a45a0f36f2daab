import { randomBytes } from 'node:crypto';
import { copyFile, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kyselyOver } from '../../../src/ledger/dialect.js';
import { migrate } from '../../../src/ledger/migrate.js';
import { MIGRATIONS } from '../../../src/ledger/migrations/index.js';
import { openSqlite } from '../../../src/ledger/sqlite-handle.js';
import { createSqliteLedger, ledgerOver } from '../../../src/ledger/sqlite-ledger.js';
import { begin, run, uploadAll } from '../../contract/ledger-scenario.js';
import { fileLogged } from '../../support/step-log.js';

let dir: string;
let path: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ledger-'));
  path = join(dir, 'ledger.db');
});

afterEach(() => rm(dir, { recursive: true }));

/** Makes a ledger with some attempts in it, closed. */
async function filled(): Promise<string[]> {
  const ledger = await createSqliteLedger({ path });
  const keys = [];
  for (let taskId = 0; taskId < 30; taskId++) {
    keys.push(await run(ledger, { task: { taskId: String(taskId) }, makes: { frame: 'h' } }));
  }
  await ledger.close();
  return keys;
}

async function tables(): Promise<string[]> {
  const db = kyselyOver(openSqlite(path));
  const found = await db.introspection.getTables();
  await db.destroy();
  return found.map((table) => table.name);
}

describe('opening a ledger', () => {
  test('finds everything that an earlier process kept', async () => {
    const keys = await filled();
    const ledger = await createSqliteLedger({ path });
    expect(await ledger.counts()).toMatchObject({ pending: keys.length });
    await ledger.close();
  });

  test('refuses one that a newer version wrote, and leaves it as it is', async () => {
    await filled();
    const handle = openSqlite(path);
    handle.exec("INSERT INTO kysely_migration VALUES ('9999-later', '2030-01-01T00:00:00.000Z')");
    handle.close();
    const before = await readFile(path);
    await expect(createSqliteLedger({ path })).rejects.toMatchObject({
      code: 'ledger-newer',
      message: expect.stringContaining('9999-later'),
      hint: expect.stringContaining('upgrade'),
    });
    expect((await readFile(path)).equals(before)).toBe(true);
  });

  test('refuses a file that is no ledger, says what to do, and leaves it as it is', async () => {
    const garbage = randomBytes(20_000);
    await writeFile(path, garbage);
    await expect(createSqliteLedger({ path })).rejects.toMatchObject({
      code: 'ledger-corrupt',
      message: expect.stringContaining(path),
      hint: expect.stringMatching(/backup/),
    });
    expect((await readFile(path)).equals(garbage)).toBe(true);
  });

  test('refuses a ledger of which a page in the middle was overwritten', async () => {
    await filled();
    const file = await open(path, 'r+');
    const { size } = await file.stat();
    await file.write(randomBytes(4096), 0, 4096, Math.floor(size / 8192) * 4096);
    await file.close();
    await expect(createSqliteLedger({ path })).rejects.toMatchObject({ code: 'ledger-corrupt' });
  });

  test('flushes each commit to the disk, and keeps rows that belong together', () => {
    const handle = openSqlite(path);
    const pragma = (name: string) => Object.values(handle.prepare(`PRAGMA ${name}`).all()[0] as object)[0];
    expect([pragma('journal_mode'), pragma('synchronous'), pragma('foreign_keys')]).toEqual(['wal', 2, 1]);
    handle.close();
  });

  test('makes files that only their owner can read', async () => {
    const ledger = await createSqliteLedger({ path });
    for (const name of await readdir(dir))
      expect((await stat(join(dir, name))).mode & 0o777, name).toBe(0o600);
    await ledger.close();
  });

  test('takes in what a process that was killed had only in the write-ahead log', async () => {
    const ledger = await createSqliteLedger({ path });
    await run(ledger, { makes: { frame: 'h' } });
    const copy = join(dir, 'copy.db');
    for (const suffix of ['', '-wal']) await copyFile(path + suffix, copy + suffix);
    await ledger.close();
    const recovered = await createSqliteLedger({ path: copy });
    expect(await recovered.counts()).toMatchObject({ pending: 1 });
    await recovered.close();
  });

  test('refuses a second opening while the first lasts, and not after', async () => {
    const ledger = await createSqliteLedger({ path });
    await expect(createSqliteLedger({ path })).rejects.toMatchObject({ code: 'ledger-in-use' });
    await run(ledger, {});
    await ledger.close();
    await (await createSqliteLedger({ path })).close();
  });

  test('says so where the file can not be made', async () => {
    const nowhere = join(dir, 'missing', 'ledger.db');
    await expect(createSqliteLedger({ path: nowhere })).rejects.toMatchObject({
      code: 'ledger-unavailable',
      hint: expect.stringMatching(/rights/),
    });
  });
});

test('a ledger that is full refuses writes and says so, and goes on once there is room', async () => {
  const handle = openSqlite(path);
  const db = kyselyOver(handle);
  await migrate(db);
  const ledger = ledgerOver(db, path);
  handle.exec('PRAGMA max_page_count=1');
  const writing = async (runId: string) => {
    for (let taskId = 0; taskId < 200; taskId += 1)
      await run(ledger, { task: { runId, taskId: String(taskId) } });
  };
  await expect(writing('1')).rejects.toMatchObject({
    code: 'ledger-unavailable',
    message: expect.stringContaining('full'),
    hint: expect.stringContaining('free space'),
  });
  expect(await ledger.counts()).toBeTruthy();
  handle.exec('PRAGMA max_page_count=1000000');
  await writing('2');
  const filter = { pathspecPrefix: 'TrainFlow/2', state: 'pending' } as const;
  expect(await ledger.listAttempts(filter, 1000)).toHaveLength(200);
  await ledger.close();
});

describe('migrations', () => {
  test('are named so that they sort in the order they are run', () => {
    const names = Object.keys(MIGRATIONS);
    expect(names).toEqual([...names].sort());
    for (const [index, name] of names.entries()) {
      expect(name).toMatch(new RegExp(`^${String(index + 1).padStart(4, '0')}-`));
    }
  });

  test('add to a ledger that has data, and are done once', async () => {
    await filled();
    let runs = 0;
    const more = {
      ...MIGRATIONS,
      '9999-more': {
        up: async (db: Parameters<(typeof MIGRATIONS)[string]['up']>[0]) => {
          runs += 1;
          await db.schema.alterTable('attempts').addColumn('note', 'text').execute();
        },
      },
    };
    for (let opening = 0; opening < 2; opening++) {
      const db = kyselyOver(openSqlite(path));
      await migrate(db, more);
      expect(await db.selectFrom('attempts').selectAll().execute()).toHaveLength(30);
      await db.destroy();
    }
    expect(runs).toBe(1);
  });

  test('find out what blobs earlier attempts need, and which of them are in W&B', async () => {
    const first = await createSqliteLedger({ path });
    await run(first, { makes: { frame: 'h' } });
    await uploadAll(first);
    const waiting = await begin(first, { task: { taskId: '2' } });
    await first.appendLog(waiting, [fileLogged('notes.txt', 'cd'.repeat(32), 7)]);
    await first.close();
    const handle = openSqlite(path);
    handle.exec("DROP TABLE attempt_blobs; DELETE FROM kysely_migration WHERE name >= '0007'");
    handle.close();
    const ledger = await createSqliteLedger({ path });
    expect(await ledger.neededBlobs(['ab'.repeat(32), 'cd'.repeat(32)])).toHaveProperty('size', 2);
    expect(await ledger.giveUpBlobs(1e12, 10)).toEqual(['ab'.repeat(32)]);
    await ledger.close();
  });

  test('that fail leave nothing behind, so that the earlier version still opens the ledger', async () => {
    await filled();
    const before = await tables();
    const failing = {
      ...MIGRATIONS,
      '9998-half': {
        up: async (db: Parameters<(typeof MIGRATIONS)[string]['up']>[0]) => {
          await db.schema.createTable('half').addColumn('id', 'text').execute();
          throw new Error('power cut');
        },
      },
    };
    const db = kyselyOver(openSqlite(path));
    await expect(migrate(db, failing)).rejects.toThrow('power cut');
    await db.destroy();
    expect(await tables()).toEqual(before);
    await (await createSqliteLedger({ path })).close();
  });
});
