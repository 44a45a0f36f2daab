import { homedir } from 'node:os';
import { join } from 'node:path';

/** Directory that everything of a user's sidecar lives in unless `--data-dir` says otherwise. */
export function defaultDataDir(): string {
  return join(homedir(), '.metaflow-wandb');
}
