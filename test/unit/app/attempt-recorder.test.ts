import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AttemptRecorder } from '../../../src/app/attempt-recorder.js';
import { Destinations } from '../../../src/app/destinations.js';
import { DEFAULT_LIMITS } from '../../../src/app/limits.js';
import { Streams } from '../../../src/app/streams.js';
import { SidecarError } from '../../../src/domain/errors.js';
import { attemptKey } from '../../../src/domain/identity.js';
import type { StepLogEntry } from '../../../src/domain/step-log.js';
import { createMemoryLedger } from '../../../src/ledger/memory-ledger.js';
import type { BlobHold } from '../../../src/ports/blob-store.js';
import type { Ledger } from '../../../src/ports/ledger.js';
import { logOptions, openedAttempt, variable } from '../../support/builders.js';
import { NOT_SHOWN } from '../../support/ingest-server.js';

const ENDED = { outcome: 'ok', exception: null, willRetry: false, endedAtUs: 2_000_000 } as const;
const LOGGED = openedAttempt({ layers: { step: [logOptions({ datasets: true })], flow: [], with: [] } });
const CLOCK = { nowMs: () => 0, steadyMs: () => 0 };

// Nothing is stored before the attempt is begun.
function recorderOf(ledger: Ledger, streams: Streams, blobs = {} as BlobHold): AttemptRecorder {
  const account = { current: async () => null };
  return new AttemptRecorder({
    ...{ ledger, clock: CLOCK, streams, limits: DEFAULT_LIMITS, live: NOT_SHOWN },
    blobs,
    destinations: new Destinations('hold', account, null, { entity: null, project: null }),
  });
}

it('an attempt that the ledger can not begin holds no live stream', async () => {
  const full = new SidecarError('ledger-unavailable', 'the disk is full');
  const ledger: Ledger = { ...createMemoryLedger(), openAttempt: () => Promise.reject(full) };
  const streams = new Streams(ledger, CLOCK);
  await expect(recorderOf(ledger, streams).open(openedAttempt())).rejects.toBe(full);
  expect(streams.count).toBe(0);
});

it('a stream that another one takes over from while it begins stays taken over from', async () => {
  const ledger = createMemoryLedger();
  const streams = new Streams(ledger, CLOCK);
  const [first, second] = [recorderOf(ledger, streams), recorderOf(ledger, streams)];
  const begun = first.open(openedAttempt());
  await second.open(openedAttempt());
  await expect(begun).rejects.toMatchObject({ code: 'superseded' });
  await expect(first.snapshot([], [])).rejects.toMatchObject({ code: 'superseded' });
  expect(await second.snapshot([], [])).toEqual([]);
});

it('a stream that another one takes over from while it writes has its files closed once that has ended', async () => {
  const events: string[] = [];
  let endWrite = () => {};
  const written = new Promise<void>((resolve) => {
    endWrite = resolve;
  });
  const writer = {
    write: () => written.then(() => void events.push('written')),
    commit: () => Promise.reject(new Error('not ended')),
    abort: async () => void events.push('dropped'),
  };
  const blobs = { create: async () => writer } as unknown as BlobHold;
  const ledger = createMemoryLedger();
  const streams = new Streams(ledger, CLOCK);
  const [first, second] = [recorderOf(ledger, streams, blobs), recorderOf(ledger, streams)];
  await first.open(LOGGED);
  await first.snapshot([variable({ name: 'df', typeMro: ['pandas.core.frame.DataFrame'] })], []);
  const data = new Uint8Array(1);
  const chunk = first.chunk('df', { encoding: 'parquet', path: 'df.parquet', data, endOfFile: false });
  const taken = second.open(LOGGED);
  await new Promise((resolve) => setImmediate(resolve));
  expect(events).toEqual([]);
  endWrite();
  await Promise.all([chunk, taken]);
  expect(events).toEqual(['written', 'dropped']);
  await expect(
    first.chunk('df', { encoding: 'parquet', path: 'df.parquet', data, endOfFile: true }),
  ).rejects.toMatchObject({ code: 'superseded' });
});

