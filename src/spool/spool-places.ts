import { hostname } from 'node:os';
import { join } from 'node:path';

/** What a sidecar's addresses are told by. */
export interface SpoolPlaces {
  /** Directory that has one for each address. */
  readonly root: string;
  /** Addresses as bound: `host:port` or `unix:/path`. */
  readonly addresses: readonly string[];
  /** Path of the user's own socket. */
  readonly ownSocket: string;
}

/** The directories into which tasks may have written that a sidecar at these addresses was meant for. */
export function spoolDirectories({ root, addresses, ownSocket }: SpoolPlaces): string[] {
  const names = addresses.flatMap((address) => namesOf(address, ownSocket));
  return [...new Set(names)].map((name) => join(root, name));
}

/** Name of the directory for an address as a task had it in `METAFLOW_WANDB_SIDECAR`. */
function directoryName(address: string): string {
  return address.replace(/[^A-Za-z0-9.-]/g, '_');
}

function namesOf(address: string, ownSocket: string): string[] {
  const path = /^unix:(?:\/\/)?(\/.*)$/.exec(address)?.[1];
  if (path !== undefined) {
    const own = path === ownSocket ? ['own'] : [];
    return [...own, directoryName(`unix:${path}`), directoryName(`unix://${path}`)];
  }
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(address) ?? [];
  return [host, ...aliasesOf(host)].map((each) => directoryName(`${each}:${port}`));
}

/** Other names under which this machine's tasks may know a host that the sidecar listens on. */
function aliasesOf(host: string): string[] {
  const isAny = host === '0.0.0.0' || host === '[::]';
  if (isAny) return ['localhost', '127.0.0.1', '[::1]', hostname()];
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.')
    ? ['localhost', '127.0.0.1']
    : [];
}
