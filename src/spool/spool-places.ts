import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** What a sidecar's addresses are told by. */
export interface SpoolPlaces {
  /** Directory that has one for each address and token. */
  readonly root: string;
  /** Addresses as bound: `host:port` or `unix:/path`. */
  readonly addresses: readonly string[];
  /** Path of the user's own socket. */
  readonly ownSocket: string;
}

/**
 * The directories that are there into which tasks have written that a sidecar
 * at these addresses was meant for.
 *
 * @param tokens those that tasks had for TCP addresses; null: any. Who may use a socket needs none
 */
export function spoolDirectories(places: SpoolPlaces, tokens: readonly string[] | null): string[] {
  const wanted = places.addresses.flatMap(namesOf);
  const isWanted = (name: string) =>
    wanted.some(({ address, isSocket }) => {
      const prefix = `${readable(address)}.${digest(address)}.`;
      if (!name.startsWith(prefix)) return false;
      const known = tokens?.map((token) => tokenDigest(address, token));
      return isSocket || !known || known.includes(name.slice(prefix.length));
    });
  const own = places.addresses.some((address) => pathOf(address) === places.ownSocket) ? ['own'] : [];
  return entriesOf(places.root)
    .filter((name) => own.includes(name) || isWanted(name))
    .map((name) => join(places.root, name));
}

/** Name of the directory of a task with this `METAFLOW_WANDB_SIDECAR` and `METAFLOW_WANDB_TOKEN` (empty: none). */
export function spoolDirectoryName(address: string, token: string): string {
  return `${readable(address)}.${digest(address)}.${tokenDigest(address, token)}`;
}

function readable(address: string): string {
  return address.replace(/[^A-Za-z0-9.-]/g, '_');
}

function tokenDigest(address: string, token: string): string {
  return token === '' ? 'none' : digest(`${address}\n${token}`);
}

/** Tells apart what reads alike. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function entriesOf(root: string): string[] {
  try {
    return readdirSync(root);
  } catch {
    return [];
  }
}

/** The addresses that a task may have had for it. */
function namesOf(bound: string): { address: string; isSocket: boolean }[] {
  const path = pathOf(bound);
  if (path !== null)
    return [`unix:${path}`, `unix://${path}`].map((address) => ({ address, isSocket: true }));
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(bound) ?? [];
  return [...new Set([host, ...aliasesOf(host)])].map((each) => ({
    address: `${each}:${port}`,
    isSocket: false,
  }));
}

function pathOf(address: string): string | null {
  return /^unix:(?:\/\/)?(\/.*)$/.exec(address)?.[1] ?? null;
}

/** Other names under which this machine's tasks may know a host that the sidecar listens on. */
function aliasesOf(host: string): string[] {
  const isAny = host === '0.0.0.0' || host === '[::]';
  if (isAny) return ['localhost', '127.0.0.1', '[::1]', hostname()];
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.')
    ? ['localhost', '127.0.0.1']
    : [];
}
