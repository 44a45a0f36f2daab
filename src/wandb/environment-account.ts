import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Target } from '../ports/uploader.js';
import type { WandbAccount } from '../ports/wandb-account.js';

const DEFAULT_BASE_URL = 'https://api.wandb.ai';

/**
 * Finds the account as W&B's client does: `WANDB_API_KEY` and
 * `WANDB_BASE_URL`, else the entry of that host in `NETRC` or `~/.netrc`.
 */
export function environmentAccount(env: NodeJS.ProcessEnv = process.env): WandbAccount {
  return {
    async current(): Promise<Target | null> {
      const baseUrl = (env.WANDB_BASE_URL || DEFAULT_BASE_URL).replace(/\/+$/, '');
      const apiKey = env.WANDB_API_KEY || (await netrcPassword(env, new URL(baseUrl).hostname));
      return apiKey ? { baseUrl, apiKey } : null;
    },
  };
}

async function netrcPassword(env: NodeJS.ProcessEnv, host: string): Promise<string | null> {
  const path = env.NETRC || join(homedir(), '.netrc');
  try {
    return passwordFromNetrc(await readFile(path, 'utf8'), host);
  } catch {
    // No file, or none that may be read: no account there.
    return null;
  }
}

/** Password of a host in the text of a netrc file; null where it has none. */
export function passwordFromNetrc(text: string, host: string): string | null {
  const words = text.replace(/#.*$/gm, '').split(/\s+/).filter(Boolean);
  let current: string | null = null;
  for (let i = 0; i < words.length; i += 1) {
    if (words[i] === 'machine') current = words[++i] ?? null;
    else if (words[i] === 'default') current = host;
    else if (words[i] === 'password' && current === host) return words[i + 1] ?? null;
  }
  return null;
}
