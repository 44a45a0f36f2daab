import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SidecarFile } from '../sidecar-file.js';

const LOOPBACK = 'localhost,127.0.0.1,::1';

/**
 * Environment of everything that the demo starts: the user's own, less all that
 * could lead to their W&B account or their Metaflow configuration.
 */
export function demoEnvironment(env: NodeJS.ProcessEnv, dataDir: string): NodeJS.ProcessEnv {
  const home = join(dataDir, 'home');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const neutral = Object.entries(env).filter(([name]) => !/^(WANDB|METAFLOW)_/.test(name));
  return {
    ...Object.fromEntries(neutral),
    HOME: home,
    NETRC: join(home, '.netrc'),
    NO_PROXY: [env.NO_PROXY ?? env.no_proxy, LOOPBACK].filter(Boolean).join(','),
    no_proxy: [env.no_proxy ?? env.NO_PROXY, LOOPBACK].filter(Boolean).join(','),
    METAFLOW_DATASTORE_SYSROOT_LOCAL: dataDir,
    METAFLOW_USER: userName(env),
    PYTHONUNBUFFERED: '1',
  };
}

/** Environment of the flow: only the sidecar's address and token are added, no W&B key. */
export function flowEnvironment(environment: NodeJS.ProcessEnv, sidecar: SidecarFile): NodeJS.ProcessEnv {
  return {
    ...environment,
    METAFLOW_WANDB_SIDECAR: sidecar.grpc[0],
    METAFLOW_WANDB_TOKEN: sidecar.token,
    WANDB_PROJECT: 'metaflow-wandb-demo',
  };
}

/** Environment of the script that reads back. */
export function readBackEnvironment(environment: NodeJS.ProcessEnv, sidecar: SidecarFile): NodeJS.ProcessEnv {
  return {
    ...environment,
    WANDB_BASE_URL: sidecar.wandbLocal?.url,
    WANDB_ENTITY: sidecar.wandbLocal?.entity,
    WANDB_PROJECT: 'metaflow-wandb-demo',
    WANDB_SILENT: 'true',
    WANDB_API_KEY: sidecar.wandbLocal
      ? readFileSync(sidecar.wandbLocal.apiKeyPath, 'utf8').trim()
      : undefined,
  };
}

/** Metaflow refuses to run without a user name, or as root; containers often have nothing else. */
function userName(env: NodeJS.ProcessEnv): string {
  const name = env.USER ?? '';
  return name === '' || name === 'root' ? 'demo' : name;
}
