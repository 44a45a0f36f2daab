import { dirname, join } from 'node:path';
import { pythonBin } from './python.js';

/**
 * This process's environment, less all that leads to a W&B account or to
 * Metaflow's settings of whoever runs the tests, with another home directory.
 */
export function bareEnvironment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(WANDB|METAFLOW)_/.test(name));
  return {
    ...Object.fromEntries(kept),
    PATH: `${dirname(pythonBin)}:${process.env.PATH}`,
    HOME: home,
    NETRC: join(home, '.netrc'),
    NO_PROXY: '127.0.0.1,localhost',
    no_proxy: '127.0.0.1,localhost',
    METAFLOW_USER: 'tester',
    METAFLOW_DATASTORE_SYSROOT_LOCAL: home,
    WANDB_SILENT: 'true',
  };
}
