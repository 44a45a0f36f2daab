import { readFileSync } from 'node:fs';
import { setDefaultHighWaterMark } from 'node:stream';
import { logVerbosity, Server, type ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import type { StreamLimits } from '../app/limits.js';
import { authenticate, type Callers } from './authenticate.js';
import { IngestServiceService } from './gen/metaflow_wandb/v1/ingest.js';
import { type IngestDeps, ingestService } from './ingest-service.js';
import { lostPeers } from './lost-peers.js';
import { messageGate } from './message-gate.js';
import { MessageMemory } from './message-memory.js';
import { plainStatuses } from './plain-statuses.js';

/** Largest answer: a plan for all variables, or the entries of a large artifact. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** Calls of one connection beside its streams, and streams that are told that there are too many. */
const SPARE_CALLS = 100;

/** How often an idle connection is asked whether its peer lives, and how long it may take to answer. */
const KEEPALIVE = { 'grpc.keepalive_time_ms': 30_000, 'grpc.keepalive_timeout_ms': 20_000 };

/** What health checks may ask after: the whole server, or its service. */
const HEALTH_NAMES = ['', 'metaflow_wandb.v1.IngestService'];

/** How the server is reached and by whom. */
export interface GrpcServerOptions {
  readonly addresses: readonly GrpcAddress[];
  /** Whom to let in over TCP. */
  readonly callers: Callers;
  readonly limits: StreamLimits;
  readonly ingest: IngestDeps;
}

/** One address to listen on: `host:port` or `unix:/path`. */
export interface GrpcAddress {
  readonly address: string;
  readonly credentials: ServerCredentials;
}

/** A running server. */
export interface GrpcServer {
  /** Addresses as bound: a port 0 is replaced by the real one. */
  readonly addresses: readonly string[];
  /** Tells health checks that no new streams are wanted, then waits for those under way, at most `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Starts the gRPC server with the ingest, health and reflection services. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  // Everything it would say comes as an error or a status, too.
  setLogVerbosity(logVerbosity.NONE);
  const health = new HealthImplementation(Object.fromEntries(HEALTH_NAMES.map((name) => [name, 'SERVING'])));
  // A stream reads one message ahead, not sixteen of them.
  setDefaultHighWaterMark(true, 1);
  const image = readFileSync(new URL('./gen/descriptors.binpb', import.meta.url));
  const reflection = new ReflectionService(loadFileDescriptorSetFromBuffer(image));
  const ingest = ingestService(options.ingest, options.limits);
  const memory = new MessageMemory(options.limits.maxMemoryBytes);
  const serverFor = (callers: Callers | null) => {
    const server = newServer(options.limits, memory, callers);
    server.addService(IngestServiceService, ingest);
    health.addToServer(server);
    reflection.addToServer(server);
    return server;
  };
  // Apart, so that nobody who comes over the network is taken for one who may open the socket's file.
  const overTcp = serverFor(options.callers);
  const overSockets = serverFor(null);
  const addresses: string[] = [];
  for (const { address, credentials } of options.addresses) {
    const server = address.startsWith('unix:') ? overSockets : overTcp;
    addresses.push(await bind(server, address, credentials));
  }
  return {
    addresses,
    close: async (graceMs) => {
      for (const name of HEALTH_NAMES) health.setStatus(name, 'NOT_SERVING');
      await Promise.all([overTcp, overSockets].map((server) => shutDown(server, graceMs)));
    },
  };
}

/** @param callers whom to let in; null: everybody who gets here */
function newServer(limits: StreamLimits, memory: MessageMemory, callers: Callers | null): Server {
  const gate = messageGate({ memory, maxMessageBytes: limits.maxMessageBytes });
  return new Server({
    'grpc.max_receive_message_length': limits.maxMessageBytes,
    'grpc.max_send_message_length': MAX_ANSWER_BYTES,
    'grpc.max_concurrent_streams': limits.maxStreams + SPARE_CALLS,
    ...KEEPALIVE,
    // In order: what sees a call first comes last.
    interceptors: [plainStatuses, lostPeers(limits.answerUnreadMs), gate, authenticate(callers)],
  });
}

function bind(server: Server, address: string, credentials: ServerCredentials): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error) reject(error);
      else resolve(address.startsWith('unix:') ? address : address.replace(/:\d+$/, `:${port}`));
    });
  });
}

function shutDown(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, graceMs);
    server.tryShutdown(() => {
      clearTimeout(force);
      resolve();
    });
  });
}
