import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Destinations } from '../../../src/app/destinations.js';
import { Outbox } from '../../../src/app/drain-outbox.js';
import { SidecarError } from '../../../src/domain/errors.js';
import { createMemoryLedger } from '../../../src/ledger/memory-ledger.js';
import type { BlobStore } from '../../../src/ports/blob-store.js';
import type {
  LinkRequest,
  Target,
  Uploader,
  UploadRequest,
  UploadResult,
} from '../../../src/ports/uploader.js';
import { begin, end, loggedArtifact, run, uploadAll } from '../../contract/ledger-scenario.js';
import { task } from '../../support/builders.js';
import { SILENT } from '../../support/ingest-server.js';

const TARGET: Target = { baseUrl: 'https://wandb.test', apiKey: 'k'.repeat(40) };

/** What a scripted W&B answers; the default is that all landed. */
type Answer = (request: UploadRequest) => UploadResult | Promise<UploadResult>;

const landedAll = ({ artifacts, uses }: UploadRequest): UploadResult & { outcome: 'done' } => ({
  outcome: 'done',
  entity: 'ada',
  project: 'flows',
  url: 'https://wandb.test/run',
  artifacts: artifacts.map(({ variable }) => loggedArtifact(variable)),
  drawn: uses.map(({ qualifiedName }) => qualifiedName),
  problems: [],
});

let stop: () => Promise<void> = async () => undefined;
afterEach(() => stop());

/** An outbox over an empty ledger; its uploader notes what it was asked and answers by script. */
function outbox(
  options: {
    target?: Target | null;
    localPath?: BlobStore['localPath'];
    maxTries?: number;
    random?: () => number;
    lastStepAtMs?: () => number;
  } = {},
) {
  const ledger = createMemoryLedger();
  const time = { now: 10_000, setForwardMs: 0 };
  const script: Answer[] = [];
  const requests: UploadRequest[] = [];
  const links: LinkRequest[] = [];
  const account = { target: options.target === undefined ? TARGET : options.target };
  const uploader: Pick<Uploader, 'upload' | 'link'> = {
    upload: async (request) => {
      requests.push(request);
      return (script.shift() ?? landedAll)(request);
    },
    link: async (request) => {
      links.push(request);
      return { outcome: 'done', drawn: request.uses.map((use) => use.qualifiedName), problems: [] };
    },
  };
  const localPath = options.localPath ?? (async (sha256) => `/blobs/${sha256}`);
  const box = new Outbox({
    ledger,
    uploader,
    // Only paths of blobs are asked for here.
    blobs: { localPath } as BlobStore,
    destinations: new Destinations('wandb', { current: async () => account.target }, null, {
      entity: null,
      project: null,
    }),
    live: { settled: async () => undefined },
    rowsDir: tmpdir(),
    clock: { nowMs: () => time.now + time.setForwardMs, steadyMs: () => time.now },
    logger: SILENT,
    random: options.random ?? (() => 0),
    concurrency: 2,
    maxTries: options.maxTries ?? 10,
    ...(options.lastStepAtMs && { lastStepAtMs: options.lastStepAtMs }),
    observe: () => undefined,
  });
  stop = () => box.stop();
  return { ledger, box, script, requests, links, account, time, uploader };
}

const START = task();
const END = { stepName: 'end', taskId: '2' };
const MADE = { makes: { df: 'h1' } };
const READS = { task: END, reads: [{ name: 'df', hash: 'h1', from: START }] };
const BROKEN: Answer = () => ({ outcome: 'retryable', reason: 'W&B answers 503', afterMs: null });

async function until(check: () => Promise<boolean>): Promise<void> {
  await vi.waitFor(async () => expect(await check()).toBe(true), { timeout: 5000, interval: 5 });
}

