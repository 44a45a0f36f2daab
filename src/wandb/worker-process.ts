/**
 * Main module of a worker process: hosts pythonia, which is easily hurt, away
 * from the sidecar. Started by {@link Worker}; speaks {@link ToWorker} and
 * {@link FromWorker} over IPC.
 */

import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { type PythonBridge, startPython } from './python-bridge.js';
import { removeScratch, type Scratch } from './scratch.js';
import type { FromWorker, ToWorker } from './worker-protocol.js';

/** How long Python is asked to wait for a result; a new call may have to wait as long. */
const COLLECT_MS = 25;

/** Leaves uploads about a quarter of a core where flows keep all busy; less runs the client into its timeouts. */
const GROUP_NICENESS = 5;

let python: PythonBridge | undefined;
let scratch: Scratch | undefined;
let corePid: number | null = null;
let callsUnderWay = 0;
let collecting = false;

yieldToFlows();
process.on('disconnect', () => killAll());
process.on('uncaughtException', (error) => fail(`the bridge to Python broke: ${error.message}`));
process.on('unhandledRejection', (error) => fail(`the bridge to Python broke: ${textOf(error)}`));
process.on('message', (message: ToWorker) => {
  if (message.kind === 'start') void start(message);
  else void call(message);
});

async function start(options: Extract<ToWorker, { kind: 'start' }>): Promise<void> {
  scratch = options.scratch;
  try {
    python = startPython();
    python.process.on('error', (error) => fail(`Python can't be started: ${error.message}`));
    python.process.on('exit', (code, signal) => fail(`Python ended (${signal ?? `exit code ${code}`})`));
    const ready = await python.configure({ scratchDir: scratch.dir, concurrency: options.concurrency });
    corePid = ready.corePid;
    send({ kind: 'ready', ...ready });
  } catch (error) {
    const remedy = 'install wandb there, or name another interpreter';
    fail(`${process.env.PYTHON_BIN} could not load the W&B client: ${textOf(error)}; ${remedy}`);
  }
}

async function call(message: Extract<ToWorker, { kind: 'call' }>): Promise<void> {
  callsUnderWay += 1;
  try {
    await python?.submit(message.id, message.method, message.request);
    if (!collecting) await collectAll();
  } catch (error) {
    fail(`Python does not answer: ${textOf(error)}`);
  }
}

async function collectAll(): Promise<void> {
  collecting = true;
  while (callsUnderWay > 0 && python) {
    for (const ended of await python.collect(COLLECT_MS)) {
      callsUnderWay -= 1;
      send({ kind: 'result', ...ended });
    }
  }
  collecting = false;
}

function send(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

function fail(reason: string): void {
  if (!process.connected) killAll();
  process.send?.({ kind: 'fatal', reason } satisfies FromWorker, () => killAll());
}

/** Ends wandb-core, Python and this process, and leaves no files. */
function killAll(): void {
  if (corePid !== null) kill(corePid);
  if (python?.process.pid !== undefined) kill(python.process.pid);
  if (scratch) removeScratch(scratch);
  // The group: whatever else Python may have started.
  kill(-process.pid);
  process.exit(1);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // pythonia's errors have no message; the last line of their stack is Python's.
  const lastLine = (error.stack ?? '').trim().split('\n').at(-1) ?? '';
  return error.message || (/[\w.]+(Error|Exception|Exit|Interrupt)\b.*/.exec(lastLine)?.[0] ?? lastLine);
}

/**
 * Gives way to the flows that run beside the uploads; Python and the client's service inherit it.
 */
function yieldToFlows(): void {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  try {
    // A session of its own is a group of its own to Linux's scheduler, and its niceness counts within that only.
    writeFileSync('/proc/self/autogroup', String(GROUP_NICENESS));
  } catch {
    // Not Linux, or without such groups.
  }
}
