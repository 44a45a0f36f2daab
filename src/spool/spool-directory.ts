import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SidecarError } from '../domain/errors.js';
import { writerOf } from './writer-process.js';

const REFUSED = 'refused';

/** A file that can be taken in. */
export interface SpoolFile {
  readonly path: string;
  /** False: its task was killed while it wrote, so that it ends anywhere. */
  readonly isWhole: boolean;
  readonly modifiedAtMs: number;
}

/** What one directory holds. */
export interface SpoolListing {
  /** What can be taken in, oldest first, so that makers come before their readers. */
  readonly files: readonly SpoolFile[];
  /** Number of files that a task on another host, or in another container, began, and may still be writing. */
  readonly elsewhere: number;
}

/**
 * Looks into a directory of spool files. One that isn't there holds nothing.
 *
 * @param all true: tasks on other hosts are known to have ended
 * @throws SidecarError `misconfigured` where others may write into it; an error of the file system
 */
export async function listSpool(dir: string, all = false): Promise<SpoolListing> {
  const files: SpoolFile[] = [];
  let elsewhere = 0;
  if (!(await isOwn(dir))) return { files, elsewhere };
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    if (!entry.isFile() || !/\.(spool|part)$/.test(entry.name)) continue;
    const path = join(dir, entry.name);
    // Taken in by somebody else meanwhile.
    const found = await stat(path).catch(() => null);
    if (!found) continue;
    const isWhole = entry.name.endsWith('.spool');
    const writer = isWhole ? 'gone' : await writerOf(entry.name);
    if (writer === 'elsewhere' && !all) elsewhere += 1;
    else if (writer !== 'alive') files.push({ path, isWhole, modifiedAtMs: found.mtimeMs });
  }
  files.sort((a, b) => a.modifiedAtMs - b.modifiedAtMs || (a.path < b.path ? -1 : 1));
  return { files, elsewhere };
}

/** Removes a file that was taken in; somebody else may have done so. */
export async function removeSpoolFile({ path }: SpoolFile): Promise<void> {
  await rm(path, { force: true });
}

/** Moves a file to `refused/` beside it, with the reason. */
export async function setAside({ path }: SpoolFile, reason: string): Promise<void> {
  const dir = dirname(path);
  // What is refused once more stays there.
  const place = basename(dir) === REFUSED ? dir : join(dir, REFUSED);
  const name = basename(path);
  await mkdir(place, { recursive: true, mode: 0o700 });
  const reasonPath = join(place, `${name.replace(/\.(spool|part)$/, '')}.reason.txt`);
  await writeFile(reasonPath, `${reason}\n`, { mode: 0o600 });
  await rename(path, join(place, name));
}

/** Number of files that were set aside in a directory. */
export async function countRefused(dir: string): Promise<number> {
  const names = await readdir(join(dir, REFUSED)).catch(() => []);
  return names.filter((name) => /\.(spool|part)$/.test(name)).length;
}

/** False: there is no such directory. @throws SidecarError `misconfigured` where others may write into it */
async function isOwn(dir: string): Promise<boolean> {
  const found = await stat(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!found) return false;
  if (found.uid === process.getuid?.() && (found.mode & 0o022) === 0) return true;
  throw new SidecarError(
    'misconfigured',
    `${dir} is not taken in: others may write into it`,
    `make it the sidecar's user's own: chmod 700`,
  );
}
