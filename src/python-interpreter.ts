import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Python that has `wandb`: the one that was named, else the one that
 * `METAFLOW_WANDB_SERVE_PYTHON` names, else that of the installation's own
 * virtual environment, else `python3`.
 */
export function pythonInterpreter(named: string | null): string {
  const chosen = named || process.env.METAFLOW_WANDB_SERVE_PYTHON;
  if (chosen) return chosen;
  const own = fileURLToPath(new URL('../.venv/bin/python', import.meta.url));
  return existsSync(own) ? own : 'python3';
}
