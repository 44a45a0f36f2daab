import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kysely, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kyselyOver } from '../../../src/ledger/dialect.js';
import { GroupCommit } from '../../../src/ledger/group-commit.js';
import { openSqlite, type SqliteHandle } from '../../../src/ledger/sqlite-handle.js';

let dir: string;
let handle: SqliteHandle;
let db: Kysely<{ notes: { id: number; text: string } }>;
let group: GroupCommit<{ notes: { id: number; text: string } }>;
let commits: number;
let onCommit: () => void;
/** What the group's clock shows: it stands still unless a test moves it. */
let nowMs: number;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'group-'));
  commits = 0;
  onCommit = () => undefined;
  handle = openSqlite(join(dir, 'ledger.db'));
  handle.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)');
  db = kyselyOver(watched(handle)) as never;
  nowMs = 0;
  group = new GroupCommit(db, () => nowMs);
});

afterEach(async () => {
  await db.destroy();
  await rm(dir, { recursive: true });
});

/** Tells of each commit before it happens. */
function watched(inner: SqliteHandle): SqliteHandle {
  return {
    exec: (text) => inner.exec(text),
    close: () => inner.close(),
    prepare: (text) => {
      const statement = inner.prepare(text);
      if (text !== 'commit') return statement;
      return {
        columns: () => [],
        all: () => [],
        iterate: () => [][Symbol.iterator](),
        run: () => {
          onCommit();
          commits += 1;
          return statement.run();
        },
      };
    },
  };
}

function add(id: number, { text = 'note', takesMs = 0 } = {}): Promise<unknown> {
  return group.write((trx) => {
    nowMs += takesMs;
    return trx.insertInto('notes').values({ id, text }).execute();
  });
}

async function ids(): Promise<number[]> {
  const rows = await db.selectFrom('notes').select('id').orderBy('id').execute();
  return rows.map((row) => row.id);
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('group commit', () => {
  test('writes of one moment share one commit', async () => {
    await Promise.all(range(100).map((id) => add(id)));
    expect(commits).toBe(1);
    expect(await ids()).toHaveLength(100);
  });

  test('a group grows with the time that the disk takes, and who is in it hears before the others are written', async () => {
    const flushMs = 10;
    onCommit = () => {
      nowMs += flushMs;
    };
    await add(1000);
    const heardOf: number[] = [];
    onCommit = () => {
      nowMs += flushMs;
      heardOf.push(heard.length);
    };
    const heard: number[] = [];
    await Promise.all(range(50).map((id) => add(id, { takesMs: 4 }).then(() => heard.push(id))));
    expect(heardOf).toEqual([0, 20, 40]);
  });

  test('nobody hears of a write before its commit', async () => {
    const heard: number[] = [];
    let heardAtCommit: number | undefined;
    onCommit = () => {
      heardAtCommit = heard.length;
    };
    await Promise.all(range(10).map((id) => add(id).then(() => heard.push(id))));
    expect(heardAtCommit).toBe(0);
    expect(heard).toHaveLength(10);
  });

  test('a write that fails is undone as a whole and alone', async () => {
    const failing = group.write(async (trx) => {
      await trx.insertInto('notes').values({ id: 50, text: 'half' }).execute();
      throw new Error('changed my mind');
    });
    const results = await Promise.allSettled([add(1), add(1), failing, add(2)]);
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(await ids()).toEqual([1, 2]);
  });

  test('where the commit fails, every write of the group fails and later ones work', async () => {
    onCommit = () => {
      throw new Error('I/O error');
    };
    const results = await Promise.allSettled([add(1), add(2)]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    onCommit = () => undefined;
    await add(3);
    expect(await ids()).toEqual([3]);
  });

  test('a full disk fails what does not fit, loses nothing acknowledged, and is got over', async () => {
    await add(1);
    const page = await sql<{ page_count: number }>`pragma page_count`.execute(db);
    handle.exec(`PRAGMA max_page_count=${(page.rows[0]?.page_count ?? 0) + 4}`);
    const large = 'x'.repeat(1_000_000);
    const results = await Promise.allSettled([add(2), add(3, { text: large }), add(4)]);
    expect(results[1]).toMatchObject({ status: 'rejected', reason: { errcode: 13 } });
    const acknowledged = [2, 3, 4].filter((_, index) => results[index]?.status === 'fulfilled');
    expect(await ids()).toEqual([1, ...acknowledged]);
    handle.exec('PRAGMA max_page_count=1000000');
    await add(5, { text: large });
    expect(await ids()).toEqual([1, ...acknowledged, 5]);
  });

  test('reads never see what is not committed', async () => {
    const adding = Promise.all(range(50).map((id) => add(id)));
    const seen = [];
    for (let look = 0; look < 20; look++) seen.push((await ids()).length);
    await adding;
    expect(new Set([...seen, 0, 50])).toEqual(new Set([0, 50]));
  });

  test('more waiting writes than are bearable are refused instead of kept', async () => {
    const results = await Promise.allSettled(range(10_050).map((id) => add(id)));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(50);
    expect(refused[0]).toMatchObject({ reason: { code: 'unavailable' } });
    expect(await ids()).toHaveLength(10_000);
  });
});
