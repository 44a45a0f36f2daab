import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/ports/ledger.js';
import { task } from '../support/builders.js';
import { begin, landed, loggedArtifact, run, uploadAll } from './ledger-scenario.js';

/** What a ledger promises to those who look at it. */
export function readModelContract(make: () => Promise<Ledger>): void {
  /** Two runs of one flow and one of another; the last is open. */
  async function fill(ledger: Ledger): Promise<void> {
    await run(ledger, { task: { runId: '1', taskId: '1' }, openedAtMs: 100 });
    await run(ledger, { task: { runId: '1', taskId: '2' }, openedAtMs: 200 });
    await run(ledger, { task: { flowName: 'Other', runId: '1' }, openedAtMs: 300 });
    await uploadAll(ledger);
    await run(ledger, { task: { runId: '10', taskId: '1' }, openedAtMs: 400, destination: 'hold' });
    await begin(ledger, { task: { runId: '10', taskId: '2' }, openedAtMs: 500 });
  }

  describe('looking', () => {
    test('an empty ledger has nothing to show', async () => {
      const ledger = await make();
      expect(await ledger.counts()).toEqual({
        open: 0,
        held: 0,
        pending: 0,
        done: 0,
        failed: 0,
        unlogged: 0,
      });
      expect(await ledger.listFlows(10)).toEqual([]);
      expect(await ledger.listRuns(null, 10)).toEqual([]);
      expect(await ledger.listAttempts({ pathspecPrefix: null, state: null }, 10)).toEqual([]);
      expect(await ledger.oldestPendingAtMs()).toBeNull();
      expect(await ledger.findLogger('ada/flows/frame:v0')).toBeNull();
    });

    test('states are counted', async () => {
      const ledger = await make();
      await fill(ledger);
      expect(await ledger.counts()).toEqual({
        open: 1,
        held: 1,
        pending: 0,
        done: 3,
        failed: 0,
        unlogged: 0,
      });
    });

    test('flows and runs come newest first with their counts, as many as asked for', async () => {
      const ledger = await make();
      await fill(ledger);
      expect(await ledger.listFlows(10)).toEqual([
        { flowName: 'TrainFlow', runs: 2, attempts: 4, lastOpenedAtMs: 500 },
        { flowName: 'Other', runs: 1, attempts: 1, lastOpenedAtMs: 300 },
      ]);
      expect(await ledger.listFlows(1)).toHaveLength(1);
      const runs = await ledger.listRuns(null, 10);
      expect(runs.map((row) => [row.flowName, row.runId])).toEqual([
        ['TrainFlow', '10'],
        ['Other', '1'],
        ['TrainFlow', '1'],
      ]);
      expect(runs[0]).toEqual({
        flowName: 'TrainFlow',
        runId: '10',
        attempts: 2,
        states: { open: 1, held: 1, pending: 0, done: 0, failed: 0, unlogged: 0 },
        lastOpenedAtMs: 500,
      });
      expect(await ledger.listRuns('Other', 10)).toHaveLength(1);
      expect(await ledger.listRuns('Nope', 10)).toEqual([]);
    });

    test('attempts are found by whole parts of their pathspec and by state, newest first', async () => {
      const ledger = await make();
      await fill(ledger);
      const taskIds = async (pathspecPrefix: string | null, state: 'done' | null = null) =>
        (await ledger.listAttempts({ pathspecPrefix, state }, 10)).map((row) => row.pathspec);
      expect(await taskIds('TrainFlow/1')).toEqual(['TrainFlow/1/start/2', 'TrainFlow/1/start/1']);
      expect(await taskIds('TrainFlow/10/start/2')).toEqual(['TrainFlow/10/start/2']);
      expect(await taskIds('TrainFlow')).toHaveLength(4);
      expect(await taskIds('Train')).toEqual([]);
      expect(await taskIds('TrainFlow/1/start/1/0')).toEqual([]);
      expect(await taskIds(null, 'done')).toHaveLength(3);
      expect(await ledger.listAttempts({ pathspecPrefix: null, state: null }, 2)).toHaveLength(2);
    });

    test('attempts of which W&B would not take everything are found', async () => {
      const ledger = await make();
      const whole = await run(ledger, { task: { taskId: '1' } });
      const partial = await run(ledger, { task: { taskId: '2' } });
      await ledger.claimUploads(1000, 500, 2);
      await ledger.settleUploaded(whole, landed([]));
      await ledger.settleUploaded(partial, { ...landed([]), problems: ['odd: refused'] });
      const found = await ledger.listAttempts(
        { pathspecPrefix: null, state: 'done', withProblems: true },
        10,
      );
      expect(found).toMatchObject([{ key: partial, problems: ['odd: refused'] }]);
    });

    test('a row tells which attempt of which installation it is', async () => {
      const ledger = await make();
      const attempt = task({ attempt: 2, metadataProvider: 'service@https://meta' });
      const key = await run(ledger, { task: attempt });
      const [row] = await ledger.listAttempts({ pathspecPrefix: null, state: null }, 10);
      expect(row).toEqual({
        key,
        task: attempt,
        pathspec: 'TrainFlow/17/start/1',
        state: 'pending',
        destination: 'wandb',
        outcome: 'ok',
        openedAtMs: 1000,
        closedAtMs: 2000,
        uploadedAtMs: null,
        tries: 0,
        lastError: '',
        url: '',
        problems: [],
      });
    });

    test('the age of the outbox is that of what has waited longest', async () => {
      const ledger = await make();
      await begin(ledger, { task: { taskId: '0' } });
      expect(await ledger.oldestPendingAtMs()).toBeNull();
      await run(ledger, {});
      expect(await ledger.oldestPendingAtMs()).toBe(2000);
      await uploadAll(ledger);
      expect(await ledger.oldestPendingAtMs()).toBeNull();
    });

    test('lineage can be followed from a maker to its readers and from an artifact to its maker', async () => {
      const ledger = await make();
      const maker = task({ stepName: 'make' });
      const makerKey = await run(ledger, { task: maker, makes: { frame: 'h', model: 'm' } });
      const reads = ['model', 'frame'].map((name) => ({
        name,
        hash: name === 'frame' ? 'h' : 'm',
        from: maker,
      }));
      const readerKey = await run(ledger, { task: { taskId: '5' }, reads });
      expect(await ledger.listReaders(makerKey, 10)).toEqual(
        ['frame', 'model'].map((name) => ({
          name,
          readerKey,
          readerPathspec: 'TrainFlow/17/start/5',
          readerState: 'pending',
          artifact: null,
          drawn: false,
        })),
      );
      expect(await ledger.listReaders(makerKey, 1)).toHaveLength(1);
      await uploadAll(ledger);
      expect((await ledger.listReaders(makerKey, 10)).every((row) => row.drawn)).toBe(true);
      expect(await ledger.findLogger('ada/flows/frame:v0')).toBe(makerKey);
      expect(await ledger.findLogger('ada/flows/frame:v1')).toBeNull();
      await run(ledger, { task: { taskId: '9' }, makes: { frame: 'same content' } });
      await uploadAll(ledger);
      expect(await ledger.findLogger('ada/flows/frame:v0')).toBe(makerKey);
    });

    test('of equal content that was uploaded at once, W&B says who logged it first', async () => {
      const ledger = await make();
      const keys = [];
      for (const taskId of ['1', '2']) keys.push(await run(ledger, { task: { taskId }, makes: { x: 'h' } }));
      const [slow = '', quick = ''] = keys;
      await ledger.claimUploads(10_000, 60_000, 2);
      const landing = (madeHere: boolean) => ({
        ...landed([]),
        artifacts: [{ ...loggedArtifact('x'), madeHere }],
      });
      await ledger.settleUploaded(quick, landing(false));
      await ledger.settleUploaded(slow, landing(true));
      expect(await ledger.findLogger('ada/flows/x:v0')).toBe(slow);
    });
  });
}
