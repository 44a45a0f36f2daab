import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { environmentAccount } from '../../../src/wandb/environment-account.js';
import { startWandbLocal, type WandbLocal } from '../../../src/wandb-local/index.js';
import { bareEnvironment } from '../../support/bare-environment.js';
import { pythonBin } from '../../support/python.js';

const run = promisify(execFile);
let home: string;
let server: WandbLocal;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'mfw-login-'));
  server = await startWandbLocal({ dataDir: join(home, 'server'), port: 0 });
});
afterEach(async () => {
  await server.close();
  rmSync(home, { recursive: true, force: true });
});

it("the account is the one that W&B's own `wandb login` stored, server and key", async () => {
  const login = ['-m', 'wandb', 'login', '--host', server.url, server.apiKey];
  await run(pythonBin, login, { env: bareEnvironment(home), timeout: 60_000 });
  const env = { NETRC: join(home, '.netrc'), WANDB_CONFIG_DIR: join(home, '.config', 'wandb') };
  expect(await environmentAccount(env).current()).toEqual({ baseUrl: server.url, apiKey: server.apiKey });
});
