import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/ports/ledger.js';
import { task } from '../support/builders.js';
import { MAKE, made, maker, makersOf, middle, readsFrom } from './ledger-lineage-scenario.js';
import { begin, end, landed, run, uploadAll } from './ledger-scenario.js';

/** What a ledger promises of lineage that becomes known late, and of drawing it. */
export function lateLineageContract(make: () => Promise<Ledger>): void {
  describe('late lineage', () => {
    test('a source that comes after its reader gives the edge then, also through what was passed on', async () => {
      const ledger = await make();
      const passesOn = { task: middle, passesOn: [{ name: 'frame', hash: 'h1', from: maker }] };
      await run(ledger, passesOn);
      const reader = await run(ledger, readsFrom(middle));
      const direct = await run(ledger, { ...readsFrom(maker), task: { stepName: 'use', taskId: '4' } });
      expect(await makersOf(ledger, reader)).toEqual({ frame: null });
      expect(await uploadAll(ledger)).toHaveLength(3);
      await run(ledger, made);
      expect(await makersOf(ledger, reader)).toEqual({ frame: MAKE });
      expect(await makersOf(ledger, direct)).toEqual({ frame: MAKE });
      expect(await ledger.claimLinks(10)).toEqual([]);
      await uploadAll(ledger);
      const links = await ledger.claimLinks(10);
      expect(links.map((link) => link.key).sort()).toEqual([reader, direct].sort());
      expect(links[0]).toMatchObject({
        destination: 'wandb',
        entity: 'ada',
        project: 'flows',
        uses: [{ name: 'frame', qualifiedName: 'ada/flows/frame:v0' }],
      });
    });

    test('an edge is handed out until it is drawn, and never after', async () => {
      const ledger = await make();
      const reader = await run(ledger, readsFrom(maker));
      await uploadAll(ledger);
      await run(ledger, made);
      await uploadAll(ledger);
      expect(await ledger.claimLinks(10)).toHaveLength(1);
      expect(await ledger.claimLinks(10)).toHaveLength(1);
      expect(await ledger.countDueLinks()).toBe(1);
      await ledger.settleLinks(reader, ['frame']);
      expect(await ledger.claimLinks(10)).toEqual([]);
      expect(await ledger.countDueLinks()).toBe(0);
      expect((await ledger.getAttempt(reader))?.reads[0]).toMatchObject({
        drawn: true,
        artifact: 'ada/flows/frame:v0',
      });
    });

    test('an edge drawn with the upload is not handed out again', async () => {
      const ledger = await make();
      await run(ledger, made);
      await run(ledger, readsFrom(maker));
      await uploadAll(ledger);
      expect(await ledger.countDueLinks()).toBe(0);
      expect(await ledger.claimLinks(10)).toEqual([]);
    });

    test('an edge that became possible during an upload is not taken for drawn by it', async () => {
      const ledger = await make();
      const other = task({ stepName: 'make', taskId: '8' });
      await run(ledger, { task: other, makes: { frame: 'h8' } });
      await uploadAll(ledger);
      const reader = await run(ledger, {
        task: { stepName: 'join', taskId: '9' },
        reads: [
          { name: 'frame', hash: 'h1', from: maker },
          { name: 'frame', hash: 'h8', from: other },
        ],
      });
      const [claimed] = await ledger.claimUploads(10_000, 60_000, 1);
      expect(claimed?.uses).toHaveLength(1);
      const makerKey = await run(ledger, made);
      await ledger.claimUploads(10_000, 60_000, 1);
      const version = { ...landed(['frame']).artifacts[0], qualifiedName: 'ada/flows/frame:v7' };
      await ledger.settleUploaded(makerKey, { ...landed([]), artifacts: [version as never] });
      await ledger.settleUploaded(reader, landed([], ['frame']));
      const [link] = await ledger.claimLinks(10);
      expect(link?.uses).toEqual([{ name: 'frame', qualifiedName: 'ada/flows/frame:v7' }]);
    });

    test('an edge to a maker that landed long ago is handed out once the step between is heard of', async () => {
      const ledger = await make();
      await run(ledger, made);
      const reader = await run(ledger, readsFrom(middle, 'pickled-anew'));
      await uploadAll(ledger);
      const passesOn = [{ name: 'frame', hash: 'pickled-anew', from: maker }];
      await run(ledger, { task: middle, passesOn });
      expect((await ledger.claimLinks(10)).map((link) => link.key)).toEqual([reader]);
    });

    test('an edge to a maker that was retried and landed during the upload is handed out after it', async () => {
      const ledger = await make();
      const makerKey = await run(ledger, made);
      const reader = await run(ledger, readsFrom(maker));
      await ledger.claimUploads(10_000, 60_000, 1);
      await ledger.settleFailed(makerKey, 'forbidden');
      await ledger.claimUploads(10_000, 60_000, 1);
      await ledger.retryFailed(null);
      await uploadAll(ledger);
      await ledger.settleUploaded(reader, landed([]));
      expect((await ledger.claimLinks(10)).map((link) => link.key)).toEqual([reader]);
    });

    test('edges that are never settled do not keep others from being handed out', async () => {
      const ledger = await make();
      for (const taskId of ['5', '6', '7']) await run(ledger, { ...readsFrom(maker), task: { taskId } });
      await uploadAll(ledger);
      await run(ledger, made);
      await uploadAll(ledger);
      const offered = [];
      for (let round = 0; round < 3; round++) offered.push(...(await ledger.claimLinks(1)));
      expect(new Set(offered.map((link) => link.key)).size).toBe(3);
    });

    test('what its source says takes the place of a guess, unless the edge is drawn', async () => {
      const ledger = await make();
      await run(ledger, made);
      const doing = readsFrom(middle);
      const reader = await run(ledger, doing);
      expect(await makersOf(ledger, reader)).toEqual({ frame: MAKE });
      const key = await begin(ledger, { task: middle, makes: { frame: 'h1' } });
      await end(ledger, key, { makes: { frame: 'h1' } });
      expect(await makersOf(ledger, reader)).toEqual({ frame: 'TrainFlow/17/middle/2' });
    });

    test('an edge that is drawn stays as it was drawn', async () => {
      const ledger = await make();
      await run(ledger, made);
      const reader = await run(ledger, readsFrom(middle));
      await uploadAll(ledger);
      await run(ledger, { task: middle, makes: { frame: 'h1' } });
      await uploadAll(ledger);
      expect(await makersOf(ledger, reader)).toEqual({ frame: MAKE });
      expect(await ledger.claimLinks(10)).toEqual([]);
    });

    test('an edge is handed out only once its reader is in W&B', async () => {
      const ledger = await make();
      const reader = await run(ledger, readsFrom(maker));
      await ledger.claimUploads(10_000, 60_000, 1);
      await ledger.settleFailed(reader, 'forbidden');
      await run(ledger, made);
      await uploadAll(ledger);
      expect(await ledger.claimLinks(10)).toEqual([]);
      await ledger.retryFailed(null);
      const [upload] = await ledger.claimUploads(10_000, 60_000, 1);
      expect(upload?.uses).toHaveLength(1);
    });

    test('an edge that an earlier try was given and the last was not is not taken for drawn', async () => {
      const ledger = await make();
      const [a, b] = ['1', '2'].map((taskId) => task({ stepName: 'make', taskId }));
      if (!a || !b) throw new Error('unreachable');
      const makesA = { task: a, makes: { frame: 'ha' } };
      await run(ledger, { ...makesA, outcome: 'crashed' });
      await run(ledger, { task: b, makes: { other: 'x', frame: 'hb' } });
      await uploadAll(ledger);
      const reads = [a, b].map((from) => ({ name: 'frame', hash: from === a ? 'ha' : 'hb', from }));
      const reader = await run(ledger, { task: { taskId: '3' }, reads });
      await ledger.claimUploads(10_000, 60_000, 1);
      await ledger.settleRetry(reader, 'down', 0);
      const keyA = await run(ledger, makesA);
      await ledger.claimUploads(10_000, 60_000, 1);
      await ledger.settleFailed(keyA, 'forbidden');
      const [second] = await ledger.claimUploads(10_000, 60_000, 1);
      expect(second).toMatchObject({ key: reader, uses: [{ name: 'frame' }] });
      await ledger.settleUploaded(reader, landed([], ['frame']));
      await ledger.retryFailed(null);
      await uploadAll(ledger);
      expect((await ledger.claimLinks(10)).map((link) => link.key)).toEqual([reader]);
    });
  });
}
