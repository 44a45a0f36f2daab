import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pythonBin } from '../test/support/python.js';

/** What a Python environment for comparison does without. */
const LEFT_OUT = {
  /** As a user has it who never heard of the shim. */
  plain: /^(__editable__|_?metaflow_(wandb|extensions))/,
  /** The same, without the libraries that W&B's own integration imports where they are there. */
  lean: /^(__editable__|_?metaflow_(wandb|extensions)|torch|functorch|torchgen|sklearn|scikit_learn|pandas)/,
} as const;

/** Python environments beside the checkout's own one. */
export type Environment = keyof typeof LEFT_OUT;

/**
 * Makes a virtual environment in `dir` that has the checkout's packages but
 * for those left out, without another copy of them. Returns its interpreter.
 */
export function createEnvironment(dir: string, environment: Environment): string {
  const home = join(dir, environment);
  const python = join(home, 'bin', 'python');
  if (existsSync(python)) return python;
  rmSync(home, { recursive: true, force: true });
  execFileSync(pythonBin, ['-m', 'venv', '--without-pip', home]);
  const from = sitePackages(pythonBin);
  const into = sitePackages(python);
  mkdirSync(into, { recursive: true });
  for (const name of readdirSync(from)) {
    if (!LEFT_OUT[environment].test(name)) {
      symlinkSync(join(from, name), join(into, name));
    }
  }
  return python;
}

function sitePackages(python: string): string {
  const program = 'import sysconfig; print(sysconfig.get_path("purelib"))';
  return execFileSync(python, ['-c', program], { encoding: 'utf8' }).trim();
}
