import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/ports/ledger.js';
import { task } from '../support/builders.js';
import { begin, end, landed, run, uploadAll } from './ledger-scenario.js';

/** What a ledger promises of uploads. */
export function outboxContract(make: () => Promise<Ledger>): void {
  describe('handing out uploads', () => {
    test('a leased upload is not handed out again until its lease ends', async () => {
      const ledger = await make();
      const key = await run(ledger, {});
      expect(await ledger.claimUploads(1000, 500, 10)).toHaveLength(1);
      expect(await ledger.claimUploads(1499, 500, 10)).toHaveLength(0);
      const again = await ledger.claimUploads(1500, 500, 10);
      expect(again.map((upload) => upload.key)).toEqual([key]);
    });

    test('what is said to be under way is not handed out, though its lease has ended or it was begun anew', async () => {
      const ledger = await make();
      const key = await run(ledger, { outcome: 'crashed' });
      const other = await run(ledger, { task: { taskId: '2' } });
      expect(await ledger.claimUploads(1000, 500, 1)).toHaveLength(1);
      await run(ledger, {});
      const beside = await ledger.claimUploads(9000, 500, 1, '', [key]);
      expect(beside.map((upload) => upload.key)).toEqual([other]);
      const after = await ledger.claimUploads(9000, 500, 10);
      expect(after.map((upload) => upload.key)).toEqual([key]);
    });

    test('two claims at once never get the same upload', async () => {
      const ledger = await make();
      for (const taskId of ['1', '2', '3', '4']) await run(ledger, { task: { taskId } });
      const claims = await Promise.all([1, 2, 3].map(() => ledger.claimUploads(1000, 500, 2)));
      const keys = claims.flat().map((upload) => upload.key);
      expect(keys).toHaveLength(4);
      expect(new Set(keys).size).toBe(4);
    });

    test('leases of a process that is gone can be ended at once', async () => {
      const ledger = await make();
      await run(ledger, {});
      await ledger.claimUploads(1000, 1_000_000, 10);
      await ledger.releaseLeases();
      expect(await ledger.claimUploads(1000, 500, 10)).toHaveLength(1);
    });

    test('uploads come oldest first and no more than asked for', async () => {
      const ledger = await make();
      const keys = [];
      for (const taskId of ['9', '8', '7']) keys.push(await run(ledger, { task: { taskId } }));
      const first = await ledger.claimUploads(1000, 500, 2);
      expect(first.map((upload) => upload.key)).toEqual(keys.slice(0, 2));
    });

    test("a flow's backlog lets others have their turns", async () => {
      const ledger = await make();
      const flows = ['Big', 'Big', 'Big', 'Big', 'Big', '𝕏Small', 'Small', 'Small'];
      for (const [index, flowName] of flows.entries()) {
        await run(ledger, { task: { flowName, taskId: String(index) } });
      }
      const flowsOf = async (limit: number, after?: string) =>
        (await ledger.claimUploads(1000, 500, limit, after)).map(({ opened }) => opened.task.flowName);
      expect(await flowsOf(4)).toEqual(['Big', 'Small', '𝕏Small', 'Big']);
      // One place at a time: who was served last comes last.
      expect(await flowsOf(1, 'Big')).toEqual(['Small']);
      expect(await flowsOf(1, '𝕏Small')).toEqual(['Big']);
      expect(await flowsOf(9, 'Big')).toEqual(['Big', 'Big']);
    });

    test('what failed before steps back behind what is new', async () => {
      const ledger = await make();
      const poisoned = await run(ledger, { task: { taskId: '1' } });
      await ledger.claimUploads(1000, 500, 10);
      await ledger.settleRetry(poisoned, 'no', 2000);
      const healthy = await run(ledger, { task: { taskId: '2' } });
      const claimed = await ledger.claimUploads(2000, 500, 10);
      expect(claimed.map(({ key }) => key)).toEqual([healthy, poisoned]);
    });

    test('a retry waits for its time, counts its tries and says why', async () => {
      const ledger = await make();
      const key = await run(ledger, {});
      await ledger.claimUploads(1000, 500, 10);
      await ledger.settleRetry(key, 'W&B is down', 9000);
      expect(await ledger.claimUploads(8999, 500, 10)).toEqual([]);
      expect(await ledger.getAttempt(key)).toMatchObject({
        state: 'pending',
        tries: 1,
        lastError: 'W&B is down',
      });
      const [again] = await ledger.claimUploads(9000, 500, 10);
      expect(again?.tries).toBe(1);
    });

    test('a failed upload stays failed until somebody retries it or something above it', async () => {
      const ledger = await make();
      const key = await run(ledger, { task: { runId: '17', stepName: 'train', taskId: '5' } });
      await ledger.claimUploads(1000, 500, 10);
      await ledger.settleFailed(key, 'forbidden');
      expect(await ledger.claimUploads(1e9, 500, 10)).toEqual([]);
      expect(await ledger.counts()).toMatchObject({ failed: 1, pending: 0 });
      for (const other of ['TrainFlow/1', 'TrainFlow/17/tr', 'TrainFlow/17/train/5/0', 'trainflow', '']) {
        expect(await ledger.retryFailed(other), other).toBe(0);
      }
      expect(await ledger.retryFailed('TrainFlow/17')).toBe(1);
      const [again] = await ledger.claimUploads(1000, 500, 10);
      expect(again).toMatchObject({ key, tries: 0 });
    });

    test('retrying takes in what waits for its next try, too, but nothing that is being tried', async () => {
      const ledger = await make();
      const waiting = await run(ledger, { task: { taskId: '1' } });
      await ledger.claimUploads(1000, 500, 1);
      await ledger.settleRetry(waiting, 'unreachable', 1e9);
      await run(ledger, { task: { taskId: '2' } });
      await ledger.claimUploads(1000, 500, 1);
      expect(await ledger.retryFailed(null)).toBe(1);
      expect((await ledger.claimUploads(1000, 500, 10)).map(({ key }) => key)).toEqual([waiting]);
    });

    test('at start-up nothing waits for its next try', async () => {
      const ledger = await make();
      const key = await run(ledger, {});
      await ledger.claimUploads(1000, 500, 1);
      await ledger.settleRetry(key, 'no key', 1e9);
      await ledger.releaseLeases();
      expect(await ledger.claimUploads(1000, 500, 10)).toHaveLength(1);
    });

    test('an attempt that is held goes out when it is released, and only then', async () => {
      const ledger = await make();
      const key = await run(ledger, { destination: 'hold' });
      expect(await ledger.releaseHeld('OtherFlow', 'local')).toBe(0);
      expect(await ledger.releaseHeld('TrainFlow', 'local')).toBe(1);
      const [upload] = await ledger.claimUploads(1000, 500, 10);
      expect(upload).toMatchObject({ key, destination: 'local' });
    });

    test('retrying without naming anything takes in everything that failed', async () => {
      const ledger = await make();
      for (const taskId of ['1', '2', '3']) {
        const key = await run(ledger, { task: { taskId } });
        await ledger.claimUploads(1000, 500, 1);
        if (taskId !== '2') await ledger.settleFailed(key, 'forbidden');
      }
      expect(await ledger.retryFailed(null)).toBe(2);
    });

    test('an attempt that is to be held is kept and never handed out', async () => {
      const ledger = await make();
      const key = await run(ledger, { destination: 'hold' });
      expect(await ledger.claimUploads(1e9, 500, 10)).toEqual([]);
      expect((await ledger.getAttempt(key))?.state).toBe('held');
    });

    test('what landed is kept: URL, versions, problems, time', async () => {
      const ledger = await make();
      const key = await run(ledger, { makes: { frame: 'h' } });
      await ledger.claimUploads(1000, 500, 10);
      await ledger.settleUploaded(key, { ...landed(['frame']), problems: ['tag left out'] });
      const detail = await ledger.getAttempt(key);
      expect(detail).toMatchObject({
        state: 'done',
        tries: 1,
        lastError: '',
        url: landed([]).url,
        problems: ['tag left out'],
        uploadedAtMs: 5000,
      });
      expect(detail?.variables[0]?.artifact).toEqual(landed(['frame']).artifacts[0]);
    });

    test('an upload that ends after its attempt was begun anew settles nothing', async () => {
      const ledger = await make();
      const doing = { makes: { frame: 'h' }, outcome: 'crashed' as const };
      const key = await run(ledger, doing);
      await ledger.claimUploads(1000, 500, 10);
      await begin(ledger, doing);
      await ledger.settleUploaded(key, landed(['frame']));
      expect((await ledger.getAttempt(key))?.state).toBe('open');
      await end(ledger, key, { ...doing, outcome: 'ok' });
      await ledger.settleFailed(key, 'too late');
      await ledger.settleRetry(key, 'too late', 1e9);
      const detail = await ledger.getAttempt(key);
      expect(detail).toMatchObject({ state: 'pending', tries: 0, lastError: '' });
    });
  });

  describe('the order of uploads', () => {
    const maker = task({ stepName: 'make', taskId: '1' });
    const makes = { task: maker, makes: { frame: 'h' } };
    const reader = {
      task: { stepName: 'use', taskId: '2' },
      reads: [{ name: 'frame', hash: 'h', from: maker }],
    };

    test('a reader waits for the maker of what it read, and then uses the very version', async () => {
      const ledger = await make();
      const makerKey = await run(ledger, makes);
      const readerKey = await run(ledger, reader);
      const first = await ledger.claimUploads(1000, 500, 10);
      expect(first.map((upload) => upload.key)).toEqual([makerKey]);
      await ledger.settleUploaded(makerKey, landed(['frame']));
      const [second] = await ledger.claimUploads(1000, 500, 10);
      expect(second).toMatchObject({
        key: readerKey,
        uses: [{ name: 'frame', qualifiedName: 'ada/flows/frame:v0' }],
      });
    });

    test('a reader waits while the maker is tried again, and goes on without the edge once it failed', async () => {
      const ledger = await make();
      const makerKey = await run(ledger, makes);
      const readerKey = await run(ledger, reader);
      await ledger.claimUploads(1000, 500, 10);
      await ledger.settleRetry(makerKey, 'down', 9000);
      expect(await ledger.claimUploads(1000, 500, 10)).toEqual([]);
      await ledger.claimUploads(9000, 500, 10);
      await ledger.settleFailed(makerKey, 'forbidden');
      const [next] = await ledger.claimUploads(9000, 500, 10);
      expect(next).toMatchObject({ key: readerKey, uses: [] });
    });

    test('hundreds that wait for one maker keep nobody else, and go once it has landed', async () => {
      const ledger = await make();
      const makerKey = await run(ledger, makes);
      for (let taskId = 2; taskId < 302; taskId++) {
        await run(ledger, { ...reader, task: { stepName: 'use', taskId: String(taskId) } });
      }
      const free = await run(ledger, { task: { stepName: 'free', taskId: '0' } });
      const claimed = await ledger.claimUploads(1000, 500, 10);
      expect(claimed.map((upload) => upload.key)).toEqual([makerKey, free]);
      expect(await ledger.claimUploads(1000, 500, 10)).toEqual([]);
      await ledger.settleUploaded(makerKey, landed(['frame']));
      expect(await ledger.claimUploads(1000, 500, 2000)).not.toEqual([]);
    });

    test('a reader goes once its maker, begun anew, goes elsewhere', async () => {
      const ledger = await make();
      await run(ledger, { ...makes, outcome: 'crashed' });
      const readerKey = await run(ledger, reader);
      expect(await ledger.claimUploads(1000, 500, 1)).toHaveLength(1);
      expect(await ledger.claimUploads(1000, 500, 1)).toEqual([]);
      await begin(ledger, { ...makes, destination: 'hold' });
      const [next] = await ledger.claimUploads(1000, 500, 1);
      expect(next?.key).toBe(readerKey);
    });

    test('a reader goes once its maker turns out to be another one', async () => {
      const ledger = await make();
      const source = task({ stepName: 'between', taskId: '9' });
      // As long as nobody knows what the task between did, the one that made such a value is the maker.
      await run(ledger, makes);
      const from = [{ name: 'frame', hash: 'h', from: source }];
      const readerKey = await run(ledger, { ...reader, reads: from });
      await ledger.claimUploads(1000, 500, 1);
      expect(await ledger.claimUploads(1000, 500, 1)).toEqual([]);
      await run(ledger, { task: source, makes: { frame: 'h' }, destination: 'hold' });
      const [next] = await ledger.claimUploads(1000, 500, 1);
      expect(next?.key).toBe(readerKey);
    });

    test('a reader waits for a maker that crashed and is being run anew', async () => {
      const ledger = await make();
      const makerKey = await run(ledger, { ...makes, outcome: 'crashed' });
      const readerKey = await run(ledger, reader);
      await begin(ledger, makes);
      expect(await ledger.claimUploads(1000, 500, 10)).toEqual([]);
      await end(ledger, makerKey, makes);
      expect(await uploadAll(ledger)).toEqual([makerKey, readerKey]);
    });

    test('a reader waits for no maker that is held or goes elsewhere, and gets no edge to it', async () => {
      for (const destination of ['hold', 'local'] as const) {
        const ledger = await make();
        await run(ledger, { ...makes, destination });
        const readerKey = await run(ledger, reader);
        const claimed = await ledger.claimUploads(1000, 500, 10);
        expect(claimed.find((upload) => upload.key === readerKey)?.uses).toEqual([]);
        await uploadAll(ledger, 5000);
        expect(await ledger.claimLinks(10)).toEqual([]);
      }
    });

    test('a version in another W&B is never used', async () => {
      const ledger = await make();
      await run(ledger, { ...makes, destination: 'local' });
      await uploadAll(ledger);
      const readerKey = await run(ledger, reader);
      const [claimed] = await ledger.claimUploads(1000, 500, 10);
      expect(claimed).toMatchObject({ key: readerKey, uses: [] });
      await ledger.settleUploaded(readerKey, landed([]));
      expect(await ledger.claimLinks(10)).toEqual([]);
    });

    test('a maker whose variable is no artifact gives no edge', async () => {
      const ledger = await make();
      const makerKey = await run(ledger, makes);
      await run(ledger, reader);
      await ledger.claimUploads(1000, 500, 10);
      await ledger.settleUploaded(makerKey, landed([]));
      const [next] = await ledger.claimUploads(1000, 500, 10);
      expect(next?.uses).toEqual([]);
    });
  });
}
