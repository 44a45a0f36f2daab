import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Destinations } from './app/destinations.js';
import { DiskFloor } from './app/disk-floor.js';
import { Outbox } from './app/drain-outbox.js';
import { LiveRuns } from './app/live-runs.js';
import { readinessProblem } from './app/readiness.js';
import { Retention } from './app/retention.js';
import { StepArtifacts } from './app/step-artifacts.js';
import { Streams } from './app/streams.js';
import { createDirectoryBlobStore } from './blobs/directory-blob-store.js';
import type { ServeConfig } from './config.js';
import { startCrashCheck } from './crash-check.js';
import { freeBytesOf } from './disk-space.js';
import { SidecarError } from './domain/errors.js';
import { asEmbedded, startEmbedded } from './embedded-wandb.js';
import { type Failpoints, failpointsFrom } from './failpoints.js';
import type { IngestDeps } from './grpc/ingest-service.js';
import { type GrpcServer, startGrpcServer } from './grpc/server.js';
import { startIdleExit } from './idle-exit.js';
import { createSqliteLedger } from './ledger/sqlite-ledger.js';
import { cannotListen, grpcAddresses, guardSockets, requireSafeAddresses } from './listen.js';
import { createPrometheusMetrics, type PrometheusMetrics } from './metrics/prometheus.js';
import type { BlobStore } from './ports/blob-store.js';
import type { Clock } from './ports/clock.js';
import type { Ledger } from './ports/ledger.js';
import type { Logger } from './ports/logger.js';
import type { Uploader } from './ports/uploader.js';
import { pythonInterpreter } from './python-interpreter.js';
import { startRetention } from './retention-sweep.js';
import { startHttpServer } from './serve-http.js';
import { keepSidecarFile, type SidecarFile } from './sidecar-file.js';
import { createSpoolCheck } from './spool-check.js';
import { loadTenants, type TenantEntry } from './tenants-file.js';
import { environmentAccount } from './wandb/environment-account.js';
import { createPythoniaUploader } from './wandb/pythonia-uploader.js';
import type { WandbLocal } from './wandb-local/index.js';

/** A running sidecar. */
export interface Sidecar {
  /** Where it is and how to be let in. */
  readonly file: SidecarFile;
  /** Resolves when it may end, since nothing is left to do; null: it runs until it is told to stop. */
  readonly idle: Promise<void> | null;
  /** Shuts down in order: nothing new, then what is under way, then what holds it. Bounded. */
  close(): Promise<void>;
}

/** The sidecar's parts that others are made of. */
interface Core {
  readonly config: ServeConfig;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly blobs: BlobStore;
  readonly embedded: WandbLocal | null;
  readonly destinations: Destinations;
  readonly streams: Streams;
  readonly live: LiveRuns;
  /** Directory for files that an upload needs while it goes on. */
  readonly rowsDir: string;
  readonly uploader: Uploader;
  readonly metrics: PrometheusMetrics;
  readonly reached: Failpoints['reached'];
  readonly room: DiskFloor;
  readonly retention: Retention;
  /** Asked of HTTP requests and of gRPC clients over TCP. */
  readonly token: string;
  readonly tenants: readonly TenantEntry[];
}

/** How long streams and uploads under way may go on at shutdown; both are taken up again later. */
const SHUTDOWN_GRACE_MS = 10_000;
/** At ten minutes between tries, a week; then somebody has to look. */
const MAX_TRIES = 1000;
/** Uploads that one worker process does at once. */
const UPLOADS_PER_WORKER = 4;

/**
 * Starts a sidecar: everything that is wired to everything else is wired here.
 *
 * @throws SidecarError where it is misconfigured or its ledger can't be used
 */
export async function startSidecar(config: ServeConfig, logger: Logger): Promise<Sidecar> {
  requireSafeAddresses(config);
  const core = await createCore(config, logger);
  const { ledger, streams, metrics } = core;
  const outbox = new Outbox({
    ...core,
    random: Math.random,
    concurrency: config.workers * UPLOADS_PER_WORKER,
    maxTries: MAX_TRIES,
    lastStepAtMs: () => streams.lastChangeAtMs,
    observe: metrics.uploadEnded,
  });
  const ingest = ingestDeps(core, () => outbox.wake());
  const grpc = await listenForSteps(core, ingest);
  const spool = createSpoolCheck({ ...core, ingest, grpc: grpc.addresses });
  const http = await startHttpServer({
    ...{ ...core, spool: spool.current, trouble: () => outbox.trouble },
    grpc: grpc.addresses,
    onRetry: () => outbox.resume(),
  });
  outbox.start();
  const idleExit = await startIdleExit(core);
  const removals = startRetention(core.retention, logger);
  const crashCheck = startCrashCheck(streams, logger, () => outbox.wake());
  spool.start();
  const file = sidecarFile(core, grpc.addresses, http.url);
  const removeFile = await keepSidecarFile(config.dataDir, file, logger);
  return {
    file,
    idle: idleExit?.due ?? null,
    async close() {
      crashCheck.stop();
      idleExit?.stop();
      const removed = removals.stop();
      await removeFile();
      await spool.stop();
      await grpc.close(SHUTDOWN_GRACE_MS);
      await http.close();
      await within(Promise.all([outbox.stop(), core.live.stop()]), SHUTDOWN_GRACE_MS);
      await core.uploader.close();
      await outbox.stop();
      await removed;
      await core.embedded?.close();
      await ledger.close();
      await idleExit?.close();
    },
  };
}

