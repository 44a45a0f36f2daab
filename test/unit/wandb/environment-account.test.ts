import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environmentAccount, passwordFromNetrc } from '../../../src/wandb/environment-account.js';

describe('passwordFromNetrc', () => {
  const text =
    '# login secret\nmachine other login a password x\nmachine api.wandb.ai\n  login user\n  password key\n';

  it("finds the host's own password, however the file is laid out", () => {
    expect(passwordFromNetrc(text, 'api.wandb.ai')).toBe('key');
    expect(passwordFromNetrc(text, 'other')).toBe('x');
  });

  it('finds none where there is none', () => {
    expect(passwordFromNetrc(text, 'wandb.corp')).toBeNull();
    expect(passwordFromNetrc('', 'api.wandb.ai')).toBeNull();
  });

  it('falls back to the default entry', () => {
    expect(passwordFromNetrc('default login u password d', 'any')).toBe('d');
  });
});

describe('the account', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'netrc-'));
  });
  afterAll(() => rm(dir, { recursive: true }));

  it('is WANDB_API_KEY at WANDB_BASE_URL', async () => {
    const env = { WANDB_CONFIG_DIR: dir, WANDB_API_KEY: 'k', WANDB_BASE_URL: 'https://wandb.corp/' };
    expect(await environmentAccount(env).current()).toEqual({ baseUrl: 'https://wandb.corp', apiKey: 'k' });
  });

  it('is noticed when somebody logs in later', async () => {
    const NETRC = join(dir, 'netrc');
    const account = environmentAccount({ NETRC, WANDB_CONFIG_DIR: dir });
    expect(await account.current()).toBeNull();
    await writeFile(NETRC, 'machine api.wandb.ai login user password later\n');
    expect(await account.current()).toEqual({ baseUrl: 'https://api.wandb.ai', apiKey: 'later' });
  });

  it('is found under either name of the public deployment', async () => {
    const NETRC = join(dir, 'netrc-public');
    await writeFile(NETRC, 'machine api.forge.coreweave.com login user password forge\n');
    expect(await environmentAccount({ NETRC, WANDB_CONFIG_DIR: dir }).current()).toEqual({
      baseUrl: 'https://api.wandb.ai',
      apiKey: 'forge',
    });
  });
});
