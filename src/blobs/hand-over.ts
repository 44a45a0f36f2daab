import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SidecarError } from '../domain/errors.js';
import type { Blob } from '../ports/blob-store.js';
import { unavailable } from './errors.js';
import { sha256OfOpen } from './sha256-of-file.js';

/** What is opened is looked at before it is read: no link is followed, and no pipe is waited for. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Nothing with which a name could lead elsewhere. */
const NAME = /^[0-9A-Za-z]{1,64}$/;

/** A directory in which another process of this user puts files, which become blobs where they lie. */
export class HandOver {
  #directory: Promise<string> | null = null;

  /**
   * @param staging where the directory is made, on the file system of the blobs
   * @param keep moves a file that is on disk to where it belongs, durably
   */
  constructor(
    private readonly staging: string,
    private readonly keep: (path: string, blob: Blob) => Promise<void>,
  ) {}

  /** Its path; it is made when it is first asked for. @throws SidecarError `blob-unavailable` */
  directory(): Promise<string> {
    this.#directory ??= makeDirectory(join(this.staging, `from-${randomUUID()}`));
    return this.#directory;
  }

  /** Makes a file of the directory a blob. @throws SidecarError `malformed`, `not-found`, `blob-unavailable` */
  async adopt(name: string, sizeBytes: number): Promise<Blob> {
    if (this.#directory === null || !NAME.test(name))
      throw noSuchFile(name, 'none of that name can be there');
    const path = join(await this.#directory, name);
    try {
      const blob = await digestOf(path, name, sizeBytes);
      await this.keep(path, blob);
      return blob;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ELOOP') throw noSuchFile(name, 'it is a link');
      // Nothing is wrong with the stream where somebody cleans up after the step: it may be sent again.
      if (code === 'ENOENT') throw noSuchFile(name, 'it is not there', 'not-found');
      throw unavailable(path, error);
    }
  }

  /** Removes the directory, with what was not adopted. */
  end(): void {
    const directory = this.#directory;
    this.#directory = null;
    // Nothing is lost with one that can't be removed: the next start does it.
    directory?.then((path) => rm(path, { recursive: true, force: true })).catch(() => undefined);
  }
}

async function makeDirectory(path: string): Promise<string> {
  try {
    await mkdir(path, { mode: 0o700 });
    return path;
  } catch (error) {
    throw unavailable(path, error);
  }
}

/** Flushes a file to disk and hashes it meanwhile. */
async function digestOf(path: string, name: string, sizeBytes: number): Promise<Blob> {
  const file = await open(path, OPEN_FLAGS);
  try {
    const found = await file.stat();
    if (!found.isFile() || found.nlink !== 1) throw noSuchFile(name, 'it is no file, or has another name');
    if (found.size !== sizeBytes) throw noSuchFile(name, `it has ${found.size} bytes, not ${sizeBytes}`);
    const flushed = file.chmod(0o600).then(() => file.sync());
    const [sha256] = await Promise.all([sha256OfOpen(file), flushed]);
    return { sha256, sizeBytes };
  } finally {
    // Waits for what is under way.
    await file.close();
  }
}

function noSuchFile(name: string, why: string, code: 'malformed' | 'not-found' = 'malformed'): SidecarError {
  return new SidecarError(code, `file ${JSON.stringify(name.slice(0, 64))} was not handed over: ${why}`);
}
