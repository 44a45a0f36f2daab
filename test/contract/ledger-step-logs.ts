import { describe, expect, test } from 'vitest';
import type { StepLogEntry } from '../../src/domain/step-log.js';
import type { Ledger } from '../../src/ports/ledger.js';
import { stepArtifact } from '../support/step-log.js';
import { begin, end, landed, loggedArtifact, run } from './ledger-scenario.js';

/** What a ledger promises of what steps log to their own W&B runs. */
export function stepLogsContract(make: () => Promise<Ledger>): void {
  const call = (value: string): StepLogEntry => ({
    ...{ kind: 'history', items: [['loss', value]], step: null, commit: null, atUs: 1 },
  });

  describe('what steps log themselves', () => {
    test('comes back in the order in which it came, each number as it was written', async () => {
      const ledger = await make();
      const key = await begin(ledger, {});
      await ledger.appendLog(key, [call('1.0'), call('12345678901234567890')]);
      await ledger.appendLog(key, [{ kind: 'use', qualifiedName: 'e/p/df:v3' }]);
      await end(ledger, key, {});
      expect(await readAll(ledger, key)).toStrictEqual([
        call('1.0'),
        call('12345678901234567890'),
        { kind: 'use', qualifiedName: 'e/p/df:v3' },
      ]);
    });

    test('comes back whole where it is long', async () => {
      const ledger = await make();
      const key = await begin(ledger, {});
      const entries = Array.from({ length: 3000 }, (_, index) => call(String(index)));
      for (let start = 0; start < entries.length; start += 60) {
        await ledger.appendLog(key, entries.slice(start, start + 60));
      }
      expect(await readAll(ledger, key)).toStrictEqual(entries);
    });

    test('is dropped where the attempt begins anew', async () => {
      const ledger = await make();
      const key = await begin(ledger, {});
      await ledger.appendLog(key, [call('1')]);
      await begin(ledger, {});
      expect(await readAll(ledger, key)).toEqual([]);
    });

    test('is refused once the attempt is closed, and for one that is not known', async () => {
      const ledger = await make();
      const key = await begin(ledger, {});
      await end(ledger, key, {});
      await expect(ledger.appendLog(key, [call('1')])).rejects.toMatchObject({ code: 'attempt-not-open' });
      await expect(ledger.appendLog('unknown', [call('1')])).rejects.toMatchObject({ code: 'not-found' });
    });
  });

  describe('a version that one step logged itself and another asked for', () => {
    test('is an edge between the two, from either side', async () => {
      const ledger = await make();
      const logger = await run(ledger, { task: { taskId: '1' } });
      const user = await run(ledger, { task: { taskId: '2' } });
      await ledger.claimUploads(10_000, 1000, 2);
      const version = 'ada/flows/extra:v0';
      const extra = { ...loggedArtifact('extra'), variable: 'log_artifact(extra)', qualifiedName: version };
      await ledger.settleUploaded(logger, { ...landed([]), artifacts: [extra] });
      const usedVersions = [version, 'other/project/rows:v7'];
      await ledger.settleUploaded(user, { ...landed([]), usedVersions });

      expect((await ledger.getAttempt(logger))?.ownArtifacts).toEqual([extra]);
      expect((await ledger.getAttempt(user))?.reads).toMatchObject([
        { name: 'use_artifact(extra)', artifact: version, makerKey: logger, drawn: true },
        { name: 'use_artifact(rows)', artifact: 'other/project/rows:v7', makerKey: null, drawn: true },
      ]);
      expect(await ledger.listReaders(logger, 10)).toMatchObject([
        { name: 'use_artifact(extra)', readerKey: user, artifact: version, drawn: true },
      ]);
    });
  });

  describe('an artifact that earlier tasks of the run log', () => {
    test('is awaited until the uploads of all of them are settled', async () => {
      const ledger = await make();
      const asVariable = await begin(ledger, { task: { taskId: '1' }, makes: { df: 'hash' } });
      const byHand = await begin(ledger, { task: { taskId: '2' } });
      await ledger.appendLog(byHand, [{ kind: 'artifact', artifact: stepArtifact({ name: 'df' }) }]);
      const elsewhere = await begin(ledger, { task: { taskId: '3', runId: '18' }, makes: { df: 'hash' } });
      const reader = await begin(ledger, { task: { taskId: '4', stepName: 'use' } });
      await end(ledger, asVariable, { makes: { df: 'hash' } });
      for (const key of [byHand, elsewhere]) await end(ledger, key, {});
      expect(await ledger.countPendingLoggers(reader, 'df')).toBe(2);
      expect(await ledger.countPendingLoggers(reader, 'other')).toBe(0);
      for (const { key } of await ledger.claimUploads(5000, 1000, 10)) await ledger.settleFailed(key, 'x');
      expect(await ledger.countPendingLoggers(reader, 'df')).toBe(0);
    });
  });
}

async function readAll(ledger: Ledger, key: string): Promise<StepLogEntry[]> {
  const all: StepLogEntry[] = [];
  for (let from = 0; ; ) {
    const { entries, next } = await ledger.readLog(key, from);
    if (entries.length === 0) return all;
    all.push(...entries);
    from = next;
  }
}
