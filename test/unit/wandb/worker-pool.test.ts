import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallEnd, WorkerOptions, WorkerState } from '../../../src/wandb/worker.js';
import { type PooledWorker, type PoolOptions, WorkerPool } from '../../../src/wandb/worker-pool.js';

/** A worker whose calls end when the test says so. */
class FakeWorker implements PooledWorker {
  state: WorkerState = { kind: 'ready', clientVersion: '0' };
  readonly pid = undefined;
  readonly calls: ((end: CallEnd) => void)[] = [];

  constructor(private readonly options: WorkerOptions) {}

  get key(): string | undefined {
    return this.options.environment.WANDB_API_KEY;
  }
  get load(): number {
    return this.calls.length;
  }
  call(): Promise<CallEnd> {
    return new Promise((resolve) => this.calls.push(resolve));
  }
  end(): void {
    this.calls.shift()?.({ ok: true, result: '' });
  }
  async kill(reason: string): Promise<void> {
    if (this.state.kind === 'dead') return;
    this.state = { kind: 'dead', reason };
    for (const resolve of this.calls.splice(0)) resolve({ ok: false, reason });
    await Promise.resolve();
    this.options.onDead(this as never);
  }
}

describe('a pool of workers', () => {
  let dir: string;
  let workers: FakeWorker[];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'mfw-test-'));
    workers = [];
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  function pool(changes: Partial<PoolOptions> = {}): WorkerPool {
    const options: PoolOptions = {
      scratchRoot: dir,
      pythonBin: 'python',
      workers: 2,
      concurrency: 2,
      startTimeoutMs: 1000,
      idleMs: 60_000,
      callsPerWorker: 1000,
      maxWaiting: 10,
      environment: {},
      ...changes,
    };
    return new WorkerPool(options, (all) => {
      const worker = new FakeWorker(all);
      workers.push(worker);
      return worker;
    });
  }
  const run = (on: WorkerPool, apiKey = 'a') => on.run({ baseUrl: 'http://w', apiKey }, 'upload', '{}', 1000);
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const loads = () => workers.map((worker) => worker.load);
  const living = () => workers.filter(({ state }) => state.kind !== 'dead').map(({ key }) => key);

  it('fills one worker before it starts the next, and no more than it may', async () => {
    const full = pool();
    const calls = [1, 2, 3, 4, 5].map(() => run(full));
    expect(loads()).toEqual([2, 2]);
    workers[0]?.end();
    await calls[0];
    await settle();
    expect(loads()).toEqual([2, 2]);
  });

  it('gives each account workers of its own', () => {
    const shared = pool();
    void run(shared, 'a');
    void run(shared, 'b');
    expect(workers.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  it('gives a second account its turn though the first keeps all workers busy', async () => {
    const busy = pool({ workers: 1, concurrency: 1 });
    void run(busy, 'a');
    void run(busy, 'b');
    void run(busy, 'a');
    workers[0]?.end();
    await settle();
    expect(living()).toEqual(['b']);
  });

  it('ends all calls of a worker that dies, and waits before it starts another', async () => {
    let deaths = 0;
    const failing = pool({ workers: 1, onDeath: () => deaths++ });
    const calls = [run(failing), run(failing)];
    await workers[0]?.kill('it fell over');
    for (const call of calls) expect(await call).toEqual({ ok: false, reason: 'it fell over' });
    expect(deaths).toBe(1);
    const next = await run(failing);
    expect(next).toMatchObject({ ok: false, afterMs: expect.any(Number) });
    expect(workers).toHaveLength(1);
  });

  it('replaces a worker after so many calls, when they have ended', async () => {
    const worn = pool({ workers: 1, callsPerWorker: 2 });
    void run(worn);
    void run(worn);
    void run(worn);
    workers[0]?.end();
    await settle();
    expect(workers).toHaveLength(1);
    workers[0]?.end();
    await settle();
    expect(workers[0]?.state.kind).toBe('dead');
    expect(loads()).toEqual([0, 1]);
  });

  it('lets go of a worker that has nothing to do', async () => {
    const idle = pool({ idleMs: 1 });
    const call = run(idle);
    workers[0]?.end();
    await call;
    await expect.poll(living).toEqual([]);
    void run(idle);
    expect(living()).toEqual(['a']);
  });

  it('refuses more calls than may wait', async () => {
    const narrow = pool({ workers: 1, concurrency: 1, maxWaiting: 1 });
    void run(narrow);
    void run(narrow);
    expect(await run(narrow)).toMatchObject({ ok: false, reason: expect.stringContaining('waiting') });
  });

  it('says so where it can make no directory for a worker', async () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    expect(await run(pool({ scratchRoot: file }))).toMatchObject({ ok: false });
  });

  it('ends what runs and what waits when it is closed', async () => {
    const closing = pool({ workers: 1, concurrency: 1 });
    const calls = [run(closing), run(closing)];
    await closing.close();
    for (const call of [...calls, run(closing)]) expect(await call).toMatchObject({ ok: false });
    expect(living()).toEqual([]);
  });

  it('goes on with a run on the worker that holds it open, which is not idle until the run is uploaded', async () => {
    const all = pool({ concurrency: 1, idleMs: 0 });
    const target = { baseUrl: 'https://wandb.test', apiKey: 'a' };
    const shown = all.run(target, 'live', '', 1000, 'run');
    const other = all.run(target, 'upload', '', 1000, 'other');
    expect(workers.map(({ load }) => load)).toEqual([1, 1]);
    workers[0]?.end();
    await shown;
    // The second worker is busy, but the run is on the first anyway.
    const uploaded = all.run(target, 'upload', '', 1000, 'run');
    expect(workers.map(({ load }) => load)).toEqual([1, 1]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(workers[0]?.state.kind).toBe('ready');
    for (const worker of workers) worker.end();
    await Promise.all([uploaded, other]);
    while (workers[0]?.state.kind !== 'dead') await new Promise((resolve) => setTimeout(resolve, 5));
    await all.close();
  });
});
