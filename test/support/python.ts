import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
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

/** A Python script that answers each line it reads with one line. */
export interface PythonDialogue {
  ask(line: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts such a script of `test/support`. */
export function startDialogue(script: string, environment: Readonly<Record<string, string>>): PythonDialogue {
  const child = spawn(pythonBin, [fileURLToPath(new URL(script, import.meta.url))], {
    env: { PATH: process.env.PATH, WANDB_SILENT: 'true', ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  return {
    ask: (line) => {
      const answer = last.then(async () => {
        child.stdin.write(`${line}\n`);
        const next = await answers.next();
        if (next.done) throw new Error(`${script} ended without an answer`);
        return next.value;
      });
      last = answer.catch(() => {});
      return answer;
    },
    close: () => {
      child.stdin.end();
      return ended;
    },
  };
}
