import { type ExecFileException, execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqlite } from '../../../src/ledger/sqlite-handle.js';
import { createSqliteLedger } from '../../../src/ledger/sqlite-ledger.js';
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

describe('serve on a ledger that it can not use changes nothing, and says so in one line', () => {
  it.each([
    ['damaged', 'ledger.db', Buffer.from('no ledger '.repeat(1000)), /is damaged .*restore it from a backup/],
    ['a directory', 'ledger.db/x', Buffer.from(''), /can't be used: .*rights/],
  ])('%s', async (what, file, content, line) => {
    const dataDir = join(dir, what);
    await mkdir(dirname(join(dataDir, file)), { recursive: true });
    await writeFile(join(dataDir, file), content);
    const { code, stderr } = await serve('--data-dir', dataDir);
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(line);
    expect((await readFile(join(dataDir, file))).equals(content)).toBe(true);
  });

  it('of a newer version', async () => {
    const dataDir = join(dir, 'newer');
    await mkdir(dataDir);
    await (await createSqliteLedger({ path: join(dataDir, 'ledger.db') })).close();
    const handle = openSqlite(join(dataDir, 'ledger.db'));
    handle.exec("INSERT INTO kysely_migration VALUES ('9999-later', '2030-01-01T00:00:00.000Z')");
    handle.close();
    const { code, stderr } = await serve('--data-dir', dataDir);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^metaflow-wandb: .*newer version.*upgrade.*\n$/),
    ]);
  });

  it('of another sidecar that runs', async () => {
    const dataDir = join(dir, 'shared');
    await mkdir(dataDir);
    const other = await createSqliteLedger({ path: join(dataDir, 'ledger.db') });
    const { code, stderr } = await serve('--data-dir', dataDir);
    await other.close();
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^metaflow-wandb: another process .*stop it.*\n$/),
    ]);
  });

  it('where no directory can be made', async () => {
    const { code, stderr } = await serve('--data-dir', '/sys/metaflow-wandb');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^metaflow-wandb: .*data directory.*--data-dir.*\n$/),
    ]);
  });
});
