import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { Destinations } from './app/destinations.js';
import { Outbox } from './app/drain-outbox.js';
import { fetchUploaded } from './app/fetch-uploaded.js';
import { followReplay, type ReplayReport } from './app/follow-replay.js';
import { taskView } from './app/views.js';
import { openBorrowedBlobs } from './blobs/borrowed-blobs.js';
import { failuresTable, problemsTable } from './cli/failures.js';
import { defaultDataDir } from './data-dir.js';
import { SidecarError } from './domain/errors.js';
import { EmbeddedOrigin } from './embedded-origin.js';
import { openReplay } from './ledger/replay/open-replay.js';
import { createLogger } from './logger.js';
import type { Destination } from './ports/ledger.js';
import type { ForeignUse, ReplayLedger } from './ports/replay-ledger.js';
import type { Target, Uploader } from './ports/uploader.js';
import { pythonInterpreter } from './python-interpreter.js';
import { environmentAccount } from './wandb/environment-account.js';
import { isKeyRefused } from './wandb/key-refused.js';
import { createPythoniaUploader } from './wandb/pythonia-uploader.js';

interface ReplayFlags {
  readonly to: string;
  readonly dataDir?: string;
  readonly python?: string;
}

/** Where a replay comes from, goes to, and keeps how far it has come. */
interface ReplayPlan {
  readonly dataDir: string;
  readonly target: Target;
  /** Directory of this replay alone. */
  readonly dir: string;
  readonly python: string | null;
}

/** One after the other, so that versions are numbered and `latest` is set as they were. */
const CONCURRENCY = 1;
/** At ten minutes between tries, a week. */
const MAX_TRIES = 1000;
const STOP_GRACE_MS = 5_000;
const FOREIGN_SHOWN = 20;

/** Registers `replay`: sends all that a sidecar has ever recorded to another W&B. */
export function registerReplay(program: Command): void {
  program
    .command('replay')
    .description(
      'send everything that a sidecar has recorded, lineage included, to another W&B; its key comes from ' +
        'WANDB_API_KEY, or from where `wandb login --host URL` put it',
    )
    .requiredOption('--to <url>', 'base URL of that W&B, such as https://api.wandb.ai')
    .option('--data-dir <dir>', "the sidecar's data directory (default: ~/.metaflow-wandb)")
    .option('--python <path>', 'Python interpreter that has wandb')
    .action(async (flags: ReplayFlags) => {
      const plan = await planReplay(flags, process.env);
      const { report, replay } = await runReplay(plan);
      console.log(reportText(report, replay.foreignUses, plan.target.baseUrl));
      const isWhole = report.isOver && report.failed.length + report.partial.length + report.linksLeft === 0;
      process.exitCode = isWhole ? 0 : 1;
    });
}

async function planReplay({ to, dataDir, python }: ReplayFlags, env: NodeJS.ProcessEnv): Promise<ReplayPlan> {
  const baseUrl = to.replace(/\/+$/, '');
  if (!/^https?:\/\//.test(baseUrl) || !URL.canParse(baseUrl)) {
    throw new SidecarError('misconfigured', `--to: ${to} is no URL`, 'give one such as https://api.wandb.ai');
  }
  const target = await environmentAccount({ ...env, WANDB_BASE_URL: baseUrl }).current();
  if (!target) {
    const hint = `set WANDB_API_KEY, or run \`wandb login --host ${baseUrl}\``;
    throw new SidecarError('misconfigured', `no API key for ${baseUrl} is configured`, hint);
  }
  if (await isKeyRefused(target)) {
    const hint = `set WANDB_API_KEY to one of ${baseUrl}, or run \`wandb login --relogin --host ${baseUrl}\``;
    throw new SidecarError('misconfigured', `${baseUrl} does not take the API key`, hint);
  }
  const source = resolve(dataDir ?? (env.METAFLOW_WANDB_SERVE_DATA_DIR || defaultDataDir()));
  if (!existsSync(join(source, 'ledger.db'))) {
    throw new SidecarError('misconfigured', `no sidecar has ever run on ${source}`, 'give --data-dir');
  }
  // Another entity is another place to send it all to.
  const place = JSON.stringify([baseUrl, env.WANDB_ENTITY ?? '']);
  const name = `${new URL(baseUrl).hostname}-${createHash('sha256').update(place).digest('hex').slice(0, 12)}`;
  return { dataDir: source, target, dir: join(source, 'replays', name), python: python ?? null };
}

