import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/cli/doctor/finding.js';
import { startWandbLocal, type WandbLocal } from '../../../src/wandb-local/index.js';
import { bareEnvironment } from '../../support/bare-environment.js';

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
const FREE_PORTS = {
  METAFLOW_WANDB_SERVE_HTTP: '127.0.0.1:0',
  METAFLOW_WANDB_SERVE_WANDB_LOCAL: '127.0.0.1:0',
};

describe('doctor', () => {
  let home: string;
  let dataDir: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'mfw-doctor-'));
    dataDir = join(home, 'data');
    mkdirSync(dataDir, { mode: 0o700 });
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  function doctor(env: NodeJS.ProcessEnv = {}): Promise<{ exitCode: number; findings: Finding[] }> {
    const args = [MAIN, 'doctor', '--json', '--data-dir', dataDir];
    const options = { env: { ...bareEnvironment(home), ...FREE_PORTS, ...env } };
    return new Promise((resolve) => {
      execFile(process.execPath, args, options, (error, stdout) => {
        resolve({ exitCode: error ? Number(error.code) : 0, findings: JSON.parse(stdout) as Finding[] });
      });
    });
  }

  function of(findings: readonly Finding[], check: string): Finding | undefined {
    return findings.find((finding) => finding.check === check);
  }

  it('passes on a machine that has everything, and says that without a key data stays here', async () => {
    const { exitCode, findings } = await doctor();
    expect(findings.filter((finding) => finding.severity === 'fail')).toEqual([]);
    expect(exitCode).toBe(0);
    expect(of(findings, 'wandb')).toMatchObject({ severity: 'ok', detail: '0.31.0' });
    expect(of(findings, 'W&B account')).toMatchObject({
      severity: 'warn',
      detail: expect.stringContaining('embedded W&B'),
    });
  });

  it('fails where another program has the port, and says how to choose another', async () => {
    const blocker = createServer();
    const port = await new Promise<number>((resolve) => {
      blocker.listen(0, '127.0.0.1', () => resolve((blocker.address() as { port: number }).port));
    });
    try {
      const { exitCode, findings } = await doctor({ METAFLOW_WANDB_SERVE_HTTP: `127.0.0.1:${port}` });
      expect(exitCode).toBe(1);
      expect(of(findings, 'address for http')).toMatchObject({
        severity: 'fail',
        advice: expect.stringContaining('--http 127.0.0.1:0'),
      });
    } finally {
      blocker.close();
    }
  });

  it("warns where a sidecar of another data directory has the user's socket", async () => {
    const sockets = join(home, '.metaflow-wandb');
    mkdirSync(sockets, { mode: 0o700 });
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(join(sockets, 'sidecar.sock'), resolve);
    });
    try {
      const { findings } = await doctor();
      expect(of(findings, 'address for grpc')).toMatchObject({
        severity: 'warn',
        detail: expect.stringContaining("another sidecar's"),
      });
    } finally {
      other.close();
    }
  });

  it('warns of a data directory that others may read, and names the command that closes it', async () => {
    chmodSync(dataDir, 0o755);
    const { findings } = await doctor();
    expect(of(findings, 'data directory')).toMatchObject({
      severity: 'warn',
      advice: `chmod go= ${dataDir}`,
    });
  });

  it('fails where there is no Python where it was told to look', async () => {
    const { exitCode, findings } = await doctor({ METAFLOW_WANDB_SERVE_PYTHON: '/nowhere/python' });
    expect(exitCode).toBe(1);
    expect(of(findings, 'Python')).toMatchObject({ severity: 'fail' });
  });

  describe('with a W&B server', () => {
    let server: WandbLocal;
    beforeEach(async () => {
      server = await startWandbLocal({ dataDir: join(home, 'server'), port: 0 });
    });
    afterEach(() => server.close());

    it('names the user that the key belongs to', async () => {
      const { findings } = await doctor({ WANDB_BASE_URL: server.url, WANDB_API_KEY: server.apiKey });
      expect(of(findings, 'W&B account')).toMatchObject({
        severity: 'ok',
        detail: expect.stringContaining(`${server.entity} at ${server.url}`),
      });
    });

    it('fails where the server refuses the key, without showing the key', async () => {
      const refused = 'f'.repeat(40);
      const { exitCode, findings } = await doctor({ WANDB_BASE_URL: server.url, WANDB_API_KEY: refused });
      expect(exitCode).toBe(1);
      expect(of(findings, 'W&B account')).toMatchObject({ severity: 'fail' });
      expect(JSON.stringify(findings)).not.toContain(refused);
    });
  });
});
