import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Destinations, type EmbeddedWandb } from './app/destinations.js';
import { Outbox } from './app/drain-outbox.js';
import { DEFAULT_LIMITS } from './app/limits.js';
import { Streams } from './app/streams.js';
import { createDirectoryBlobStore } from './blobs/directory-blob-store.js';
import type { ServeConfig } from './config.js';
import { startGrpcServer } from './grpc/server.js';
import { createSqliteLedger } from './ledger/sqlite-ledger.js';
import { grpcAddresses, guardSockets, hostAndPort, requireSafeAddresses } from './listen.js';
import type { Clock } from './ports/clock.js';
import type { Logger } from './ports/logger.js';
import { pythonInterpreter } from './python-interpreter.js';
import { removeSidecarFile, type SidecarFile, writeSidecarFile } from './sidecar-file.js';
import { environmentAccount } from './wandb/environment-account.js';
import { createPythoniaUploader } from './wandb/pythonia-uploader.js';
import { startWandbLocal, type WandbLocal } from './wandb-local/index.js';

/** A running sidecar. */
export interface Sidecar {
  /** Where it is and how to be let in. */
  readonly file: SidecarFile;
  /** Shuts down in order: nothing new, then what is under way, then what holds it. Bounded. */
  close(): Promise<void>;
}

/** How long streams and uploads under way may go on at shutdown; both are taken up again later. */
const SHUTDOWN_GRACE_MS = 10_000;
/** How often to look for attempts that have crashed. */
const CRASH_CHECK_MS = 5_000;
/** At ten minutes between tries, a week; then somebody has to look. */
const MAX_TRIES = 1000;

/** Starts a sidecar: everything that is wired to everything else is wired here. */
export async function startSidecar(config: ServeConfig, logger: Logger): Promise<Sidecar> {
  requireSafeAddresses(config);
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const clock: Clock = { nowMs: () => Date.now() };
  const ledger = await createSqliteLedger({ path: join(config.dataDir, 'ledger.db') });
  const blobs = await createDirectoryBlobStore({ dir: join(config.dataDir, 'blobs') });
  const embedded = await startEmbedded(config, logger);
  const destinations = new Destinations(config.destination, environmentAccount(), embeddedTarget(embedded), {
    entity: config.wandbEntity,
    project: config.wandbProject,
  });
  const streams = new Streams(ledger, clock);
  const uploader = createPythoniaUploader({
    dataDir: config.dataDir,
    pythonBin: pythonInterpreter(config.python),
    workers: config.workers,
  });
  const outbox = new Outbox({
    ...{ ledger, blobs, uploader, destinations, clock, logger },
    random: Math.random,
    concurrency: config.workers * 4,
    maxTries: MAX_TRIES,
    observe: () => undefined,
  });
  const token = config.token ?? randomBytes(24).toString('base64url');
  const grpc = await startGrpcServer({
    addresses: await grpcAddresses(config),
    token,
    ingest: {
      recorder: { ledger, blobs, destinations, clock, limits: DEFAULT_LIMITS, streams },
      logger,
      onClosed: () => outbox.wake(),
    },
  });
  await guardSockets(grpc.addresses);
  outbox.start();
  const crashCheck = setInterval(() => {
    streams
      .closeCrashed()
      .then((crashed) => crashed.length > 0 && outbox.wake())
      .catch((error) => logger.error({ err: error }, 'crashed attempts could not be closed'));
  }, CRASH_CHECK_MS);
  const file: SidecarFile = {
    pid: process.pid,
    grpc: [...grpc.addresses],
    http: '',
    token,
    wandbLocal: embedded && {
      url: embedded.url,
      entity: embedded.entity,
      apiKeyPath: join(config.dataDir, 'wandb-local', 'api-key'),
    },
  };
  await writeSidecarFile(config.dataDir, file);
  return {
    file,
    async close() {
      clearInterval(crashCheck);
      await removeSidecarFile(config.dataDir);
      await grpc.close(SHUTDOWN_GRACE_MS);
      await within(outbox.stop(), SHUTDOWN_GRACE_MS);
      await uploader.close();
      await outbox.stop();
      await embedded?.close();
      await ledger.close();
    },
  };
}

/** Starts the embedded W&B where data may go there; on another port where its own is taken. */
async function startEmbedded(config: ServeConfig, logger: Logger): Promise<WandbLocal | null> {
  if (config.destination !== 'auto' && config.destination !== 'local') return null;
  const { host, port } = hostAndPort(config.wandbLocal);
  const options = { dataDir: join(config.dataDir, 'wandb-local'), host, logger };
  try {
    return await startWandbLocal({ ...options, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    logger.warn({ port }, 'the port of the embedded W&B is taken; it listens on another one');
    return startWandbLocal({ ...options, port: 0 });
  }
}

function embeddedTarget(embedded: WandbLocal | null): EmbeddedWandb | null {
  return embedded && { target: { baseUrl: embedded.url, apiKey: embedded.apiKey }, entity: embedded.entity };
}

function within(work: Promise<void>, ms: number): Promise<void> {
  return Promise.race([work, new Promise<void>((resolve) => setTimeout(resolve, ms).unref())]);
}
