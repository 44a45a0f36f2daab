import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadTenants } from '../../src/tenants-file.js';

const OWN = 'the-token-of-the-sidecar';
const KEY = 'an-api-key-that-nobody-sees';
const RED = { name: 'red', token: 'the-token-of-team-red', apiKey: KEY };

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tenants-'));
  path = join(dir, 'tenants.json');
});
afterEach(() => rm(dir, { recursive: true }));

async function load(content: unknown, mode = 0o600) {
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  await chmod(path, mode);
  return loadTenants(path, OWN);
}

describe('the file of tenants', () => {
  it('gives each its account; without a URL, the public W&B', async () => {
    const blue = { ...RED, name: 'blue', token: `${RED.token}2`, baseUrl: 'http://w.test/', entity: 'b' };
    expect(await load({ tenants: [RED, blue] })).toEqual([
      { ...RED, baseUrl: 'https://api.wandb.ai', entity: null, project: null },
      { ...blue, baseUrl: 'http://w.test', project: null },
    ]);
    expect(await loadTenants(null, OWN)).toEqual([]);
  });

  it.each([0o640, 0o604, 0o666])('is refused where others may read or change it (%o)', async (mode) => {
    await expect(load({ tenants: [RED] }, mode)).rejects.toMatchObject({
      code: 'misconfigured',
      hint: `run \`chmod 600 ${path}\``,
    });
  });

  it.each([
    [`{"tenants": [{"apiKey": "${KEY}"`, 'it is not JSON'],
    [{ tenants: [] }, 'tenants'],
    [{ tenants: [{ ...RED, name: '../red' }] }, 'tenants.0.name'],
    [{ tenants: [{ ...RED, token: 'short' }] }, 'tenants.0.token'],
    [{ tenants: [{ ...RED, baseUrl: 'ftp://w.test' }] }, 'tenants.0.baseUrl'],
    [{ tenants: [{ ...RED, key: KEY }] }, 'key'],
    [{ tenants: [RED, { ...RED, token: 'another-token-of-red' }] }, 'two have the same name'],
    [{ tenants: [RED, { ...RED, name: 'blue' }] }, 'two have the same token'],
    [{ tenants: [{ ...RED, token: OWN }] }, 'two have the same token'],
  ])('is refused where it is wrong, and no key is told: %j', async (content, what) => {
    const refusal = await load(content).catch((error: Error) => error.message);
    expect(refusal).toContain(what);
    expect(refusal).not.toContain(KEY);
    expect(refusal).not.toContain(RED.token);
  });

  it('is refused where it is not there', async () => {
    await expect(loadTenants(join(dir, 'none.json'), OWN)).rejects.toThrow("can't be read");
  });
});
