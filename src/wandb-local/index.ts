import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { buildApp } from './http/app.js';
import { shutdownGraceMs } from './limits.js';
import { type Logger, silentLogger } from './logger.js';
import { loadOrCreateSecret } from './secrets.js';
import { openServices, type Services } from './services.js';

/** How to run the embedded W&B destination. */
export interface WandbLocalOptions {
  /** All state lives here; made if need be (mode 0700). */
  dataDir: string;
  /** Default 127.0.0.1. */
  host?: string;
  /** 0 takes any free port. */
  port: number;
  /** Any API key `user_…` acts as a user of that name with an entity of the same name; loopback only. For tests. */
  autoUsers?: boolean;
  /** Default: made once and kept in `dataDir/api-key` (mode 0600). */
  apiKey?: string;
  /** The user and default entity behind the key; default `local`. */
  entity?: string;
  logger?: Logger;
}

/** A running embedded W&B destination. */
export interface WandbLocal {
  /** The base URL, without a trailing slash. */
  url: string;
  apiKey: string;
  entity: string;
  /** Answers what is under way, then closes the port and the data. */
  close(): Promise<void>;
}

const loopbackHosts = ['127.0.0.1', '::1', 'localhost'];

/**
 * Starts the server.
 * @throws Error if `autoUsers` is asked for off loopback, the port is taken, or the data is in use or of a newer version
 */
export async function startWandbLocal(options: WandbLocalOptions): Promise<WandbLocal> {
  const host = options.host ?? '127.0.0.1';
  if (options.autoUsers && !loopbackHosts.includes(host)) {
    throw new Error(`--auto-users lets anybody in, so it works on loopback only, not on ${host}.`);
  }
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const services = openServices(options.dataDir);
  const apiKey = options.apiKey ?? loadOrCreateSecret(options.dataDir, 'api-key');
  const entity = options.entity ?? 'local';
  await services.housekeeping.run(services.clock());
  const keyring = { apiKey, user: entity, autoUsers: options.autoUsers ?? false };
  let url = '';
  const app = buildApp({ services, keyring, logger: options.logger ?? silentLogger, fallbackUrl: () => url });
  try {
    await app.listen({ host, port: options.port });
  } catch (error) {
    services.close();
    throw error;
  }
  const { port } = app.server.address() as AddressInfo;
  url = `http://${reachableName(host)}:${port}`;
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= shutDown(app, services);
    return closing;
  };
  return { url, apiKey, entity, close };
}

/** A name by which this machine reaches what listens on an address; a wildcard is reached on loopback. */
function reachableName(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

async function shutDown(app: FastifyInstance, services: Services): Promise<void> {
  const impatience = setTimeout(() => app.server.closeAllConnections(), shutdownGraceMs);
  await app.close();
  clearTimeout(impatience);
  services.close();
}
