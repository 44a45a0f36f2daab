import type { Destinations } from './app/destinations.js';
import type { DiskFloor } from './app/disk-floor.js';
import { readinessProblem } from './app/readiness.js';
import type { Retention } from './app/retention.js';
import type { Streams } from './app/streams.js';
import type { SidecarFacts, SpoolFacts } from './app/views.js';
import type { ServeConfig } from './config.js';
import { buildHttpApp } from './http/build-http-app.js';
import { cannotListen, hostAndPort, isTaken } from './listen.js';
import type { PrometheusMetrics } from './metrics/prometheus.js';
import type { BlobStore } from './ports/blob-store.js';
import type { Ledger } from './ports/ledger.js';
import type { Logger } from './ports/logger.js';
import { VERSION } from './version.js';
import type { WandbLocal } from './wandb-local/index.js';

/** What the HTTP side is made of. */
export interface HttpParts {
  readonly config: ServeConfig;
  readonly ledger: Ledger;
  readonly blobs: BlobStore;
  readonly retention: Retention;
  readonly room: DiskFloor;
  readonly streams: Streams;
  readonly destinations: Destinations;
  readonly embedded: WandbLocal | null;
  readonly metrics: PrometheusMetrics;
  readonly token: string;
  readonly grpc: readonly string[];
  readonly spool: () => Promise<SpoolFacts>;
  /** Why uploads fail at present; null: they don't. */
  readonly trouble: () => string | null;
  readonly onRetry: () => void;
  readonly logger: Logger;
}

/** Starts the HTTP side on its address. */
export async function startHttpServer(parts: HttpParts): Promise<{ url: string; close(): Promise<void> }> {
  const { config, logger } = parts;
  const startedAtMs = Date.now();
  const build = () =>
    buildHttpApp({
      ...parts,
      status: () => facts(parts, startedAtMs),
      warning: () => uploadProblem(parts),
      readiness: () => readinessProblem({ ...parts, policy: config.destination }),
      releaseTo: () => parts.destinations.choose('online'),
    });
  const { host, port } = hostAndPort(config.http);
  let app = build();
  const url = await app.listen({ host, port }).catch((error) => {
    if (!config.httpMayMove || !isTaken(error)) throw cannotListen('--http', config.http, error);
    logger.warn({ port }, 'the port of the HTTP side is taken; it listens on another one');
    app = build();
    return app.listen({ host, port: 0 });
  });
  return { url, close: () => app.close() };
}

async function facts(parts: HttpParts, startedAtMs: number): Promise<SidecarFacts> {
  const { config, grpc, destinations, embedded, streams, blobs } = parts;
  // Before all that a file may become once it is taken in.
  const spool = await parts.spool();
  const account = await destinations.target('wandb', null);
  return {
    ...{ version: VERSION, startedAtMs, destination: config.destination, grpc },
    account: account && { baseUrl: account.baseUrl },
    wandbLocal: embedded && { url: embedded.url, entity: embedded.entity },
    streamsOpen: streams.count,
    blobBytes: await blobs.usedBytes(),
    spool,
    uploadProblem: await uploadProblem(parts),
    blobUse: await parts.retention.currentUse(),
    retentionMs: config.retentionMs,
    disk: await parts.room.state(),
  };
}

/** Why uploads fail; null where they don't, or where nothing waits any more. */
async function uploadProblem({ ledger, trouble }: HttpParts): Promise<string | null> {
  return (await ledger.counts()).pending > 0 ? trouble() : null;
}
