import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSidecarFile } from '../../src/sidecar-file.js';
import { bareEnvironment } from '../support/bare-environment.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

describe('demo', () => {
  let home: string;
  let dataDir: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'mfw-demo-'));
    dataDir = join(home, 'demo');
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  function start(...args: string[]): { child: ChildProcess; output: () => string } {
    const child = spawn(process.execPath, [MAIN, 'demo', '--data-dir', dataDir, ...args], {
      // A key of the user's: the demo must not use it.
      env: { ...bareEnvironment(home), WANDB_API_KEY: 'f'.repeat(40), WANDB_BASE_URL: 'http://127.0.0.1:9' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        output += String(data);
      });
    }
    return { child, output: () => output };
  }

  it('ends well once everything that the flow computed was read back, twice on the same data', async () => {
    for (const time of ['first', 'second']) {
      const { child, output } = start();
      const [code] = await once(child, 'close');
      expect(code, `${time} time: ${output()}`).toBe(0);
      expect(output()).toContain('as the flow computed it');
      expect(output()).toMatch(/choose\/5 +finished +choose/);
      expect(output()).toContain('best_model:v0 (model)');
      expect(output()).toMatch(/train_rows:v0 +start\/1 +fit\/2/);
    }
  }, 180_000);

  it('stops the sidecar and the flow when it is interrupted', async () => {
    const { child, output } = start();
    await expect.poll(output, { timeout: 60_000 }).toContain('Task is starting');
    const sidecar = await readSidecarFile(dataDir);
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code, output()).toBe(130);
    const task = Number(/start\/1 \(pid (\d+)\)/.exec(output())?.[1]);
    // A process that has ended is listed until its parent has taken note.
    await expect.poll(() => [sidecar?.pid, task].filter(isRunning), { timeout: 10_000 }).toEqual([]);
  }, 120_000);

  it('says what to do where no Python answers', async () => {
    const { child, output } = start('--python', '/nowhere/python');
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(output()).toContain('npm run demo');
  });
});

function isRunning(pid: number | undefined): boolean {
  if (!pid) throw new Error('no process id');
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
