import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { boundedLog } from '../../../src/bounded-log.js';
import { Launchers } from '../../../src/launchers.js';
import { readSidecarFile } from '../../../src/sidecar-file.js';
import { bareEnvironment } from '../../support/bare-environment.js';

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mfw-alone-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('a sidecar that nobody looks after', () => {
  it('takes another port where somebody has the usual one, and writes its log to a file', async () => {
    const blocker = createServer();
    blocker.on('error', () => undefined); // somebody has it already: just as well
    blocker.listen(8080, '127.0.0.1');
    const data = join(dir, 'data');
    const flags = ['--grpc', `unix:${dir}/s.sock`, '--wandb-local', '127.0.0.1:0', '--idle-exit', '600'];
    const args = [MAIN, 'serve', '--data-dir', data, '--log-file', `${dir}/log`, ...flags];
    const child = spawn(process.execPath, args, { env: bareEnvironment(dir), stdio: 'ignore' });
    try {
      while ((await readSidecarFile(data)) === null && child.exitCode === null) await delay(50);
      const file = await readSidecarFile(data);
      expect(file?.http).not.toMatch(/:8080$/);
      expect((await fetch(`${file?.http}/readyz`)).status).toBe(200);
      expect(readFileSync(`${dir}/log`, 'utf8')).toContain('the port of the HTTP side is taken');
    } finally {
      blocker.close();
      if (child.kill('SIGTERM')) await once(child, 'exit');
    }
    expect([`${dir}/s.sock`, `${dir}/s.sock.use`].filter(existsSync)).toEqual([]);
  });
});

describe('launchers', () => {
  it('are counted and greeted, until they are refused; they see when nobody is there any more', async () => {
    const path = join(dir, 's.use');
    let arrivals = 0;
    const launchers = await Launchers.listen(path, () => {
      arrivals += 1;
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const first = connect(path);
    expect(String((await once(first, 'data'))[0])).toBe('+');
    expect([launchers.count, arrivals]).toEqual([1, 1]);

    first.destroy();
    while (launchers.count > 0) await delay(5);
    launchers.refuse();
    const late = connect(path);
    let heard = '';
    late.on('data', (data) => {
      heard += String(data);
    });
    await once(late, 'close');
    expect([heard, launchers.count, arrivals]).toEqual(['', 0, 1]);

    await launchers.close();
    await expect(once(connect(path), 'connect')).rejects.toThrow(/ENOENT|ECONNREFUSED/);
  });
});

describe('the log of a sidecar that nobody looks after', () => {
  it('is begun anew when it is full, keeping the one before', () => {
    const path = join(dir, 'log');
    const log = boundedLog(path, 20);
    for (const number of [1, 2, 3, 4, 5, 6, 7]) log.write(`line ${number} of it\n`);
    expect(readFileSync(path, 'utf8')).toBe('line 7 of it\n');
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('line 5 of it\nline 6 of it\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('loses lines rather than the sidecar where it can not be written', () => {
    expect(() => boundedLog(join(dir, 'nowhere', 'log')).write('a line\n')).not.toThrow();
  });
});
