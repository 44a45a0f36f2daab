import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Target } from '../ports/uploader.js';
import type { WandbAccount } from '../ports/wandb-account.js';

const DEFAULT_BASE_URL = 'https://api.wandb.ai';

/** Names of one and the same public deployment; which one a login is stored under depends on the client's version. */
const PUBLIC_HOSTS = ['api.wandb.ai', 'api.forge.coreweave.com'];

/**
 * Finds the account as W&B's client does: the server by `WANDB_BASE_URL`, else
 * by the settings file that `wandb login --host` writes; the key by
 * `WANDB_API_KEY`, else by that server's entry in `NETRC` or `~/.netrc`.
 */
export function environmentAccount(env: NodeJS.ProcessEnv = process.env): WandbAccount {
  return {
    async current(): Promise<Target | null> {
      const configured = env.WANDB_BASE_URL || (await storedBaseUrl(env)) || DEFAULT_BASE_URL;
      const baseUrl = configured.replace(/\/+$/, '');
      const apiKey = env.WANDB_API_KEY || (await netrcPassword(env, machinesOf(baseUrl)));
      return apiKey ? { baseUrl, apiKey } : null;
    },
  };
}

function machinesOf(baseUrl: string): string[] {
  const { host, hostname } = new URL(baseUrl);
  return PUBLIC_HOSTS.includes(hostname) ? [hostname, ...PUBLIC_HOSTS] : [host, hostname];
}

async function storedBaseUrl(env: NodeJS.ProcessEnv): Promise<string | null> {
  const directory = env.WANDB_CONFIG_DIR || join(homedir(), '.config', 'wandb');
  const text = await textOf(join(directory, 'settings'));
  return /^\s*base_url\s*[=:]\s*(\S+)\s*$/m.exec(text)?.[1] ?? null;
}

async function netrcPassword(env: NodeJS.ProcessEnv, hosts: readonly string[]): Promise<string | null> {
  const text = await textOf(env.NETRC || join(homedir(), '.netrc'));
  for (const host of hosts) {
    const password = passwordFromNetrc(text, host);
    if (password) return password;
  }
  return null;
}

/** Text of a file; empty where there is none, or none that may be read: no account there. */
async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
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
