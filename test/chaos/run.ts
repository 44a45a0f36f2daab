import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonBin } from '../support/python.js';
import { inflict } from './faults.js';
import { type FlowEnd, startFlow } from './flows.js';
import { type Computed, type Judgement, judge, type Logged, type Recorded } from './judge.js';
import { planRound, type Round } from './schedule.js';
import { PROJECT, programHas, World } from './world.js';

const run = promisify(execFile);
const FOUND = fileURLToPath(new URL('found.py', import.meta.url));
const DRAIN_S = '900';
/** Flow runs that are looked up at once. */
const BATCH = 20;

/** What is asked for. */
export interface ChaosOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

/** What came of it. */
export interface ChaosReport extends Judgement {
  readonly flows: number;
  readonly tasks: number;
  /** Runs in W&B, those of attempts that were killed included. */
  readonly runsInWandb: number;
  readonly faults: Readonly<Record<string, number>>;
  /** Flows that did not end as they should have. */
  readonly broken: readonly string[];
  /** Times that the sidecar or W&B ended without having been killed. */
  readonly crashes: readonly string[];
  /** Empty: all was uploaded in the end; else what drain said. */
  readonly undrained: string;
}

/** Runs flows while everything around them breaks, and then compares what is where. */
export async function runChaos({ rounds, seed, say }: ChaosOptions): Promise<ChaosReport> {
  const world = await World.start();
  try {
    if (!world.disk.canBeFull) say('no file system can be mounted here, so no disk will be full');
    const ends: FlowEnd[] = [];
    const faults: Record<string, number> = {};
    for (let round = 1; round <= rounds; round += 1) {
      const plan = planRound(seed, round);
      for (const { kind } of plan.faults) faults[kind] = (faults[kind] ?? 0) + 1;
      const ended = await runRound(world, plan);
      ends.push(...ended);
      const broken = ended.filter((end) => end.broken !== '').length;
      const took = Math.max(...ended.map(({ seconds }) => Math.round(seconds)));
      const kinds = plan.faults.map(({ kind, atMs }) => `${kind} at ${atMs}`).join(', ');
      say(`round ${round} of ${rounds}: ${took} s, ${broken} flows broken; ${kinds}`);
    }
    say('all is well again; waiting until everything is in W&B');
    const undrained = await settle(world);
    return { ...(await compare(world, ends)), faults, undrained };
  } finally {
    await world.close();
  }
}

async function runRound(world: World, { flowSeeds, faults }: Round): Promise<FlowEnd[]> {
  const flows = flowSeeds.map((seed) => startFlow(world, seed));
  const pids = flows.map(({ pid }) => pid);
  const hurting = faults.map(async (fault) => {
    await delay(fault.atMs);
    await inflict(world, fault, pids);
  });
  const ends = await Promise.all(flows.map(({ ended }) => ended));
  await Promise.all(hurting);
  return ends;
}

/** Takes in what was spooled, and waits for the uploads. Returns what went wrong; empty: nothing. */
async function settle(world: World): Promise<string> {
  await world.ready();
  if (programHas('import-spool')) await world.command('import-spool', world.spoolDir);
  const { code, output } = await world.command('drain', '--timeout', DRAIN_S);
  return code === 0 ? '' : output;
}

async function compare(
  world: World,
  ends: readonly FlowEnd[],
): Promise<Omit<ChaosReport, 'faults' | 'undrained'>> {
  const started = ends.filter(({ runId }) => runId !== '');
  const { computed, logged } = await lookUp(
    world,
    started.map(({ runId }) => runId),
  );
  const recorded: Recorded[] = [];
  for (const { runId } of started) {
    const query = { pathspec: `ChaosFlow/${runId}`, limit: '1000' };
    recorded.push(...(await world.api<{ tasks: Recorded[] }>('/tasks', query)).tasks);
  }
  const reports = new Map(ends.flatMap((end) => [...end.reports]));
  const judgement = judge({ computed, logged, recorded, reports, spooled: spooledIn(world) });
  return {
    ...judgement,
    ...{ flows: ends.length, tasks: computed.length, runsInWandb: logged.length },
    broken: ends
      .filter(({ broken }) => broken !== '')
      .map(({ seed, broken }) => `flow of seed ${seed}: ${broken}`),
    crashes: [...world.sidecar.crashes, ...world.wandb.crashes],
  };
}

async function lookUp(
  world: World,
  runIds: readonly string[],
): Promise<{ computed: Computed[]; logged: Logged[] }> {
  const computed: Computed[] = [];
  const logged: Logged[] = [];
  for (let at = 0; at < runIds.length; at += BATCH) {
    const args = [FOUND, PROJECT, ...runIds.slice(at, at + BATCH)];
    const options = { env: world.readerEnvironment(), cwd: world.home, maxBuffer: 64 * 1024 ** 2 };
    const { stdout } = await run(pythonBin, args, options);
    for (const line of stdout.split('\n').filter((text) => text.startsWith('{'))) {
      const entry = JSON.parse(line) as { computed?: Computed; logged?: Logged };
      if (entry.computed) computed.push(entry.computed);
      if (entry.logged) logged.push(entry.logged);
    }
  }
  return { computed, logged };
}

/** Pathspecs of what waits in spool files: their names begin with it, dots for slashes. */
function spooledIn(world: World): Set<string> {
  if (!existsSync(world.spoolDir)) return new Set();
  const names = readdirSync(world.spoolDir).filter((name) => /\.(spool|part)$/.test(name));
  return new Set(names.map((name) => name.split('.').slice(0, 4).join('/')));
}
