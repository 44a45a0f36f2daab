import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/ports/ledger.js';
import { task } from '../support/builders.js';
import { MAKE, made, maker, makersOf, middle, readsFrom } from './ledger-lineage-scenario.js';
import { begin, ending, run, uploadAll } from './ledger-scenario.js';

/** What a ledger promises of attempts that are recorded for lineage alone. */
export function unloggedContract(make: () => Promise<Ledger>): void {
  describe('an attempt that is recorded for lineage alone', () => {
    const unlogged = { task: middle, destination: 'none' } as const;

    test('is never uploaded, held or retried, and counts as neither waiting nor failed', async () => {
      const ledger = await make();
      const key = await run(ledger, { ...unlogged, makes: { frame: 'h2' } });
      expect(await ledger.counts()).toMatchObject({ pending: 0, held: 0, failed: 0, unlogged: 1 });
      expect(await uploadAll(ledger)).toEqual([]);
      expect(await ledger.retryFailed(null)).toBe(0);
      expect(await ledger.releaseHeld(null, 'wandb')).toBe(0);
      expect(await ledger.oldestPendingAtMs()).toBeNull();
      expect(await ledger.getAttempt(key)).toMatchObject({ state: 'unlogged', outcome: 'ok' });
    });

    test('passes on, with another hash too, what keeps its maker', async () => {
      const ledger = await make();
      await run(ledger, made);
      await run(ledger, { ...unlogged, passesOn: [{ name: 'frame', hash: 'pickled-anew', from: maker }] });
      const reader = await run(ledger, readsFrom(middle, 'pickled-anew'));
      expect(await makersOf(ledger, reader)).toEqual({ frame: MAKE });
    });

    test('ends the lineage of what it replaces, byte for byte the same or not', async () => {
      const ledger = await make();
      await run(ledger, made);
      await run(ledger, { ...unlogged, makes: { frame: 'h1' } });
      const reader = await run(ledger, readsFrom(middle));
      expect(await makersOf(ledger, reader)).toEqual({ frame: 'TrainFlow/17/middle/2' });
      await uploadAll(ledger);
      expect((await ledger.getAttempt(reader))?.reads[0]).toMatchObject({ artifact: null, drawn: false });
      expect(await ledger.claimLinks(10)).toEqual([]);
    });

    test('keeps nobody waiting, even while it is open', async () => {
      const ledger = await make();
      await begin(ledger, { ...unlogged, makes: { frame: 'h2' } });
      const reader = await run(ledger, readsFrom(middle, 'h2'));
      expect(await uploadAll(ledger)).toEqual([reader]);
    });

    test('is settled as that when its task crashes', async () => {
      const ledger = await make();
      const key = await begin(ledger, unlogged);
      await ledger.closeAttempt(key, ending('crashed'), []);
      expect(await ledger.getAttempt(key)).toMatchObject({ state: 'unlogged', outcome: 'crashed' });
    });
  });

  test('of an attempt it is known what it passed on, from where, and who made it', async () => {
    const ledger = await make();
    const makerKey = await run(ledger, made);
    const unknown = task({ stepName: 'never-heard-of', taskId: '8' });
    const key = await run(ledger, {
      task: middle,
      destination: 'none',
      makes: { own: 'h2' },
      passesOn: [
        { name: 'frame', hash: 'h1', from: maker },
        { name: 'other', hash: 'h3', from: unknown },
      ],
    });
    await uploadAll(ledger);
    const detail = await ledger.getAttempt(key);
    expect(detail?.passedOn).toEqual([
      {
        ...{ name: 'frame', sourcePathspec: MAKE, makerKey, makerPathspec: MAKE },
        artifact: 'ada/flows/frame:v0',
      },
      {
        ...{ name: 'other', sourcePathspec: 'TrainFlow/17/never-heard-of/8' },
        ...{ makerKey: null, makerPathspec: null, artifact: null },
      },
    ]);
    expect(detail?.layers).toMatchObject({ flow: [], with: [] });
    expect((await ledger.getAttempt(makerKey))?.layers).toBeNull();
  });

  test('what was read of another flow, from a task that nobody logged, has the maker in that flow', async () => {
    const ledger = await make();
    const prepared = { flowName: 'Prepare', runId: '3' };
    await run(ledger, { ...made, task: { ...maker, ...prepared } });
    await run(ledger, made);
    const from = task({ ...prepared, stepName: 'end', taskId: '9' });
    expect(await makersOf(ledger, await run(ledger, readsFrom(from)))).toEqual({
      frame: 'Prepare/3/make/1',
    });
  });
}
