import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { pythonBin } from '../../support/python.js';
import { clientEnvironment, runClient, startServer, temporaryDirectory } from './support.js';

const serverScript = fileURLToPath(new URL('server-process.ts', import.meta.url));
const writer = fileURLToPath(new URL('clients/write.py', import.meta.url));

/** A server as a process of its own. */
async function startProcess(
  dataDir: string,
  port = '0',
): Promise<{ child: ChildProcess; url: string; apiKey: string }> {
  const args = ['--import', 'tsx', serverScript, 'wandb-local', '--port', port, '--data-dir', dataDir];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const url = /http:\/\/\S+/.exec(line)?.[0];
  if (!url) throw new Error(`no URL in: ${line}`);
  return { child, url, apiKey: (await readFile(join(dataDir, 'api-key'), 'utf8')).trim() };
}

test('a restart keeps runs, artifacts, files and the key', async () => {
  const dataDir = await temporaryDirectory();
  const first = await startProcess(dataDir);
  await runClient('write', first, '2', 'a');
  first.child.kill('SIGTERM');
  const [code] = (await once(first.child, 'exit')) as [number | null];
  expect(code).toBe(0);
  const second = await startServer({ dataDir });
  expect(second.apiKey).toBe(first.apiKey);
  expect(await runClient('read_all', second)).toEqual({ v0: 'a 0', v1: 'a 1' });
});

test('a server killed in the middle of writes keeps every version it had acknowledged, and the client goes on after', async () => {
  const dataDir = await temporaryDirectory();
  const first = await startProcess(dataDir);
  const port = new URL(first.url).port;
  const client = spawn(pythonBin, [writer, '12', 'k'], {
    env: await clientEnvironment(first),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void client.kill('SIGKILL'));
  const acknowledged = new Map<string, string>();
  const restarted: Promise<unknown>[] = [];
  for await (const line of createInterface({ input: client.stdout })) {
    const [version, content] = line.split('=');
    if (version && content) acknowledged.set(version, content);
    if (acknowledged.size === 4 && restarted.length === 0) {
      first.child.kill('SIGKILL');
      restarted.push(startProcess(dataDir, port));
    }
  }
  await Promise.all(restarted);
  expect(acknowledged.size).toBe(12);
  expect(await runClient('read_all', first)).toEqual(Object.fromEntries(acknowledged));
});

test('a second server on the same data is refused, and the first goes on', async () => {
  const dataDir = await temporaryDirectory();
  const first = await startServer({ dataDir });
  await expect(startServer({ dataDir })).rejects.toThrow(/Another process uses .*--data-dir/);
  expect(await runClient('login', first)).toBe('local');
});
