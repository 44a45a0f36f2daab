import { createReadStream } from 'node:fs';
import { link, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSidecarError } from '../domain/errors.js';
import type { BlobFiles, BlobStore } from '../ports/blob-store.js';
import { blobPath } from './blob-path.js';
import { createDirectoryBlobStore } from './directory-blob-store.js';
import { unavailable } from './errors.js';

/** Where blobs are borrowed from, and where they are kept meanwhile. */
export interface BorrowedBlobsOptions {
  /** Directory for what is borrowed; on the file system of `sourceDir`. */
  readonly dir: string;
  /** Directory of a blob store that another process may be using. Nothing in it is changed. */
  readonly sourceDir: string;
  /** Looks for a blob's content elsewhere and hands it on; false: it is nowhere. */
  readonly fetch: (sha256: string, take: (localPath: string) => Promise<void>) => Promise<boolean>;
}

/**
 * Opens blobs of another store for reading. Each that is asked for becomes a
 * link, so that it stays whatever its own store removes meanwhile; one that has
 * been removed there is fetched.
 *
 * @throws SidecarError `blob-unavailable`
 */
export async function openBorrowedBlobs(options: BorrowedBlobsOptions): Promise<BlobFiles> {
  const own = await createDirectoryBlobStore({ dir: options.dir });
  return {
    localPath: async (sha256) => {
      const here = await findIn(own, sha256);
      if (here !== null) return here;
      if (await linkTo(options, sha256)) {
        const linked = await findIn(own, sha256);
        if (linked !== null) return linked;
      }
      await options.fetch(sha256, (localPath) => takeIn(own, localPath));
      return own.localPath(sha256);
    },
  };
}

/** Null: it isn't there, or it was damaged and set aside. */
async function findIn(own: BlobStore, sha256: string): Promise<string | null> {
  return own.localPath(sha256).catch((error) => {
    if (isSidecarError(error, 'blob-missing') || isSidecarError(error, 'blob-corrupt')) return null;
    throw error;
  });
}

async function linkTo({ dir, sourceDir }: BorrowedBlobsOptions, sha256: string): Promise<boolean> {
  const path = blobPath(join(dir, 'blobs'), sha256);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await link(blobPath(join(sourceDir, 'blobs'), sha256), path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another upload that needs it, too, was faster.
    if (code === 'EEXIST') return true;
    if (code === 'ENOENT') return false;
    throw unavailable(path, error);
  }
}

/** Copies a file under the digest of what it holds, whatever that is. */
async function takeIn(own: BlobStore, localPath: string): Promise<void> {
  const writer = await own.create();
  try {
    for await (const data of createReadStream(localPath)) await writer.write(data as Uint8Array);
    await writer.commit();
  } finally {
    await writer.abort();
  }
}