/** A stream that has sent a piece of a file, on a disk that does not let go of it. */
async function streamWithStuckFile(ledger: Ledger, streams: Streams): Promise<AttemptRecorder> {
  const abort = () => Promise.reject(new Error('the disk is gone'));
  const blobs = { create: async () => ({ write: async () => undefined, abort }) } as unknown as BlobHold;
  const recorder = recorderOf(ledger, streams, blobs);
  await recorder.open(LOGGED);
  await recorder.snapshot([variable({ name: 'df', typeMro: ['pandas.core.frame.DataFrame'] })], []);
  const data = new Uint8Array(1);
  await recorder.chunk('df', { encoding: 'parquet', path: 'df.parquet', data, endOfFile: false });
  return recorder;
}

it('a stream whose unfinished file can not be dropped is gone nonetheless', async () => {
  const ledger = createMemoryLedger();
  const streams = new Streams(ledger, CLOCK);
  const recorder = await streamWithStuckFile(ledger, streams);
  await expect(recorder.endOfStream()).rejects.toThrow('the disk is gone');
  expect(streams.count).toBe(0);
});

it('a stream that can not take over from such a one is gone, too', async () => {
  const ledger = createMemoryLedger();
  const streams = new Streams(ledger, CLOCK);
  const first = await streamWithStuckFile(ledger, streams);
  const second = recorderOf(ledger, streams);
  await expect(second.open(LOGGED)).rejects.toThrow('the disk is gone');
  await second.endOfStream();
  await first.endOfStream().catch(() => undefined);
  expect(streams.count).toBe(0);
});

it('a stream that waits to take over when a third one does leaves alone what that has recorded', async () => {
  let endWrite = () => {};
  const written = new Promise<void>((resolve) => {
    endWrite = resolve;
  });
  const blobs = { create: async () => ({ write: () => written, abort: async () => undefined }) };
  const ledger = createMemoryLedger();
  const streams = new Streams(ledger, CLOCK);
  const first = recorderOf(ledger, streams, blobs as unknown as BlobHold);
  const [second, third] = [recorderOf(ledger, streams), recorderOf(ledger, streams)];
  await first.open(LOGGED);
  await first.snapshot([variable({ name: 'df', typeMro: ['pandas.core.frame.DataFrame'] })], []);
  const data = new Uint8Array(1);
  const chunk = first.chunk('df', { encoding: 'parquet', path: 'df.parquet', data, endOfFile: false });
  const opening = second.open(LOGGED).catch((error: SidecarError) => error.code);
  await third.open(LOGGED);
  await third.snapshot([variable({ name: 'n' })], []);
  endWrite();
  await chunk;
  expect(await opening).toBe('superseded');
  await third.close(ENDED, []);
  const attempt = await ledger.getAttempt(attemptKey(LOGGED.task));
  expect(attempt?.variables.map(({ described }) => described.name)).toEqual(['n']);
});

it('what a lost stream had told of its log is there once, though another stream tells it again at once', async () => {
  const ledger = createMemoryLedger();
  const streams = new Streams(ledger, CLOCK);
  const loss = (value: string): StepLogEntry => ({
    ...{ kind: 'history', items: [['loss', value]], step: null, commit: null, atUs: 1 },
  });
  for (const ends of [true, false]) {
    const recorder = recorderOf(ledger, streams);
    await recorder.open(openedAttempt());
    await recorder.stepLog('Metrics')?.add([loss('2'), loss('1')]);
    if (ends) await recorder.endOfStream();
    else {
      await recorder.snapshot([], []);
      // Longer than a log gathers its entries for.
      await delay(150);
      await recorder.close(ENDED, []);
    }
  }
  const { entries } = await ledger.readLog(attemptKey(openedAttempt().task), 0);
  expect(entries).toMatchObject([loss('2'), loss('1')]);
});
