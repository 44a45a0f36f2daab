import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createSecureContext } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import type { ServeConfig } from './config.js';
import { SidecarError } from './domain/errors.js';
import type { GrpcAddress } from './grpc/server.js';
import { isListening, socketPath } from './unix-socket.js';

/**
 * Refuses addresses that would let strangers in: off loopback, traffic is
 * encrypted or the operator says that the network is private.
 *
 * @throws SidecarError `misconfigured`
 */
export function requireSafeAddresses(config: ServeConfig): void {
  const open = (address: string) => !address.startsWith('unix:') && !isLoopback(address);
  if (config.plaintext) return;
  const exposed = [...(config.tls ? [] : config.grpc), config.http, config.wandbLocal].find(open);
  if (exposed === undefined) return;
  throw new SidecarError(
    'misconfigured',
    `${exposed} can be reached from other machines without encryption`,
    'listen on 127.0.0.1, give --tls-cert and --tls-key for gRPC, or say --plaintext where the network is private',
  );
}

/** Makes the error for an address that can't be listened on. */
export function cannotListen(flag: string, address: string, cause: unknown): SidecarError {
  const why = isTaken(cause) ? 'another program listens there' : ((cause as Error).message ?? String(cause));
  const hint = `free it, or give another one with ${flag}; port 0 takes any free one`;
  return new SidecarError('misconfigured', `can't listen on ${address}: ${why}`, hint, { cause });
}

/** Whether an address couldn't be listened on since another program does. */
export function isTaken(cause: unknown): boolean {
  const { code, message = '' } = cause as NodeJS.ErrnoException;
  // gRPC keeps the code to its text.
  return code === 'EADDRINUSE' || message.includes('EADDRINUSE');
}

/** Splits HOST:PORT. */
export function hostAndPort(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

function isLoopback(address: string): boolean {
  const { host } = hostAndPort(address);
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** Prepares the gRPC addresses: credentials for TCP, a free path that only the user can reach for sockets. */
export async function grpcAddresses(config: ServeConfig): Promise<GrpcAddress[]> {
  const tcp = await tcpCredentials(config);
  const addresses: GrpcAddress[] = [];
  for (const address of config.grpc) {
    if (!address.startsWith('unix:')) {
      addresses.push({ address, credentials: tcp });
      continue;
    }
    await freeSocket(socketPath(address));
    addresses.push({ address, credentials: ServerCredentials.createInsecure() });
  }
  return addresses;
}

/** Closes sockets to everybody but their owner. */
export async function guardSockets(addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    if (address.startsWith('unix:')) await chmod(socketPath(address), 0o600);
  }
}

async function tcpCredentials({ tls }: ServeConfig): Promise<ServerCredentials> {
  if (!tls) return ServerCredentials.createInsecure();
  const [cert, key] = await Promise.all([readFile(tls.cert), readFile(tls.key)]);
  const ca = tls.ca === null ? null : await readFile(tls.ca);
  requireUsable({ cert, key, ...(ca && { ca }) });
  // With a CA, clients show a certificate of their own (mTLS).
  return ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], ca !== null);
}

/** @throws SidecarError `misconfigured` where certificate, key and CA are none, or don't belong together */
function requireUsable(files: { cert: Buffer; key: Buffer; ca?: Buffer }): void {
  try {
    createSecureContext(files);
  } catch (error) {
    const why = (error as Error).message;
    throw new SidecarError('misconfigured', `--tls-cert, --tls-key and --tls-ca can't be used: ${why}`);
  }
}

/** Removes a socket that nobody listens on any more. @throws SidecarError `misconfigured` if somebody does */
async function freeSocket(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (await isListening(path)) {
    throw new SidecarError('misconfigured', `another sidecar listens on ${path}`, 'stop it, or give --grpc');
  }
  await rm(path, { force: true });
}