describe('the outbox', () => {
  it('uploads a producer before its consumer, which then uses the very version', async () => {
    const { ledger, box, requests } = outbox();
    await run(ledger, MADE);
    await run(ledger, READS);
    box.start();
    await until(async () => (await ledger.counts()).done === 2);
    expect(requests.map(({ displayName }) => displayName)).toEqual(['start/1', 'end/2']);
    expect(requests[1]?.uses).toEqual([{ qualifiedName: 'ada/flows/df:v0' }]);
  });

  it('puts uploads off while steps come and go, until they pause, and for five seconds at most', async () => {
    const step = { atMs: 10_000 };
    const { ledger, box, requests, time } = outbox({ lastStepAtMs: () => step.atMs });
    const at = async (ms: number) => {
      time.now = 10_000 + ms;
      box.wake();
      await delay(20);
      return requests.length;
    };
    box.start();
    await delay(20);
    await run(ledger, MADE);
    expect(await at(100)).toBe(0);
    expect(await at(600)).toBe(0);
    expect(await at(701)).toBe(1);
    await until(async () => (await ledger.counts()).done === 1);
    await run(ledger, { task: { taskId: '7' } });
    for (const ms of [1000, 1600, 2200, 5900]) {
      step.atMs = 10_000 + ms;
      expect(await at(ms)).toBe(1);
    }
    step.atMs = 10_000 + 6000;
    expect(await at(6001)).toBe(2);
  });

  it('begins once the ledger can be written, where the disk is full at its start', async () => {
    const { ledger, box } = outbox();
    await run(ledger, MADE);
    vi.spyOn(ledger, 'releaseLeases').mockRejectedValueOnce(new Error('database or disk is full'));
    box.start();
    await until(async () => (await ledger.counts()).done === 1);
  });

  it('tries again what may pass, not before its time', async () => {
    const { ledger, box, requests, script, time } = outbox();
    script.push(BROKEN, BROKEN);
    const key = await run(ledger, MADE);
    box.start();
    await until(async () => (await ledger.getAttempt(key))?.tries === 1);
    box.wake();
    expect(requests).toHaveLength(1);
    expect(await ledger.getAttempt(key)).toMatchObject({ state: 'pending', lastError: 'W&B answers 503' });
    time.now += 500;
    box.wake();
    await until(async () => (await ledger.getAttempt(key))?.tries === 2);
    time.now += 1000;
    box.wake();
    await until(async () => (await ledger.getAttempt(key))?.state === 'done');
    expect(requests).toHaveLength(3);
  });

  it('waits as long as it should though the clock is set back or forward', async () => {
    const { ledger, box, script, time } = outbox();
    script.push(BROKEN);
    const key = await run(ledger, MADE);
    const triesOf = async () => (await ledger.getAttempt(key))?.tries;
    box.start();
    await until(async () => (await triesOf()) === 1);
    time.setForwardMs = 7 * 86_400_000;
    box.wake();
    await run(ledger, { task: { taskId: '8' } });
    await until(async () => (await ledger.counts()).done === 1);
    expect(await triesOf()).toBe(1);
    script.push(BROKEN);
    time.setForwardMs = -7 * 86_400_000;
    time.now += 500;
    box.wake();
    await until(async () => (await triesOf()) === 2);
  });

  it("gives another flow's upload its turn before the rest of a backlog", async () => {
    const { ledger, box, requests } = outbox();
    for (let taskId = 0; taskId < 20; taskId++) await run(ledger, { task: { taskId: String(taskId) } });
    await run(ledger, { task: { flowName: 'AnotherFlow' } });
    box.start();
    await until(async () => (await ledger.counts()).done === 21);
    expect(requests.slice(0, 2).map(({ group }) => group)).toContain('AnotherFlow/17');
  });

  it('lands all others where one takes the uploader down with it each time', async () => {
    const { ledger, box, script, time } = outbox({ random: Math.random, maxTries: 1000 });
    const poisoned = await run(ledger, { task: { taskId: 'poison' } });
    for (let taskId = 0; taskId < 10; taskId++) await run(ledger, { task: { taskId: String(taskId) } });
    let isDown = false;
    const answer: Answer = (request) => {
      // Whatever is under way beside it ends with it.
      const broken = isDown || request.displayName === 'start/poison';
      isDown = request.displayName === 'start/poison';
      return broken ? BROKEN(request) : landedAll(request);
    };
    script.push(...Array.from({ length: 1000 }, () => answer));
    box.start();
    await until(async () => {
      time.now += 1000;
      box.wake();
      return (await ledger.counts()).done === 10;
    });
    expect(await ledger.getAttempt(poisoned)).toMatchObject({
      state: 'pending',
      lastError: 'W&B answers 503',
    });
  });

  it('says why nothing gets through until something does', async () => {
    const { ledger, box, script, time } = outbox();
    script.push(BROKEN);
    const key = await run(ledger, MADE);
    box.start();
    await until(async () => (await ledger.getAttempt(key))?.tries === 1);
    expect(box.trouble).toBe('W&B answers 503');
    time.now += 60_000;
    box.wake();
    await until(async () => (await ledger.getAttempt(key))?.state === 'done');
    expect(box.trouble).toBeNull();
  });

  it('asks a W&B that answers nobody with one upload at a time, until one lands', async () => {
    const { ledger, box, script, requests, time } = outbox();
    const away: Answer = () => ({ outcome: 'retryable', reason: 'away', afterMs: null, concernsAll: true });
    for (let taskId = 0; taskId < 30; taskId++) await run(ledger, { task: { taskId: String(taskId) } });
    script.push(...Array.from({ length: 100 }, () => away));
    box.start();
    // Two at a time, until five in a row have failed.
    await until(async () => requests.length === 6);
    for (const triedBy of [6, 7, 8]) {
      box.wake();
      expect(requests).toHaveLength(triedBy);
      time.now += 15_000;
      box.wake();
      await until(async () => requests.length === triedBy + 1);
    }
    script.length = 0;
    box.resume();
    await until(async () => {
      time.now += 15_000;
      box.wake();
      return (await ledger.counts()).done === 30;
    });
  });

  it('tries again where the account can not be looked up', async () => {
    const { ledger, box, account, time } = outbox();
    Object.defineProperty(account, 'target', {
      get: () => {
        throw new Error('no such URL');
      },
      configurable: true,
    });
    const key = await run(ledger, MADE);
    box.start();
    await until(async () => (await ledger.getAttempt(key))?.lastError === 'no such URL');
    Object.defineProperty(account, 'target', { value: TARGET });
    time.now += 1000;
    box.wake();
    await until(async () => (await ledger.getAttempt(key))?.state === 'done');
  });

  it('gives up what W&B refuses, keeps the reason, and takes it up again when somebody retries it', async () => {
    const { ledger, box, script } = outbox();
    script.push(() => ({ outcome: 'failed', reason: 'project name too long' }));
    const key = await run(ledger, MADE);
    box.start();
    await until(async () => (await ledger.getAttempt(key))?.state === 'failed');
    expect((await ledger.getAttempt(key))?.lastError).toBe('project name too long');
    await ledger.retryFailed(null);
    box.wake();
    await until(async () => (await ledger.getAttempt(key))?.state === 'done');
  });

  it('uploads what was begun anew once the upload of its earlier form has ended, whatever came of that', async () => {
    const { ledger, box, script, requests } = outbox();
    let endEarlier: () => void = () => undefined;
    const earlier = new Promise<void>((resolve) => {
      endEarlier = resolve;
    });
    script.push(async (request) => {
      await earlier;
      return landedAll(request);
    });
    const key = await run(ledger, { ...MADE, outcome: 'crashed' });
    box.start();
    await until(async () => requests.length === 1);
    await run(ledger, MADE);
    const other = await run(ledger, { task: { taskId: '9' } });
    box.wake();
    await until(async () => (await ledger.getAttempt(other))?.state === 'done');
    expect(requests).toHaveLength(2);
    endEarlier();
    await until(async () => (await ledger.getAttempt(key))?.state === 'done');
    expect(requests).toHaveLength(3);
  });

  it('does not try for ever', async () => {
    const { ledger, box, script, time } = outbox({ maxTries: 2 });
    script.push(BROKEN, BROKEN, BROKEN);
    const key = await run(ledger, MADE);
    box.start();
    await until(async () => (await ledger.getAttempt(key))?.tries === 1);
    time.now += 60_000;
    box.wake();
    await until(async () => (await ledger.getAttempt(key))?.state === 'failed');
  });

  it('lets one poisoned attempt block no other', async () => {
    const { ledger, box, requests } = outbox({
      localPath: async () => {
        throw new SidecarError('blob-corrupt', 'blob ab is corrupt');
      },
    });
    const poisoned = await run(ledger, MADE);
    const healthy = await run(ledger, { task: { taskId: '9' } });
    box.start();
    await until(async () => (await ledger.getAttempt(healthy))?.state === 'done');
    await until(async () => (await ledger.getAttempt(poisoned))?.state === 'failed');
    expect((await ledger.getAttempt(poisoned))?.lastError).toContain('corrupt');
    expect(requests).toHaveLength(1);
  });

  it('waits for an API key and says what to do', async () => {
    const { ledger, box, account, time } = outbox({ target: null });
    const key = await run(ledger, MADE);
    box.start();
    await until(async () => (await ledger.getAttempt(key))?.lastError.includes('wandb login') ?? false);
    account.target = TARGET;
    time.now += 60_000;
    box.wake();
    await until(async () => (await ledger.getAttempt(key))?.state === 'done');
  });

  it('draws the edge later where the producer lands after its consumer', async () => {
    const { ledger, box, script, links } = outbox();
    script.push(() => ({ outcome: 'failed', reason: 'refused' }));
    await run(ledger, MADE);
    const consumer = await run(ledger, READS);
    box.start();
    await until(async () => (await ledger.getAttempt(consumer))?.state === 'done');
    expect(links).toEqual([]);
    await ledger.retryFailed(null);
    box.wake();
    await until(async () => (await ledger.getAttempt(consumer))?.reads[0]?.drawn === true);
    expect(links).toMatchObject([{ run: { runId: consumer }, uses: [{ qualifiedName: 'ada/flows/df:v0' }] }]);
  });

  it('goes on uploading while W&B does not answer to an edge, and asks it for no other edge when that fails', async () => {
    const { ledger, box, uploader } = outbox();
    const asked: LinkRequest[] = [];
    let giveUp: () => void = () => undefined;
    const silence = new Promise<void>((resolve) => {
      giveUp = resolve;
    });
    uploader.link = async (request) => {
      asked.push(request);
      await silence;
      return { outcome: 'retryable', reason: 'W&B answers 503', afterMs: null };
    };
    for (const taskId of ['2', '3']) {
      await run(ledger, { ...READS, task: { stepName: 'end', taskId } });
      await uploadAll(ledger);
    }
    await run(ledger, { ...MADE, task: START });
    await uploadAll(ledger);
    expect(await ledger.countDueLinks()).toBe(2);
    box.start();
    await until(async () => asked.length === 1);
    await run(ledger, { task: { taskId: '9' } });
    box.wake();
    await until(async () => (await ledger.counts()).done === 4);
    giveUp();
    await run(ledger, { task: { taskId: '10' } });
    box.wake();
    await until(async () => (await ledger.counts()).done === 5);
    expect(asked).toHaveLength(1);
  });

  it('offers W&B an edge again that it refused with the upload', async () => {
    const { ledger, box, script, links } = outbox();
    script.push(landedAll, (request) => ({ ...landedAll(request), drawn: [], problems: ['use of df: no'] }));
    await run(ledger, MADE);
    const consumer = await run(ledger, READS);
    box.start();
    await until(async () => (await ledger.getAttempt(consumer))?.reads[0]?.drawn === true);
    expect(links).toMatchObject([{ run: { runId: consumer }, uses: [{ qualifiedName: 'ada/flows/df:v0' }] }]);
  });

  it("says among the problems what of a step's own log came without its files", async () => {
    const { ledger, box } = outbox();
    const key = await begin(ledger, MADE);
    await ledger.appendLog(key, [{ kind: 'lost', what: 'artifact', name: 'model' }]);
    await end(ledger, key, MADE);
    box.start();
    await until(async () => (await ledger.getAttempt(key))?.state === 'done');
    expect((await ledger.getAttempt(key))?.problems).toEqual([
      "artifact model of the step's own log is left out: it did not come whole",
    ]);
  });

  it('asks for no upload again that has landed', async () => {
    const { ledger, box, requests } = outbox();
    await run(ledger, MADE);
    box.start();
    await until(async () => (await ledger.counts()).done === 1);
    box.wake();
    await box.stop();
    expect(requests).toHaveLength(1);
    expect(await ledger.claimUploads(Number.MAX_SAFE_INTEGER, 1000, 10)).toEqual([]);
  });
});
