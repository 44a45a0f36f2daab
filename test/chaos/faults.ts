import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Seeded } from '../support/seeded.js';
import type { Fault, FaultKind } from './schedule.js';
import { wandbMode } from './wandb-modes.js';
import type { World } from './world.js';

const run = promisify(execFile);

/** Hurts something, and mends it when it is time; resolves when it is well again. */
type Hurt = (world: World, fault: Fault, flowPids: readonly number[]) => Promise<unknown>;

const HURTS: Partial<Record<FaultKind, Hurt>> = {
  'kill-sidecar': ({ sidecar }, { forMs }) => sidecar.killFor(forMs),
  'kill-wandb': ({ wandb }, { forMs }) => wandb.killFor(forMs),
  'stop-sidecar': async ({ sidecar }, { forMs }) => {
    const { pid } = sidecar;
    if (pid === null) return;
    signal(pid, 'SIGSTOP');
    await delay(forMs * 2);
    signal(pid, 'SIGCONT');
  },
  'kill-worker': (world, fault) => killBelowSidecar(world, fault, 'worker-process'),
  'kill-worker-python': (world, fault) => killBelowSidecar(world, fault, 'pythonia'),
  'kill-wandb-core': (world, fault) => killBelowSidecar(world, fault, 'wandb-core'),
  'kill-task': async (_world, { share }, flowPids) => {
    // Metaflow's launcher has one child for each task that runs.
    const children = (await Promise.all(flowPids.map((pid) => below(pid)))).flat();
    killOne(
      children.filter(({ command }) => command.includes(' step ')),
      share,
    );
  },
  'cut-sockets': async ({ sockets }) => sockets.cut(),
  'mute-sockets': async ({ sockets }, { forMs }) => {
    sockets.mute();
    await delay(forMs * 2);
    sockets.unmute();
  },
  'fill-disk': async ({ disk }, { forMs }) => {
    disk.fill();
    await delay(forMs);
    disk.clear();
  },
};

/** Does a fault to the world, and mends it. */
export async function inflict(world: World, fault: Fault, flowPids: readonly number[]): Promise<void> {
  const mode = wandbMode(fault.kind);
  if (!mode) {
    await HURTS[fault.kind]?.(world, fault, flowPids);
    return;
  }
  const random = new Seeded(Math.floor(fault.share * 2 ** 32));
  world.wandbProxy.decide = (request) => mode(request, random);
  await delay(fault.forMs);
  world.wandbProxy.decide = () => 'pass';
  // Whoever waits for an answer gets none.
  if (fault.kind === 'wandb-stall' || fault.kind === 'wandb-lost-answers') world.wandbProxy.cut();
}

async function killBelowSidecar(world: World, { share }: Fault, command: string): Promise<void> {
  const { pid } = world.sidecar;
  if (pid === null) return;
  killOne(
    (await below(pid)).filter((process) => process.command.includes(command)),
    share,
  );
}

function killOne(processes: readonly { readonly pid: number }[], share: number): void {
  const chosen = processes[Math.floor(share * processes.length)];
  if (chosen) signal(chosen.pid, 'SIGKILL');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}

/** Processes below one, at any depth. */
async function below(root: number): Promise<{ readonly pid: number; readonly command: string }[]> {
  const { stdout } = await run('ps', ['-eo', 'pid=,ppid=,args=']);
  const all = stdout
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .flatMap((match) =>
      match ? [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] ?? '' }] : [],
    );
  const found: typeof all = [];
  for (let parents = [root]; parents.length > 0; ) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map(({ pid }) => pid);
  }
  return found;
}