async function runReplay(plan: ReplayPlan): Promise<{ report: ReplayReport; replay: ReplayLedger }> {
  const { dataDir, dir, target } = plan;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const replay = await openReplay({
    path: join(dir, 'ledger.db'),
    sourcePath: join(dataDir, 'ledger.db'),
  });
  const embedded = new EmbeddedOrigin(dataDir);
  const outbox = await createOutbox(plan, replay, embedded);
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  console.error(
    `replaying to ${target.baseUrl}; it goes on, through outages too, until all is there, and can be interrupted and repeated`,
  );
  try {
    await replay.ledger.retryFailed(null);
    outbox.start();
    const report = await followReplay(replay.ledger, interrupted.signal, (line) => console.error(line));
    if (report.isOver && report.failed.length === 0) await rm(join(dir, 'blobs'), { recursive: true });
    return { report, replay };
  } finally {
    await outbox.stop();
    await embedded.close();
    await replay.ledger.close();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** The ordinary outbox, on the replay's ledger. */
async function createOutbox(
  { dataDir, dir, target, python }: ReplayPlan,
  { ledger, originsOf }: ReplayLedger,
  embedded: EmbeddedOrigin,
): Promise<{ start(): void; stop(): Promise<void> }> {
  const uploader = createPythoniaUploader({
    dataDir: dir,
    pythonBin: pythonInterpreter(python),
    workers: CONCURRENCY,
    concurrency: CONCURRENCY,
  });
  const targetOf = (destination: Destination) => originTarget(destination, embedded);
  const blobs = await openBorrowedBlobs({
    dir: join(dir, 'blobs'),
    sourceDir: join(dataDir, 'blobs'),
    fetch: (sha256, take) => fetchUploaded(sha256, take, { originsOf, finder: uploader, targetOf }),
  });
  const { WANDB_ENTITY: entity, WANDB_PROJECT: project } = process.env;
  const own = { entity: entity || null, project: project || null };
  const outbox = new Outbox({
    ...{ ledger, blobs, uploader, rowsDir: join(dir, 'rows'), maxTries: MAX_TRIES },
    destinations: new Destinations('wandb', { current: async () => target }, null, own),
    live: { settled: async () => undefined },
    clock: { nowMs: () => Date.now(), steadyMs: () => performance.now() },
    logger: createLogger(join(dir, 'replay.log')),
    random: Math.random,
    concurrency: CONCURRENCY,
    leaveOutGone: true,
    observe: () => undefined,
  });
  return {
    start: () => outbox.start(),
    stop: () => stopWithin(STOP_GRACE_MS, outbox, uploader),
  };
}

/** What is under way may end; what takes longer is cut off, and sent again by the next run. */
async function stopWithin(
  graceMs: number,
  outbox: Pick<Outbox, 'stop'>,
  uploader: Pick<Uploader, 'close'>,
): Promise<void> {
  const stopped = outbox.stop();
  await Promise.race([stopped, new Promise<void>((end) => setTimeout(end, graceMs).unref())]);
  await uploader.close();
  await stopped;
}

/** The W&B that history was uploaded to. `WANDB_API_KEY` is the other one's, and goes nowhere else. */
async function originTarget(destination: Destination, embedded: EmbeddedOrigin): Promise<Target | null> {
  if (destination === 'local') return embedded.target();
  if (destination !== 'wandb') return null;
  const { WANDB_API_KEY: _, ...env } = process.env;
  return environmentAccount(env).current();
}

function reportText(report: ReplayReport, foreign: readonly ForeignUse[], url: string): string {
  const { isOver, done, failed, partial, linksLeft } = report;
  const links = linksLeft === 0 ? '' : `, ${linksLeft} with lineage that is not drawn`;
  const parts = [
    isOver
      ? `${done} attempts are at ${url}, ${failed.length} failed${links}`
      : `interrupted with ${done} attempts at ${url}; the same command goes on from there`,
  ];
  if (failed.length > 0) parts.push(failuresTable(failed.map(taskView)));
  if (partial.length > 0) parts.push(`Not whole in W&B:\n${problemsTable(partial.map(taskView))}`);
  if (foreign.length > 0) {
    const lines = foreign.slice(0, FOREIGN_SHOWN).map((use) => `  ${use.pathspec}: ${use.qualifiedName}`);
    const more = foreign.length > FOREIGN_SHOWN ? `\n  … and ${foreign.length - FOREIGN_SHOWN} more` : '';
    parts.push(
      `Inputs that were logged by nobody recorded here, and so are left out:\n${lines.join('\n')}${more}`,
    );
  }
  return parts.join('\n\n');
}
