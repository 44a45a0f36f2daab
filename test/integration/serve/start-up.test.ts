import { type ExecFileException, execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareEnvironment } from '../../support/bare-environment.js';

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

let dir: string;
let taken: Server;
let takenPort: number;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'serve-'));
  taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  takenPort = (taken.address() as { port: number }).port;
});
afterAll(async () => {
  taken.close();
  await rm(dir, { recursive: true, force: true });
});

/** Runs `serve` with these flags, which must end by itself; its exit code and what it wrote on stderr. */
function serve(...flags: string[]): Promise<{ code: number; stderr: string }> {
  const ports = ['--http', '127.0.0.1:0', '--wandb-local', '127.0.0.1:0'];
  const args = [MAIN, 'serve', '--data-dir', join(dir, 'data'), ...ports, ...flags];
  const options = { env: { ...bareEnvironment(dir), LOG_LEVEL: 'silent' }, timeout: 30_000 };
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error: ExecFileException | null, _stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stderr });
    });
  });
}

describe('serve that can not start ends with code 1 and one line that says what to do', () => {
  it.each([
    ['a taken port for HTTP', () => ['--http', `127.0.0.1:${takenPort}`], '--http'],
    ['a taken port for gRPC', () => ['--grpc', `127.0.0.1:${takenPort}`], '--grpc'],
    ['a wrong option', () => ['--destination', 'cloud'], '--destination'],
    ['an address that strangers can reach', () => ['--grpc', '0.0.0.0:0'], '--plaintext'],
  ])('for %s', async (_, flags, hint) => {
    const { code, stderr } = await serve(...flags());
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/^metaflow-wandb: /);
    expect(stderr).toContain(hint);
  });
});
