import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Private directories of one worker. */
export interface Scratch {
  /** For the client's files. */
  readonly dir: string;
  /** For temporary files and the socket of wandb-core. */
  readonly tmp: string;
}

/** The system bounds the path of a socket to about 104 bytes; the client adds up to 40. */
const LONGEST_TMP = 60;

/** Makes the directories of a worker below `root`. They carry the process id of their owner. */
export function createScratch(root: string): Scratch {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const dir = mkdtempSync(join(root, `${process.pid}-`));
  const tmp = join(dir, 'tmp');
  if (tmp.length <= LONGEST_TMP) {
    mkdirSync(tmp, { mode: 0o700 });
    return { dir, tmp };
  }
  const elsewhere = mkdtempSync(join(tmpdir(), 'mfw-'));
  // For who cleans up after this process.
  symlinkSync(elsewhere, tmp);
  return { dir, tmp: elsewhere };
}

/** Removes the directories of a worker; what is gone already is no error. */
export function removeScratch(scratch: Scratch): void {
  for (const dir of [scratch.tmp, scratch.dir]) rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}

/** Removes below `root` what processes left there that are no more. */
export function removeStaleScratch(root: string): void {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(root)) {
    if (isAlive(Number.parseInt(name, 10))) continue;
    const dir = join(root, name);
    const tmp = join(dir, 'tmp');
    removeScratch({ dir, tmp: existsSync(tmp) ? realpathSync(tmp) : tmp });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
