import { describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/ports/ledger.js';
import { fileLogged } from '../support/step-log.js';
import { begin, end, ending, landed, payload, run, uploadAll } from './ledger-scenario.js';

const [FRAME, FILE] = ['ab'.repeat(32), 'cd'.repeat(32)];
const LANDED_AT_MS = 5000;
const MAKES = { makes: { frame: 'h' } };

/** What a ledger promises of the blobs that attempts need. */
export function blobReferencesContract(make: () => Promise<Ledger>): void {
  describe('blobs', () => {
    test('of an attempt are given up once it has been in W&B for long enough, and not before', async () => {
      const ledger = await make();
      const key = await begin(ledger, MAKES);
      await ledger.appendLog(key, [fileLogged('notes.txt', FILE, 7)]);
      await ledger.recordPayload(key, 'frame', payload('frame'));
      expect(await ledger.giveUpBlobs(1e12, 10)).toEqual([]);
      await ledger.closeAttempt(key, ending(), []);
      expect(await ledger.giveUpBlobs(1e12, 10)).toEqual([]);
      expect(await ledger.blobUse(1e12)).toEqual({ uploadedBytes: 0, expiredBytes: 0 });
      await uploadAll(ledger);
      expect(await ledger.giveUpBlobs(LANDED_AT_MS - 1, 10)).toEqual([]);
      expect(await ledger.blobUse(LANDED_AT_MS - 1)).toEqual({ uploadedBytes: 10, expiredBytes: 0 });
      expect(await ledger.neededBlobs([FRAME, FILE, 'ee'])).toEqual(new Set([FRAME, FILE]));
      expect(await ledger.blobUse(LANDED_AT_MS)).toEqual({ uploadedBytes: 10, expiredBytes: 10 });
      expect(new Set(await ledger.giveUpBlobs(LANDED_AT_MS, 10))).toEqual(new Set([FRAME, FILE]));
      expect(await ledger.neededBlobs([FRAME, FILE])).toEqual(new Set());
      expect(await ledger.giveUpBlobs(LANDED_AT_MS, 10)).toEqual([]);
    });

    test('are given up a bounded number at a time', async () => {
      const ledger = await make();
      const key = await begin(ledger, {});
      await ledger.appendLog(key, [fileLogged('a', FRAME, 1), fileLogged('b', FILE, 1)]);
      await end(ledger, key, {});
      await uploadAll(ledger);
      expect(await ledger.giveUpBlobs(LANDED_AT_MS, 1)).toHaveLength(1);
      expect(await ledger.giveUpBlobs(LANDED_AT_MS, 10)).toHaveLength(1);
    });

    test.each(['open', 'pending', 'held', 'failed'] as const)(
      'that a %s attempt needs too stay, whoever else has landed with them',
      async (state) => {
        const ledger = await make();
        await run(ledger, MAKES);
        await uploadAll(ledger);
        const other = { ...MAKES, task: { taskId: '2' } };
        const destination = state === 'held' ? 'hold' : 'wandb';
        const key = await begin(ledger, { ...other, destination });
        await ledger.recordPayload(key, 'frame', payload('frame'));
        if (state !== 'open') await ledger.closeAttempt(key, ending(), []);
        if (state === 'failed') {
          await ledger.claimUploads(1e6, 1000, 10);
          await ledger.settleFailed(key, 'refused');
        }
        expect((await ledger.getAttempt(key))?.state).toBe(state);
        expect(await ledger.giveUpBlobs(1e12, 10)).toEqual([]);
      },
    );

    test('stay where W&B would not take all of the attempt, and go where it only noted something', async () => {
      for (const [problem, gone] of [['frame: refused', []] as const, ['note: renamed', [FRAME]] as const]) {
        const ledger = await make();
        const key = await run(ledger, MAKES);
        await ledger.claimUploads(1000, 500, 1);
        await ledger.settleUploaded(key, { ...landed(['frame']), problems: [problem] });
        expect(await ledger.giveUpBlobs(1e12, 10)).toEqual(gone);
      }
    });

    test('that were given up are needed again by an attempt that comes later with the same content', async () => {
      const ledger = await make();
      await run(ledger, MAKES);
      await uploadAll(ledger);
      await ledger.giveUpBlobs(1e12, 10);
      const later = await begin(ledger, { ...MAKES, task: { taskId: '2' } });
      await ledger.recordPayload(later, 'frame', payload('frame'));
      expect(await ledger.neededBlobs([FRAME])).toEqual(new Set([FRAME]));
      expect(await ledger.giveUpBlobs(1e12, 10)).toEqual([]);
    });
  });
}
