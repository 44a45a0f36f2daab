import { setTimeout as delay } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { StatusView, TaskView } from '../app/views.js';
import { failuresTable, problemsTable } from './failures.js';
import { findSidecar, type ReachOptions, type SidecarClient, withReachOptions } from './sidecar-client.js';

const DEFAULT_TIMEOUT_S = 600;
const POLL_MS = 300;
/** The reason why something waits is looked up once in so many polls. */
const POLLS_A_LOOK = 10;
const SHOWN = 100;

/** Adds `drain`: waits until everything that has ended is in W&B. */
export function registerDrain(program: Command): void {
  withReachOptions(program.command('drain'))
    .description('wait until nothing is left to upload; exit code 1 where something failed or time ran out')
    .option('--timeout <seconds>', 'how long to wait at most', seconds, DEFAULT_TIMEOUT_S)
    .action(async (options: ReachOptions & { timeout: number }) => {
      const client = await findSidecar(options, process.env);
      const report = await drain(client, options.timeout * 1000, (line) => console.error(line));
      console.log(report.text);
      process.exitCode = report.exitCode;
    });
}

/** How waiting ended. */
interface DrainReport {
  readonly exitCode: 0 | 1;
  readonly text: string;
}

/**
 * Waits until nothing is on its way, late lineage included. Attempts whose step is still running are
 * not waited for; those whose stream was lost are, until they count as crashed.
 *
 * @param onProgress told in one line whenever the numbers change
 */
async function drain(
  client: SidecarClient,
  timeoutMs: number,
  onProgress: (line: string) => void,
): Promise<DrainReport> {
  const deadline = performance.now() + timeoutMs;
  let told = '';
  for (let poll = 0; ; poll += 1) {
    const status = await client.get<StatusView>('/status');
    const left = leftToDo(status);
    if (left === 0) return ended(client, status);
    if (performance.now() >= deadline) return outOfTime(client, left, status.spool.problem);
    const trouble = poll % POLLS_A_LOOK === POLLS_A_LOOK - 1 ? await troubleOf(client) : '';
    const line = `waiting for ${left} ${left === 1 ? 'attempt' : 'attempts'}${trouble}`;
    if (line !== told) onProgress(line);
    told = line;
    await delay(Math.min(POLL_MS, Math.max(1, deadline - performance.now())));
  }
}

/** Why one of the attempts that wait has failed so far; empty where none has. */
async function troubleOf(client: SidecarClient): Promise<string> {
  const tried = (await tasksIn(client, 'pending')).find(({ lastError }) => lastError !== '');
  return tried ? `; ${tried.pathspec} will be tried again: ${tried.lastError}` : '';
}

function leftToDo({ attempts, streamsOpen, linksDue, spool }: StatusView): number {
  return attempts.pending + Math.max(0, attempts.open - streamsOpen) + linksDue + spool.waiting;
}

async function ended(client: SidecarClient, { attempts }: StatusView): Promise<DrainReport> {
  const held =
    attempts.held === 0
      ? ''
      : `; ${attempts.held} held here, where they stay until \`metaflow-wandb retry\` sends them on`;
  const summary = `${attempts.done} in W&B, ${attempts.failed} failed${held}`;
  const failed = attempts.failed === 0 ? [] : await tasksIn(client, 'failed');
  const partial = (await tasksIn(client, 'done', { problems: 'only' })).filter(isPartial);
  const tables = [
    ...(failed.length > 0 ? [failuresTable(failed)] : []),
    ...(partial.length > 0 ? [`Not whole in W&B:\n${problemsTable(partial)}`] : []),
  ];
  return { exitCode: tables.length === 0 ? 0 : 1, text: [summary, ...tables].join('\n\n') };
}

/** Whether something of an attempt is missing in W&B; notes tell of what landed otherwise than asked. */
function isPartial({ problems }: TaskView): boolean {
  return problems.some((problem) => !problem.startsWith('note: '));
}

async function outOfTime(
  client: SidecarClient,
  left: number,
  spoolProblem: string | null,
): Promise<DrainReport> {
  const waiting = [...(await tasksIn(client, 'failed')), ...(await tasksIn(client, 'pending'))];
  const summary = `time ran out with ${left} on their way; the sidecar goes on with them`;
  const spooled = spoolProblem === null ? '' : `\n\nSpool files wait: ${spoolProblem}`;
  return { exitCode: 1, text: `${summary}\n\n${failuresTable(waiting)}${spooled}` };
}

async function tasksIn(
  client: SidecarClient,
  state: 'failed' | 'pending' | 'done',
  more: Readonly<Record<string, string>> = {},
): Promise<TaskView[]> {
  const query = { state, limit: String(SHOWN), ...more };
  return (await client.get<{ uploads: TaskView[] }>('/uploads', query)).uploads;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 7 * 24 * 3600))
    throw new InvalidArgumentError('must be seconds, a week at most');
  return value;
}
