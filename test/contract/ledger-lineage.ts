import { describe, expect, test } from 'vitest';
import type { TaskAttempt } from '../../src/domain/attempt.js';
import type { Ledger } from '../../src/ports/ledger.js';
import { task } from '../support/builders.js';
import { begin, end, landed, run, uploadAll } from './ledger-scenario.js';

const maker = task({ stepName: 'make', taskId: '1' });
const middle = task({ stepName: 'middle', taskId: '2' });
const made = { task: maker, makes: { frame: 'h1' } };

function readsFrom(from: TaskAttempt, hash = 'h1') {
  return { task: { stepName: 'use', taskId: '3' }, reads: [{ name: 'frame', hash, from }] };
}

/** Pathspecs of the makers of what an attempt read, by variable. */
async function makersOf(ledger: Ledger, key: string): Promise<Record<string, string | null>> {
  const detail = await ledger.getAttempt(key);
  return Object.fromEntries((detail?.reads ?? []).map((read) => [read.name, read.makerPathspec]));
}

const MAKE = 'TrainFlow/17/make/1';

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
      await ledger.settleLinks(reader, ['frame']);
      expect(await ledger.claimLinks(10)).toEqual([]);
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
