import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/ports/ledger.js';
import { task } from '../support/builders.js';
import { MAKE, made, maker, makersOf, middle, readsFrom } from './ledger-lineage-scenario.js';
import { begin, run } from './ledger-scenario.js';

/** What a ledger promises of lineage. */
export function lineageContract(make: () => Promise<Ledger>): void {
  describe('lineage', () => {
    test('what was read from its maker has that maker', async () => {
      const ledger = await make();
      await run(ledger, made);
      expect(await makersOf(ledger, await run(ledger, readsFrom(maker)))).toEqual({ frame: MAKE });
    });

    test('what a step passed on, pickled anew or not, has the maker it had there', async () => {
      for (const hash of ['h1', 'pickled-anew']) {
        const ledger = await make();
        await run(ledger, made);
        await run(ledger, { task: middle, passesOn: [{ name: 'frame', hash, from: maker }] });
        const reader = await run(ledger, readsFrom(middle, hash));
        expect(await makersOf(ledger, reader)).toEqual({ frame: MAKE });
      }
    });

    test('what a step replaced has that step as its maker', async () => {
      const ledger = await make();
      await run(ledger, made);
      await run(ledger, { task: middle, makes: { frame: 'h2' }, reads: readsFrom(maker).reads });
      const reader = await run(ledger, readsFrom(middle, 'h2'));
      expect(await makersOf(ledger, reader)).toEqual({ frame: 'TrainFlow/17/middle/2' });
    });

    test('a source that held something else than what was read gives no edge', async () => {
      const ledger = await make();
      await run(ledger, made);
      expect(await makersOf(ledger, await run(ledger, readsFrom(maker, 'other')))).toEqual({ frame: null });
    });

    test('through a step that nobody logged, the only maker of that content is found', async () => {
      const ledger = await make();
      await run(ledger, made);
      expect(await makersOf(ledger, await run(ledger, readsFrom(middle)))).toEqual({ frame: MAKE });
    });

    test('through a step that nobody logged, several makers of that content give no edge', async () => {
      const ledger = await make();
      await run(ledger, made);
      await run(ledger, { task: { stepName: 'make', taskId: '9' }, makes: { frame: 'h1' } });
      expect(await makersOf(ledger, await run(ledger, readsFrom(middle)))).toEqual({ frame: null });
    });

    test('attempts of one task are one maker: the last', async () => {
      const ledger = await make();
      await run(ledger, { ...made, outcome: 'failed' });
      const retried = await run(ledger, { ...made, task: { ...maker, attempt: 1 } });
      const detail = await ledger.getAttempt(await run(ledger, readsFrom(middle)));
      expect(detail?.reads[0]?.makerKey).toBe(retried);
    });

    test('equal content of another flow, run or installation is no maker', async () => {
      const ledger = await make();
      for (const other of [{ flowName: 'Other' }, { runId: '18' }, { metadataProvider: 'service@x' }]) {
        await run(ledger, { ...made, task: { ...maker, ...other } });
      }
      expect(await makersOf(ledger, await run(ledger, readsFrom(middle)))).toEqual({ frame: null });
    });

    test('a resumed run finds the maker in the run that it resumes, over several resumes', async () => {
      const ledger = await make();
      await run(ledger, made);
      const second = { task: { runId: '18', stepName: 'x', taskId: '1' }, opened: { originRunId: '17' } };
      await run(ledger, second);
      const cloned = task({ runId: '19', stepName: 'make', taskId: '1' });
      const reader = await run(ledger, {
        task: { runId: '19', stepName: 'use', taskId: '2' },
        opened: { originRunId: '18' },
        reads: [{ name: 'frame', hash: 'h1', from: cloned }],
      });
      expect(await makersOf(ledger, reader)).toEqual({ frame: MAKE });
    });

    test('a task that makes what it read, byte for byte, does not count as its own maker', async () => {
      const ledger = await make();
      await run(ledger, made);
      const again = await run(ledger, { ...readsFrom(middle), makes: { frame: 'h1' } });
      expect(await makersOf(ledger, again)).toEqual({ frame: MAKE });
    });

    test('a join that reads one name from two branches has both makers', async () => {
      const ledger = await make();
      const left = task({ stepName: 'left', taskId: '1' });
      const right = task({ stepName: 'right', taskId: '2' });
      await run(ledger, { task: left, makes: { frame: 'l' } });
      await run(ledger, { task: right, makes: { frame: 'r' } });
      const join = await run(ledger, {
        task: { stepName: 'join', taskId: '3' },
        reads: [
          { name: 'frame', hash: 'l', from: left },
          { name: 'frame', hash: 'r', from: right },
        ],
      });
      const detail = await ledger.getAttempt(join);
      expect(detail?.reads.map((read) => [read.sourcePathspec, read.makerPathspec])).toEqual([
        ['TrainFlow/17/left/1', 'TrainFlow/17/left/1'],
        ['TrainFlow/17/right/2', 'TrainFlow/17/right/2'],
      ]);
    });

    test('a crashed maker without content hashes is still the maker', async () => {
      const ledger = await make();
      const key = await begin(ledger, made);
      await ledger.closeAttempt(
        key,
        { outcome: 'crashed', exception: null, willRetry: false, endedAtUs: 1 },
        [],
      );
      expect(await makersOf(ledger, await run(ledger, readsFrom(maker)))).toEqual({ frame: MAKE });
    });
  });
}
