import type { Command } from 'commander';
import type { StatusView, TaskView } from '../app/views.js';
import { failuresTable } from './failures.js';
import { findSidecar, type ReachOptions, withReachOptions } from './sidecar-client.js';
import { bytes, duration } from './table.js';

/** Adds `status`: what the sidecar does, where data goes, and what failed. */
export function registerStatus(program: Command): void {
  withReachOptions(program.command('status'))
    .description('show what the running sidecar does, where data goes, and which uploads failed')
    .option('--json', 'print everything as JSON')
    .action(async (options: ReachOptions & { json?: boolean }) => {
      const client = await findSidecar(options, process.env);
      const status = await client.get<StatusView>('/status');
      if (options.json) return console.log(JSON.stringify(status, null, 2));
      const query = { state: 'pending', limit: String(LOOKED_AT) };
      const { uploads } = await client.get<{ uploads: TaskView[] }>('/uploads', query);
      console.log(statusText(status, uploads, Date.now()));
    });
}

/** Waiting attempts that are looked at for reasons. */
const LOOKED_AT = 100;
const SHOWN_WAITING = 5;

/** The status for people. */
function statusText(status: StatusView, waitingUploads: readonly TaskView[], nowMs: number): string {
  const { attempts, oldestPendingAtMs, failures } = status;
  const waiting = oldestPendingAtMs === null ? '' : ` (oldest for ${duration(nowMs - oldestPendingAtMs)})`;
  const lines = [
    ['sidecar', `${status.version}, up for ${duration(nowMs - status.startedAtMs)}`],
    ['listens', status.grpc.join(', ')],
    ['destination', destinationText(status)],
    ['W&B', status.account?.baseUrl ?? 'no API key is configured'],
    ['embedded', embeddedText(status)],
    ['streams', `${status.streamsOpen} live`],
    ['payloads', payloadsText(status)],
    ['disk', diskText(status)],
    ['attempts', `${attempts.open} open, ${attempts.pending} waiting${waiting}, ${attempts.done} in W&B`],
    ['', `${attempts.held} held, ${attempts.failed} failed, ${attempts.unlogged} kept for lineage alone`],
    ...(status.uploadProblem ? [['uploads', `fail: ${status.uploadProblem}`]] : []),
    ...spoolLines(status.spool),
  ].map(([name, text]) => `${(name ?? '').padEnd(12)} ${text}`);
  const tried = waitingUploads.filter(({ lastError }) => lastError !== '').slice(0, SHOWN_WAITING);
  if (tried.length > 0) lines.push('', `To be tried again:\n${failuresTable(tried)}`);
  if (failures.length === 0) return lines.join('\n');
  const more = attempts.failed > failures.length ? `\n  … and ${attempts.failed - failures.length} more` : '';
  const advice = 'Once the cause is gone, `metaflow-wandb retry` uploads them again.';
  return [...lines, '', `${failuresTable(failures)}${more}`, '', advice].join('\n');
}

/** Shown where something is there to be told. */
function spoolLines({ waiting, elsewhere, refused, problem }: StatusView['spool']): string[][] {
  const files = (count: number, what: string) => (count === 0 ? [] : [`${count} ${what}`]);
  const counts = [
    ...files(waiting, 'files to be taken in'),
    ...files(elsewhere, 'of other hosts, unfinished (`metaflow-wandb import-spool DIR --all` takes them in)'),
    ...files(refused, 'set aside in refused/, each with its reason'),
  ];
  const lines = counts.length === 0 ? [] : [['spool', counts.join(', ')]];
  return problem === null ? lines : [...lines, ['', problem]];
}

function payloadsText({ blobBytes, blobUse, retentionMs }: StatusView): string {
  const uploaded = `${bytes(blobBytes)} kept, ${bytes(blobUse.uploadedBytes)} of them in W&B`;
  if (retentionMs === null) return `${uploaded}; none are removed`;
  const goes = retentionMs === 0 ? 'go at once' : `go ${duration(retentionMs)} after their upload`;
  return `${uploaded}; these ${goes}, now ${bytes(blobUse.expiredBytes)}`;
}

function diskText({ disk }: StatusView): string {
  if (disk.problem !== null) return disk.problem;
  const { freeBytes, minFreeBytes } = disk;
  if (freeBytes === null) return 'free space unknown';
  return `${bytes(freeBytes)} free; below ${bytes(minFreeBytes)} nothing new is taken in`;
}

function destinationText({ destination, account }: StatusView): string {
  if (destination !== 'auto') return destination;
  return `auto: now ${account ? 'wandb' : 'local, since no W&B API key is configured'}`;
}

function embeddedText({ wandbLocal }: StatusView): string {
  return wandbLocal ? `${wandbLocal.url}/${wandbLocal.entity}` : 'not running';
}
