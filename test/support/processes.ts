import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Process ids below a process, at any depth. */
export async function descendants(pid: number): Promise<readonly number[]> {
  const children = await childrenOf(pid);
  const below = await Promise.all(children.map(descendants));
  return [...children, ...below.flat()];
}

/** Process ids of the direct children of a process. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  // pgrep exits with 1 where there are none.
  const found = await run('pgrep', ['-P', String(pid)]).catch(() => ({ stdout: '' }));
  return found.stdout.split('\n').filter(Boolean).map(Number);
}

/** Those of the processes that still run; one that only waits to be reaped does not. */
export async function alive(pids: readonly number[]): Promise<readonly number[]> {
  const states = await Promise.all(
    pids.map(async (pid) => {
      const found = await run('ps', ['-o', 'stat=', '-p', String(pid)]).catch(() => ({ stdout: 'Z' }));
      return found.stdout.trim().startsWith('Z') ? [] : [pid];
    }),
  );
  return states.flat();
}