async function createCore(config: ServeConfig, logger: Logger): Promise<Core> {
  const token = config.token ?? randomBytes(24).toString('base64url');
  const tenants = await loadTenants(config.tenants, token);
  await makeDataDir(config.dataDir);
  const clock: Clock = { nowMs: () => Date.now(), steadyMs: () => performance.now() };
  const { reached, after } = failpointsFrom(process.env);
  const ledger = after('ledger', await createSqliteLedger({ path: join(config.dataDir, 'ledger.db') }));
  const blobs = await createDirectoryBlobStore({ dir: join(config.dataDir, 'blobs'), reached });
  const embedded = await startEmbedded(config, logger);
  const streams = new Streams(ledger, clock, config.crashGraceS * 1000);
  const { minFreeBytes, retentionMs } = config;
  const room = new DiskFloor({ freeBytes: freeBytesOf(config.dataDir), minFreeBytes });
  const own = { entity: config.wandbEntity, project: config.wandbProject };
  const { destination: policy } = config;
  const destinations = new Destinations(policy, environmentAccount(), asEmbedded(embedded), own, tenants);
  const metrics = createPrometheusMetrics({
    ...{ ledger, blobs, clock, room, streamsOpen: () => streams.count },
    problem: () => readinessProblem({ ledger, room, destinations, policy }),
  });
  const retention = new Retention({ ledger, blobs, clock, retentionMs, observe: metrics.blobRemoved });
  const pythonia = createPythoniaUploader({
    dataDir: config.dataDir,
    pythonBin: pythonInterpreter(config.python),
    workers: config.workers,
    concurrency: UPLOADS_PER_WORKER,
    onWorkerDeath: metrics.workerRestarted,
  });
  const uploader: Uploader = after('uploader', pythonia);
  // What an earlier process left there serves nobody.
  const rowsDir = join(config.dataDir, 'rows');
  await rm(rowsDir, { recursive: true, force: true });
  const { random } = Math;
  const live = new LiveRuns({ ledger, blobs, uploader, destinations, clock, logger, random, rowsDir });
  return {
    ...{ config, logger, clock, ledger, blobs, embedded, streams, metrics },
    ...{ destinations, uploader, live, rowsDir, reached, room, retention },
    ...{ token, tenants },
  };
}

async function makeDataDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 }).catch((error) => {
    const hint = 'check the rights and the free space there, or give another --data-dir';
    throw new SidecarError(
      'misconfigured',
      `the data directory ${dir} can't be made: ${error.message}`,
      hint,
    );
  });
}

function ingestDeps(core: Core, onClosed: () => void): IngestDeps {
  return {
    recorder: { ...core, limits: core.config.limits.ingest },
    artifacts: new StepArtifacts({ ...core, openAttempt: core.live.openAttempt }),
    ...{ logger: core.logger, onClosed, room: core.room, onRefused: core.metrics.streamRefused },
  };
}

async function listenForSteps({ config, token, tenants }: Core, ingest: IngestDeps): Promise<GrpcServer> {
  const server = await startGrpcServer({
    addresses: await grpcAddresses(config),
    callers: { token, tenants },
    limits: config.limits.streams,
    ingest,
  }).catch((error) => {
    throw cannotListen('--grpc', config.grpc.join(', '), error);
  });
  await guardSockets(server.addresses);
  return server;
}

function sidecarFile({ config, embedded, token }: Core, grpc: readonly string[], http: string): SidecarFile {
  return {
    pid: process.pid,
    grpc: [...grpc],
    http,
    token,
    wandbLocal: embedded && {
      url: embedded.url,
      entity: embedded.entity,
      apiKeyPath: join(config.dataDir, 'wandb-local', 'api-key'),
    },
  };
}

async function within(work: Promise<unknown>, ms: number): Promise<void> {
  await Promise.race([work, new Promise<void>((resolve) => setTimeout(resolve, ms).unref())]);
}
