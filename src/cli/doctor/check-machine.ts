import { existsSync } from 'node:fs';
import { mkdtemp, open, rm, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { SidecarFile } from '../../sidecar-file.js';
import { isListening, socketPath } from '../../unix-socket.js';
import { type Finding, fail, ok, warn } from './finding.js';

const GIB = 1024 ** 3;
const WARN_BELOW_BYTES = 5 * GIB;
const FAIL_BELOW_BYTES = GIB;
const ANSWER_TIMEOUT_MS = 5_000;
const MAX_SOCKET_PATH_BYTES = 103; // macOS; Linux allows 107

/** The sidecar that the data directory names, if any, runs and answers. */
export async function checkSidecar(file: SidecarFile | null): Promise<Finding> {
  const name = 'sidecar';
  if (!file) {
    return ok(name, 'none runs on this data directory; `metaflow-wandb serve` starts one');
  }
  try {
    const response = await fetch(`${file.http}/readyz`, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    if (response.ok) return ok(name, `runs as process ${file.pid}: ${[...file.grpc, file.http].join(', ')}`);
    const advice = 'Look at its log, or start it anew.';
    return fail(name, `process ${file.pid} says that it isn't ready (HTTP ${response.status})`, advice);
  } catch {
    const advice = 'It was ended by force: start it anew with `metaflow-wandb serve`, nothing is lost.';
    return warn(name, `process ${file.pid} no longer answers at ${file.http}`, advice);
  }
}

/**
 * An address is free, or taken by the running sidecar.
 *
 * @param mayMove another port will do, which the sidecar takes by itself
 */
export async function checkAddress(
  use: string,
  address: string,
  file: SidecarFile | null,
  mayMove = false,
): Promise<Finding> {
  const name = `address for ${use}`;
  if (address.startsWith('unix:')) return checkSocket(name, socketPath(address), file);
  const [host, port] = splitAddress(address);
  const own = [file?.http, file?.wandbLocal?.url, ...(file?.grpc ?? [])];
  if (port !== 0 && own.some((url) => url?.endsWith(`:${port}`)))
    return ok(name, `${address}, the sidecar's`);
  const problem = await listenProblem(host, port);
  if (!problem) return ok(name, `${address} is free`);
  if (mayMove && problem === 'EADDRINUSE')
    return ok(name, `${address} is another program's; the sidecar takes a free port`);
  const advice = `Another program has it. Choose another port: serve --${use} ${host}:0 takes any free one.`;
  return fail(name, `${address}: ${problem}`, advice);
}

async function checkSocket(name: string, path: string, file: SidecarFile | null): Promise<Finding> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    const advice = 'Use a shorter path, or TCP: serve --grpc 127.0.0.1:0.';
    return fail(name, `${path} is too long for a socket`, advice);
  }
  if (file?.grpc.some((address) => address.startsWith('unix:') && socketPath(address) === path))
    return ok(name, `${path}, the sidecar's`);
  if (!(await isListening(path))) return ok(name, path);
  const advice = 'Flows without METAFLOW_WANDB_SIDECAR log there. Ask it: --data-dir DIR, or end it.';
  return warn(name, `${path} is another sidecar's, of another data directory`, advice);
}

function splitAddress(address: string): [host: string, port: number] {
  const colon = address.lastIndexOf(':');
  return [address.slice(0, colon).replace(/^\[|\]$/g, ''), Number(address.slice(colon + 1))];
}

function listenProblem(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/** The data directory belongs to the user alone and can be written to. */
export async function checkDataDir(dataDir: string): Promise<Finding> {
  const name = 'data directory';
  const present = nearestPresent(dataDir);
  try {
    const probe = await mkdtemp(join(present, '.doctor-'));
    try {
      const file = await open(join(probe, 'probe'), 'wx', 0o600);
      await file.sync();
      await file.close();
    } finally {
      await rm(probe, { recursive: true, force: true });
    }
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    return fail(name, `${present} can't be written to (${reason})`, 'Choose another: --data-dir DIR.');
  }
  if (present !== dataDir) return ok(name, `${dataDir} will be made`);
  const { mode } = await stat(dataDir);
  return (mode & 0o077) === 0
    ? ok(name, dataDir)
    : warn(name, `${dataDir} is open to other users of this machine`, `chmod go= ${dataDir}`);
}

/** There is room for what waits for its upload. */
export async function checkDisk(dataDir: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(nearestPresent(dataDir));
  const freeBytes = bavail * bsize;
  const detail = `${(freeBytes / GIB).toFixed(1)} GiB free for ${dataDir}`;
  if (freeBytes < FAIL_BELOW_BYTES) return fail('disk', detail, 'Free some, or choose another --data-dir.');
  return freeBytes < WARN_BELOW_BYTES
    ? warn('disk', detail, 'Values wait on this disk until they are uploaded: free some.')
    : ok('disk', detail);
}

function nearestPresent(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : nearestPresent(dirname(path));
}
