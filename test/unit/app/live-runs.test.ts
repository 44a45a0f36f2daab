import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Destinations } from '../../../src/app/destinations.js';
import { LiveRuns } from '../../../src/app/live-runs.js';
import { attemptKey } from '../../../src/domain/identity.js';
import type { BlobStore } from '../../../src/ports/blob-store.js';
import type { Destination, NewAttempt } from '../../../src/ports/ledger.js';
import type { LiveRequest, LiveResult } from '../../../src/ports/uploader.js';
import { openedAttempt, task } from '../../support/builders.js';
import { SILENT } from '../../support/ingest-server.js';

const DONE: LiveResult = { outcome: 'done', entity: 'ada', project: 'flows', url: '' };
const AWAY: LiveResult = { outcome: 'retryable', reason: 'away', afterMs: null };

function attempt(taskId: string, destination: Destination = 'wandb'): NewAttempt {
  const opened = openedAttempt({ task: task({ taskId }) });
  return { key: attemptKey(opened.task), opened, destination, openedAtMs: 0 };
}

describe('attempts whose steps run', () => {
  let sent: LiveRequest[];
  let answer: (request: LiveRequest) => Promise<LiveResult>;
  let live: LiveRuns;
  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    answer = async () => DONE;
    const account = { current: async () => ({ baseUrl: 'https://wandb.test', apiKey: 'k' }) };
    live = new LiveRuns({
      // Nothing was logged: there is no file to be written.
      ledger: {
        appendLog: async () => undefined,
        readLog: async (_, next) => ({ entries: [], next }),
        countPendingLoggers: async () => 0,
      },
      blobs: {} as BlobStore,
      uploader: {
        live: (request) => {
          sent.push(request);
          return answer(request);
        },
      },
      destinations: new Destinations('auto', account, null, { entity: null, project: null }),
      clock: { nowMs: () => 0, steadyMs: () => 0 },
      logger: SILENT,
      random: () => 0,
      rowsDir: '/nowhere',
      maxRuns: 2,
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('are shown after three seconds, and never where they end before or are held', async () => {
    const [long, short] = [attempt('1'), attempt('2')];
    for (const one of [long, short, attempt('3', 'hold')]) live.began(one);
    await vi.advanceTimersByTimeAsync(2_000);
    live.ended(short.key);
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(60_000);
    // And nothing more while nothing is logged.
    expect(sent.map(({ run }) => run.runId)).toEqual([long.key]);
  });

  it('are shown a bounded number at once; the next one when a place is free', async () => {
    const all = ['1', '2', '3'].map((taskId) => attempt(taskId));
    for (const one of all) live.began(one);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(sent.map(({ run }) => run.runId)).toEqual(all.slice(0, 2).map(({ key }) => key));
    await live.settled(all[0]?.key ?? '');
    await vi.advanceTimersByTimeAsync(0);
    expect(sent.map(({ run }) => run.runId)).toEqual(all.map(({ key }) => key));
  });

  it('send what is logged in a few pieces, and wait longer and longer while W&B is away', async () => {
    const one = attempt('1');
    live.began(one);
    await vi.advanceTimersByTimeAsync(3_000);
    for (let ms = 0; ms < 1_000; ms += 100) {
      live.logged(one.key);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(sent).toHaveLength(2);
    answer = async () => AWAY;
    live.logged(one.key);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sent.length).toBeLessThan(11);
    answer = async () => DONE;
    const before = sent.length;
    await vi.advanceTimersByTimeAsync(120_000);
    expect(sent.length).toBe(before + 1);
  });

  it('are settled only when nothing of them is on its way any more', async () => {
    const one = attempt('1');
    let arrive: (result: LiveResult) => void = () => undefined;
    answer = () => new Promise((resolve) => (arrive = resolve));
    live.began(one);
    await vi.advanceTimersByTimeAsync(3_000);
    live.ended(one.key);
    let settled = false;
    const settling = live.settled(one.key).then(() => {
      settled = true;
    });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(settled).toBe(false);
    arrive(DONE);
    await settling;
    expect(sent).toHaveLength(1);
  });
});
