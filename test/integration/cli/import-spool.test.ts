import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { registerImportSpool } from '../../../src/import-spool.js';
import { writeSidecarFile } from '../../../src/sidecar-file.js';
import { type IngestServer, startIngestServer } from '../../support/ingest-server.js';
import { spoolContent, writeSpoolFile } from '../../support/spool-writer.js';
import { closeMessage, INT, openMessage, snapshotMessage } from '../../support/task-stream.js';

const TOKEN = 'a-token-of-the-sidecar';
const CONTENT = spoolContent(openMessage({ spooled: true }), snapshotMessage(INT), closeMessage());

let server: IngestServer;
let dir: string;
let output: string;
beforeEach(async () => {
  server = await startIngestServer({ token: TOKEN });
  dir = mkdtempSync(join(tmpdir(), 'import-'));
  const note = (line: string) => {
    output += `${line}\n`;
  };
  vi.spyOn(console, 'log').mockImplementation(note);
  vi.spyOn(console, 'error').mockImplementation(note);
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = 0;
  await server.close();
  rmSync(dir, { recursive: true });
});

/** Runs the command; what it printed. */
async function importSpool(...args: string[]): Promise<string> {
  const program = new Command().exitOverride();
  registerImportSpool(program);
  output = '';
  await program.parseAsync(['node', 'metaflow-wandb', 'import-spool', dir, ...args]);
  return output;
}

test('sends what is in a directory and below it to the sidecar of a data directory', async () => {
  const dataDir = join(dir, 'data');
  const sidecar = { pid: process.pid, http: '', token: TOKEN, wandbLocal: null };
  await writeSidecarFile(dataDir, { ...sidecar, grpc: [server.address] });
  writeSpoolFile(dir, 'a.00000000.spool', CONTENT);
  writeSpoolFile(join(dir, 'sidecar_5000'), 'b.00000000.spool', CONTENT);
  writeSpoolFile(join(dir, 'sidecar_5000'), 'c.00000000.elsewhere.1.part', CONTENT.subarray(0, 100));
  expect(await importSpool('--data-dir', dataDir)).toBe('2 taken in, 0 set aside in refused/, 0 left\n');
  expect(process.exitCode).toBe(0);
  expect(await importSpool('--data-dir', dataDir, '--all')).toContain('1 taken in');
  expect(await server.ledger.counts()).toMatchObject({ held: 1 });
});

test('sends to a sidecar elsewhere with the token, and names what that refuses', async () => {
  vi.stubEnv('METAFLOW_WANDB_TOKEN', TOKEN);
  writeSpoolFile(dir, 'bad.00000000.spool', spoolContent(closeMessage()));
  expect(await importSpool('--grpc', server.address)).toMatch(
    /bad\.00000000\.spool: refused, Close came .*\n0 taken in, 1 set aside in refused\/, 0 left/,
  );
  expect(process.exitCode).toBe(1);
  // What was set aside is taken up again when it is named.
  dir = join(dir, 'refused');
  expect(readdirSync(dir)).toHaveLength(2);
  expect(await importSpool('--grpc', server.address)).toContain('1 set aside');
  expect(readdirSync(dir)).toHaveLength(2);
});

test('leaves everything where the sidecar lets nobody in, or none answers', async () => {
  for (const name of ['a.00000000.spool', 'b.00000000.spool']) writeSpoolFile(dir, name, CONTENT);
  vi.stubEnv('METAFLOW_WANDB_TOKEN', 'wrong');
  expect(await importSpool('--grpc', server.address)).toMatch(/left, no valid token.*\n0 taken in.* 2 left/);
  await expect(importSpool('--data-dir', dir)).rejects.toMatchObject({ code: 'sidecar-unreachable' });
  expect(readdirSync(dir)).toHaveLength(2);
});
