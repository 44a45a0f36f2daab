import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attemptKey } from '../../src/domain/identity.js';
import { createMemoryLedger } from '../../src/ledger/memory-ledger.js';
import { createSqliteLedger } from '../../src/ledger/sqlite-ledger.js';
import type { Ledger } from '../../src/ports/ledger.js';
import { task } from '../support/builders.js';
import { type DagTask, dags, type Played, play } from '../support/lineage-dag.js';
import { run, uploadAll } from './ledger-scenario.js';

const taskOf = (index: number) => task({ stepName: `step${index}`, taskId: String(index) });
const keyOf = (index: number) => attemptKey(taskOf(index));

/** A random flow, and the order in which the ledger hears of its tasks: spooled ones come late. */
const heardInAnyOrder = (decorated: fc.Arbitrary<boolean>) =>
  dags(decorated).chain((dag) =>
    fc.record({
      dag: fc.constant(dag),
      order: fc.shuffledSubarray([...dag.keys()], { minLength: dag.length, maxLength: dag.length }),
    }),
  );

/** Tells a ledger of a flow, in that order. */
async function tell(ledger: Ledger, dag: readonly DagTask[], order: readonly number[]): Promise<Played[][]> {
  const history = play(dag, false);
  for (const index of order) {
    const played = history[index];
    if (!played || !dag[index]?.decorated) continue;
    await run(ledger, {
      task: taskOf(index),
      makes: Object.fromEntries(
        played.flatMap(({ name, made, held }) => (made && held ? [[name, held.hash]] : [])),
      ),
      passesOn: played.flatMap(({ name, made, held, source }) =>
        !made && held && source ? [{ name, hash: held.hash, from: taskOf(source.task) }] : [],
      ),
      reads: played.flatMap(({ name, read, source }) =>
        read && source ? [{ name, hash: source.hash, from: taskOf(source.task) }] : [],
      ),
    });
  }
  return history;
}

test('in whatever order tasks are heard of, each read ends with its true maker', async () => {
  await fc.assert(
    fc.asyncProperty(heardInAnyOrder(fc.constant(true)), async ({ dag, order }) => {
      const ledger = createMemoryLedger();
      const history = await tell(ledger, dag, order);
      for (const { task: index, name, read, source } of history.flat()) {
        if (!read || !source) continue;
        const detail = await ledger.getAttempt(keyOf(index));
        const found = detail?.reads.find((row) => row.name === name)?.makerKey;
        expect(found).toBe(keyOf(source.trueMaker));
      }
    }),
    { numRuns: 300 },
  );
});

test('in whatever order tasks are heard of, all are uploaded, makers that were heard of first', async () => {
  await fc.assert(
    fc.asyncProperty(heardInAnyOrder(fc.boolean()), async ({ dag, order }) => {
      const ledger = createMemoryLedger();
      await tell(ledger, dag, order);
      const heard = order.filter((index) => dag[index]?.decorated).map(keyOf);
      const uploaded = await uploadAll(ledger);
      expect([...uploaded].sort()).toEqual([...heard].sort());
      for (const key of heard) {
        for (const { makerKey } of (await ledger.getAttempt(key))?.reads ?? []) {
          if (makerKey === null || heard.indexOf(makerKey) > heard.indexOf(key)) continue;
          expect(uploaded.indexOf(makerKey)).toBeLessThan(uploaded.indexOf(key));
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('the ledgers in SQLite and in memory come to the same', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'ledger-'));
  let number = 0;
  await fc.assert(
    fc.asyncProperty(heardInAnyOrder(fc.boolean()), async ({ dag, order }) => {
      const memory = createMemoryLedger();
      const sqlite = await createSqliteLedger({ path: join(dir, `${number++}.db`) });
      const seen = [];
      for (const ledger of [memory, sqlite]) {
        await tell(ledger, dag, order);
        const uploaded = await uploadAll(ledger);
        const details = await Promise.all(order.map((index) => ledger.getAttempt(keyOf(index))));
        const readers = await Promise.all(order.map((index) => ledger.listReaders(keyOf(index), 100)));
        const links = await ledger.claimLinks(100);
        seen.push({ uploaded, details, readers, links, flows: await ledger.listFlows(10) });
      }
      await sqlite.close();
      expect(seen[1]).toEqual(seen[0]);
    }),
    { numRuns: 25 },
  );
  await rm(dir, { recursive: true });
});
