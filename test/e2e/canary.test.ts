import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOKEN, World } from '../chaos/world.js';
import {
  type Canaries,
  type Carrier,
  canariesBelow,
  canariesIn,
  carriers,
  read,
} from '../support/canaries.js';
import { descendants } from '../support/processes.js';
import { type FlowEnd, runFlow } from '../support/run-flow.js';

const FLOW = fileURLToPath(new URL('flows/canary.py', import.meta.url));
const HTTP = ['/healthz', '/readyz', '/metrics', '/'];
const API = ['status', 'flows', 'runs', 'tasks', 'uploads', 'uploads?state=done', 'lineage?of=Canary'];

/** A flow has run, and W&B has refused two of its runs with words that hold the key. */
describe('the keys and tokens', () => {
  let world: World;
  let canaries: Canaries;
  let flow: FlowEnd;
  let runs: string;
  let drained: string;
  let answers: readonly string[];
  const seen = new Map<number, Carrier>();
  /** The limits of each process below the sidecar, by its pid; kept, since a refused run's worker is replaced. */
  const uploader = new Map<number, { readonly command: string; readonly limits: string }>();

  beforeAll(async () => {
    world = await World.start();
    const [ofSettings, ofStep] = [randomBytes(20).toString('hex'), randomBytes(20).toString('hex')];
    canaries = {
      'API key': world.apiKey,
      token: TOKEN,
      "the settings' key": ofSettings,
      "the step's key": ofStep,
    };
    const { apiKey } = world;
    const echo = `no ${apiKey} ${Buffer.from(`api:${apiKey}`).toString('base64')}`;
    let refusals = 2;
    world.wandbProxy.decide = ({ operation }) => {
      if (operation !== 'UpsertBucket' || refusals === 0) return 'pass';
      refusals -= 1;
      return { status: 403, body: JSON.stringify({ errors: [{ message: echo }] }) };
    };
    const stopWatching = watch();
    const env = { ...world.flowEnvironment(), SETTINGS_CANARY: ofSettings, WANDB_API_KEY: ofStep };
    flow = await runFlow(FLOW, env);
    drained = (await world.command('drain', '--timeout', '120')).output;
    const { http } = await world.sidecarFile();
    answers = await answersOf(http);
    runs = JSON.stringify(await world.api('/tasks', { pathspec: 'Canary' }));
    stopWatching();
  }, 200_000);
  afterAll(() => world.close());

  /** Looks at all processes again and again. */
  function watch(): () => void {
    let watching = true;
    const look = async () => {
      while (watching) {
        for (const pid of await descendants(world.sidecar.pid ?? 0)) {
          const now = { command: read(`/proc/${pid}/cmdline`), limits: read(`/proc/${pid}/limits`) };
          // One that has ended has neither; what it had before counts.
          if (now.command !== '' || !uploader.has(pid)) uploader.set(pid, now);
        }
        for (const carrier of carriers(canaries)) {
          // One whose parent has ended since it was first seen has another one now.
          const parent = seen.get(carrier.pid)?.parent || carrier.parent;
          seen.set(carrier.pid, { ...carrier, parent });
        }
        await delay(100);
      }
    };
    void look();
    return () => {
      watching = false;
    };
  }

  /** By parents as well: a program that runs for a moment may have come after the look at the uploader. */
  function isOfSidecar(pid: number): boolean {
    if (pid === world.sidecar.pid || uploader.has(pid)) return true;
    const parent = seen.get(pid)?.parent;
    return parent !== undefined && isOfSidecar(parent);
  }

  it('do their work: the flow runs, and what W&B does not refuse is there', () => {
    expect(flow).toMatchObject({ exitCode: 0, output: expect.stringContaining('READ 1 5') });
    expect(runs.match(/"state":"done"/g)).toHaveLength(1);
    expect(runs.match(/"state":"failed"/g)).toHaveLength(2);
  });

  it("are in no process's arguments, and the API key is in the environment of the sidecar and its uploader alone", () => {
    const all = [...seen.values()];
    expect(all.filter(({ inArguments }) => inArguments.length > 0)).toEqual([]);
    const withKey = all.filter(({ inEnvironment }) => inEnvironment.includes('API key'));
    expect(withKey.filter(({ pid }) => !isOfSidecar(pid)).map(({ command }) => command)).toEqual([]);
    expect(withKey.length).toBeGreaterThanOrEqual(3);
  });

  it('are not in what the flow and the sidecar print', () => {
    const { output } = world.sidecar;
    expect(canariesIn(flow.output, canaries)).toEqual([]);
    expect(output).toContain('[key]');
    // The link that `serve` prints carries the token, as it should.
    expect(canariesIn(output.replace(`?token=${TOKEN}`, ''), canaries)).toEqual([]);
  });

  it("are in no file: not in Metaflow's datastore, the ledger, blobs, logs or what else lies about", () => {
    const home = canariesBelow(world.home, canaries, [
      join(world.home, 'wandb'),
      // The client notes W&B's answers there; it is the owner's alone, and goes with the uploader.
      join(world.home, 'data', 'uploader'),
      // It lets the owner's commands in.
      join(world.home, 'data', 'sidecar.json'),
    ]);
    expect(home).toEqual([]);
    expect(statSync(join(world.home, 'data', 'uploader')).mode & 0o077).toBe(0);
  });

  it('would not be in a core dump of the uploader, for there is none', () => {
    // The client's service and the Python that hosts the client; Node.js hands the key on to them.
    const running = [...uploader.values()].filter(({ command }) => /python|wandb-core/.test(command));
    expect(running.length).toBeGreaterThanOrEqual(2);
    for (const { limits } of running) expect(limits).toMatch(/^Max core file size +0 +0 /m);
  });

  it("are in no answer of the HTTP side and of the commands, W&B's refusals included", () => {
    expect(drained).toContain('[key]');
    expect(canariesIn(drained, canaries)).toEqual([]);
    expect(answers.length).toBeGreaterThan(12);
    expect(answers.join()).toContain('[key]');
    expect(answers.flatMap((answer) => canariesIn(answer, canaries))).toEqual([]);
  });
});

/** What the HTTP side tells of everything. */
async function answersOf(http: string): Promise<string[]> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const get = async (path: string) => (await fetch(`${http}${path}`, { headers })).text();
  const tasks = await get('/api/v1/tasks');
  const details = [...tasks.matchAll(/"key":"([0-9a-f]+)"/g)].map(([, key]) => `tasks/${key}`);
  return Promise.all([...HTTP, ...[...API, ...details].map((path) => `/api/v1/${path}`)].map(get));
}
