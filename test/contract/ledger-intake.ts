import { describe, expect, test } from 'vitest';
import { attemptKey } from '../../src/domain/identity.js';
import type { Ledger } from '../../src/ports/ledger.js';
import { openedAttempt, task, variable } from '../support/builders.js';
import { artifact, begin, decision, end, ending, payload, run, uploadAll, value } from './ledger-scenario.js';

/** What a ledger promises while attempts come in. */
export function intakeContract(make: () => Promise<Ledger>): void {
  const opened = openedAttempt({ tags: ['näßt', '日本'], parameters: [] });
  const key = attemptKey(opened.task);
  const attempt = { key, opened, destination: 'wandb' as const, openedAtMs: 1000 };

  describe('taking in attempts', () => {
    test('what was opened, described, decided and stored comes back unchanged', async () => {
      const ledger = await make();
      const odd = variable({ name: 'odd', value: { $float: 'nan' }, problem: 'it\'s "odd"\u0000\n' });
      const variables = [
        artifact('frame'),
        { described: odd, decision: decision('odd', 'value') },
        { described: variable({ name: 'gone', value: undefined }), decision: decision('gone', 'skip') },
      ];
      expect(await ledger.openAttempt(attempt)).toBe('opened');
      await ledger.recordSnapshot(key, { variables, reads: [] });
      await ledger.recordPayload(key, 'frame', payload('frame'));
      expect(await ledger.closeAttempt(key, ending(), [])).toEqual({ logged: 2, skipped: 1 });
      const [upload] = await ledger.claimUploads(3000, 1000, 10);
      expect(upload).toStrictEqual({
        key,
        destination: 'wandb',
        opened,
        end: ending(),
        variables: variables.map((item) => ({
          ...item,
          payload: item.described.name === 'frame' ? payload('frame') : null,
        })),
        uses: [],
        tries: 0,
      });
    });

    test('a snapshot of many variables keeps each of them, in its order', async () => {
      const ledger = await make();
      const names = Array.from({ length: 37 }, (_, at) => `v${at}`);
      await ledger.openAttempt(attempt);
      await ledger.recordSnapshot(key, { variables: names.map((name) => value(name)), reads: [] });
      expect(await ledger.closeAttempt(key, ending(), [])).toEqual({ logged: 37, skipped: 0 });
      const detail = await ledger.getAttempt(key);
      expect(detail?.variables.map(({ described }) => described.name)).toEqual(names);
    });

    test('an open attempt is listed as open, the oldest first, until it is closed', async () => {
      const ledger = await make();
      const late = await begin(ledger, { task: { taskId: '2' }, openedAtMs: 2000 });
      const early = await begin(ledger, { task: { taskId: '3' }, openedAtMs: 500 });
      expect(await ledger.openAttempts()).toEqual([
        { key: early, openedAtMs: 500 },
        { key: late, openedAtMs: 2000 },
      ]);
      await end(ledger, early, {});
      expect((await ledger.openAttempts()).map((open) => open.key)).toEqual([late]);
    });

    test('a second stream for an unfinished attempt begins anew without what the first brought', async () => {
      const ledger = await make();
      await ledger.openAttempt(attempt);
      await ledger.recordSnapshot(key, { variables: [artifact('old')], reads: [] });
      expect(await ledger.openAttempt({ ...attempt, openedAtMs: 1500 })).toBe('reopened');
      await ledger.recordSnapshot(key, { variables: [value('new')], reads: [] });
      expect(await ledger.closeAttempt(key, ending(), [])).toEqual({ logged: 1, skipped: 0 });
      const detail = await ledger.getAttempt(key);
      expect(detail?.variables.map(({ described }) => described.name)).toEqual(['new']);
      expect(detail?.openedAtMs).toBe(1500);
    });

    test('a second stream for a finished attempt changes nothing', async () => {
      const ledger = await make();
      await run(ledger, { makes: { frame: 'h' } });
      const before = await ledger.getAttempt(key);
      expect(await ledger.openAttempt({ ...attempt, openedAtMs: 9000 })).toBe('already-closed');
      await uploadAll(ledger);
      expect(await ledger.openAttempt({ ...attempt, openedAtMs: 9000 })).toBe('already-closed');
      expect(await ledger.getAttempt(key)).toMatchObject({ openedAtMs: before?.openedAtMs, state: 'done' });
    });

    test('a crashed attempt that returns is begun anew, even after its upload, and is uploaded again', async () => {
      const ledger = await make();
      await run(ledger, { makes: { frame: 'h' }, outcome: 'crashed' });
      await uploadAll(ledger);
      expect(await ledger.openAttempt(attempt)).toBe('reopened');
      await ledger.recordSnapshot(key, { variables: [artifact('frame')], reads: [] });
      expect((await ledger.getAttempt(key))?.variables[0]?.artifact).toBeNull();
      await ledger.closeAttempt(key, ending(), []);
      expect(await uploadAll(ledger)).toEqual([key]);
      const detail = await ledger.getAttempt(key);
      expect(detail).toMatchObject({ state: 'done', outcome: 'ok' });
      expect(detail?.variables).toHaveLength(1);
    });

    test('a read that is told twice is one read', async () => {
      const ledger = await make();
      const read = { name: 'x', hash: 'h', from: task({ stepName: 'earlier' }) };
      await begin(ledger, { reads: [read, read] });
      expect((await ledger.getAttempt(key))?.reads).toHaveLength(1);
    });

    test('a planned artifact whose payload never came is skipped with a reason', async () => {
      const ledger = await make();
      await ledger.openAttempt(attempt);
      await ledger.recordSnapshot(key, { variables: [artifact('frame'), value('x')], reads: [] });
      expect(await ledger.closeAttempt(key, ending('crashed'), [])).toEqual({ logged: 1, skipped: 1 });
      const detail = await ledger.getAttempt(key);
      expect(detail?.variables[0]?.decision).toMatchObject({ action: 'skip', rule: 'pandas-frame' });
      expect(detail?.variables[0]?.decision.reason).toMatch(/arrived/);
    });

    test('a recorded skip replaces the plan and its payload', async () => {
      const ledger = await make();
      await ledger.openAttempt(attempt);
      await ledger.recordSnapshot(key, { variables: [artifact('frame')], reads: [] });
      await ledger.recordPayload(key, 'frame', payload('frame'));
      await ledger.recordSkip(key, 'frame', 'no pickle');
      expect(await ledger.closeAttempt(key, ending(), [])).toEqual({ logged: 0, skipped: 1 });
      const [kept] = (await ledger.getAttempt(key))?.variables ?? [];
      expect(kept).toMatchObject({ decision: { action: 'skip', reason: 'no pickle' }, payload: null });
    });

    test('closing a closed attempt again changes nothing and answers the same', async () => {
      const ledger = await make();
      await run(ledger, { makes: { frame: 'h' } });
      expect(await ledger.closeAttempt(key, ending('failed'), [])).toEqual({ logged: 1, skipped: 0 });
      expect((await ledger.getAttempt(key))?.outcome).toBe('ok');
    });

    test('data for a closed, an unknown attempt or an undescribed variable is refused with a code', async () => {
      const ledger = await make();
      await begin(ledger, { makes: { frame: 'h' } });
      await expect(ledger.recordPayload(key, 'nope', payload('nope'))).rejects.toMatchObject({
        code: 'not-found',
      });
      await expect(ledger.recordSkip(key, 'nope', 'why')).rejects.toMatchObject({ code: 'not-found' });
      await end(ledger, key, { makes: { frame: 'h' } });
      const late = { variables: [], reads: [] };
      await expect(ledger.recordSnapshot(key, late)).rejects.toMatchObject({ code: 'attempt-not-open' });
      await expect(ledger.recordSkip(key, 'frame', 'why')).rejects.toMatchObject({
        code: 'attempt-not-open',
      });
      const unknown = attemptKey(task({ taskId: 'unknown' }));
      await expect(ledger.recordSnapshot(unknown, late)).rejects.toMatchObject({ code: 'not-found' });
      await expect(ledger.closeAttempt(unknown, ending(), [])).rejects.toMatchObject({ code: 'not-found' });
      expect(await ledger.getAttempt(unknown)).toBeNull();
    });

    test('writes of one moment that fail leave the others of that moment alone', async () => {
      const ledger = await make();
      await begin(ledger, { makes: { a: 'h', b: 'h' } });
      const results = await Promise.allSettled([
        ledger.recordPayload(key, 'a', payload('a')),
        ledger.recordPayload(key, 'nope', payload('nope')),
        ledger.recordPayload(key, 'b', payload('b')),
      ]);
      expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      const detail = await ledger.getAttempt(key);
      expect(detail?.variables.every(({ payload: stored }) => stored !== null)).toBe(true);
    });
  });
}
