import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The interpreter that `scripts/install.sh` prepares. */
export const pythonBin = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));

/** Runs a script of `test/support` with arguments and returns what it printed. */
export async function runPython(
  script: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { stdout } = await run(pythonBin, [path, ...args], {
    env: { PATH: process.env.PATH, WANDB_SILENT: 'true', ...environment },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}
