import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerCredentials } from '@grpc/grpc-js';
import { Destinations } from '../../src/app/destinations.js';
import { DiskFloor } from '../../src/app/disk-floor.js';
import {
  DEFAULT_LIMITS,
  DEFAULT_STREAM_LIMITS,
  type IngestLimits,
  type StreamLimits,
} from '../../src/app/limits.js';
import { StepArtifacts } from '../../src/app/step-artifacts.js';
import { Streams } from '../../src/app/streams.js';
import { createDirectoryBlobStore } from '../../src/blobs/directory-blob-store.js';
import type { IngestDeps } from '../../src/grpc/ingest-service.js';
import { startGrpcServer } from '../../src/grpc/server.js';
import { createSqliteLedger } from '../../src/ledger/sqlite-ledger.js';
import type { ArtifactFinder } from '../../src/ports/artifact-finder.js';
import type { BlobStore } from '../../src/ports/blob-store.js';
import type { Ledger } from '../../src/ports/ledger.js';

/** A real ingest server with a real ledger and blob store, and nothing behind them. */
export interface IngestServer {
  readonly address: string;
  readonly ledger: Ledger;
  readonly blobs: BlobStore;
  readonly streams: Streams;
  /** What its service is made of. */
  readonly ingest: IngestDeps;
  /** Names of the statuses that streams were refused with. */
  readonly refused: readonly string[];
  /** Directory of its ledger and its blobs. */
  readonly dir: string;
  /** Clock of the server; tests may move it. */
  readonly clock: { now: number };
  close(): Promise<void>;
}

/** Log lines go nowhere. */
export const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Nothing is shown while it runs. */
export const NOT_SHOWN = { began: () => undefined, logged: () => undefined, ended: () => undefined };

/** Starts a server on a free port, or on the address given. */
export async function startIngestServer(
  options: {
    limits?: Partial<IngestLimits>;
    token?: string;
    streamLimits?: Partial<StreamLimits>;
    tenants?: readonly { readonly name: string; readonly token: string }[];
    address?: string;
    credentials?: ServerCredentials;
    /** Below 1000 nothing new is taken in, below 500 nothing at all. */
    freeBytes?: () => Promise<number>;
  } = {},
): Promise<IngestServer> {
  const dir = await mkdtemp(join(tmpdir(), 'ingest-'));
  const ledger = await createSqliteLedger({ path: join(dir, 'ledger.db') });
  const blobs = await createDirectoryBlobStore({ dir: join(dir, 'blobs') });
  const time = { now: Date.now() };
  const clock = { nowMs: () => time.now, steadyMs: () => time.now };
  const refused: string[] = [];
  const streams = new Streams(ledger, clock);
  const account = { current: () => Promise.resolve(null) };
  const destinations = new Destinations('hold', account, null, { entity: null, project: null });
  const ingest: IngestDeps = {
    recorder: {
      ...{ ledger, blobs, destinations, clock, streams },
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      live: NOT_SHOWN,
    },
    artifacts: new StepArtifacts({
      ...{ ledger, destinations, clock },
      uploader: {} as ArtifactFinder,
      openAttempt: () => null,
    }),
    room: new DiskFloor({ freeBytes: options.freeBytes ?? (async () => 1000), minFreeBytes: 1000 }),
    logger: SILENT,
    onRefused: (statusName) => void refused.push(statusName),
    onClosed: () => undefined,
  };
  const server = await startGrpcServer({
    addresses: [
      {
        address: options.address ?? '127.0.0.1:0',
        credentials: options.credentials ?? ServerCredentials.createInsecure(),
      },
    ],
    callers: { token: options.token ?? null, tenants: options.tenants ?? [] },
    limits: { ...DEFAULT_STREAM_LIMITS, ...options.streamLimits },
    ingest,
  });
  return {
    address: server.addresses[0] ?? '',
    ...{ ledger, blobs, streams, ingest, refused, dir },
    clock: time,
    async close() {
      await server.close(50);
      await ledger.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
