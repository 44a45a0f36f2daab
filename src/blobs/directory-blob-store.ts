import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SidecarError } from '../domain/errors.js';
import type { Blob, BlobHold, BlobStore, BlobSweep, BlobWriter, KeptBlob } from '../ports/blob-store.js';
import { blobPath } from './blob-path.js';
import { BlobSizes } from './blob-sizes.js';
import { BlobUses } from './blob-uses.js';
import { DirectoryBlobWriter } from './directory-blob-writer.js';
import { unavailable } from './errors.js';
import { HandOver } from './hand-over.js';
import { sha256OfFile } from './sha256-of-file.js';
import { syncDirectory } from './sync-directory.js';

/** Where the blobs are. */
export interface DirectoryBlobStoreOptions {
  /** Directory of the store alone; made if it isn't there. All of it must be on one file system. */
  readonly dir: string;
  /** Called between the steps that make a blob durable: its file is flushed, has its name, and that is flushed. */
  readonly reached?: (place: 'blobs.staged' | 'blobs.renamed' | 'blobs.kept') => void;
}

/**
 * Opens a directory of blobs: `blobs/ab/cdef…`, with `staging/` for what is on
 * its way in and `corrupt/` for what was set aside. Leftovers of an earlier
 * process in `staging/` are removed: nobody was told that they are safe.
 *
 * @throws SidecarError `blob-unavailable`
 */
export async function createDirectoryBlobStore({
  dir,
  reached = () => undefined,
}: DirectoryBlobStoreOptions): Promise<BlobStore> {
  const places = { blobs: join(dir, 'blobs'), staging: join(dir, 'staging'), corrupt: join(dir, 'corrupt') };
  try {
    await rm(places.staging, { recursive: true, force: true });
    for (const place of Object.values(places)) await mkdir(place, { recursive: true, mode: 0o700 });
    await syncDirectory(dir);
    await syncDirectory(dirname(dir));
    return new DirectoryBlobStore(places, await BlobSizes.of(places.blobs), reached);
  } catch (error) {
    throw unavailable(dir, error);
  }
}

interface Places {
  readonly blobs: string;
  readonly staging: string;
  readonly corrupt: string;
}

/** A file as it was when its content was last found right. */
interface Verified {
  readonly sizeBytes: number;
  readonly modifiedAtNs: bigint;
}

/** Verifications remembered; beyond it the oldest are done again. */
const MAX_VERIFIED = 10_000;

class DirectoryBlobStore implements BlobStore {
  readonly #places: Places;
  readonly #verified = new Map<string, Verified>();
  readonly #sizes: BlobSizes;
  readonly #reached: Required<DirectoryBlobStoreOptions>['reached'];
  readonly #uses = new BlobUses();
  /** Removals under way. */
  readonly #removing = new Map<string, Promise<void>>();

  constructor(places: Places, sizes: BlobSizes, reached: Required<DirectoryBlobStoreOptions>['reached']) {
    this.#places = places;
    this.#sizes = sizes;
    this.#reached = reached;
  }

  create(): Promise<BlobWriter> {
    return this.#create((sha256) => this.#uses.touch(sha256));
  }

  hold(): BlobHold {
    const held: string[] = [];
    const onKeep = (sha256: string) => {
      held.push(sha256);
      this.#uses.hold(sha256);
    };
    const handOver = new HandOver(this.#places.staging, (path, blob) => {
      onKeep(blob.sha256);
      return this.#keep(path, blob);
    });
    return {
      create: () => this.#create(onKeep),
      handOverDirectory: () => handOver.directory(),
      adopt: (name, sizeBytes) => handOver.adopt(name, sizeBytes),
      letGo: () => {
        for (const sha256 of held.splice(0)) this.#uses.letGo(sha256);
        handOver.end();
      },
    };
  }

  /** @param onKeep told the digest before the blob can be seen */
  async #create(onKeep: (sha256: string) => void): Promise<BlobWriter> {
    const path = join(this.#places.staging, randomUUID());
    try {
      const file = await open(path, 'wx', 0o600);
      return new DirectoryBlobWriter(file, path, (blob) => {
        onKeep(blob.sha256);
        return this.#keep(path, blob);
      });
    } catch (error) {
      throw unavailable(path, error);
    }
  }

  async localPath(sha256: string): Promise<string> {
    const path = this.#pathOf(sha256);
    const found = await stat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw missing(sha256);
      throw unavailable(path, error);
    });
    const now: Verified = { sizeBytes: Number(found.size), modifiedAtNs: found.mtimeNs };
    const before = this.#verified.get(sha256);
    if (before?.sizeBytes === now.sizeBytes && before.modifiedAtNs === now.modifiedAtNs) return path;
    const actual = await sha256OfFile(path).catch((error) => Promise.reject(unavailable(path, error)));
    if (actual !== sha256) throw await this.#setAside(sha256);
    this.#remember(sha256, now);
    return path;
  }

  sweep(): BlobSweep {
    const { spares, end } = this.#uses.begin();
    return {
      end,
      remove: async (sha256) => {
        const path = this.#pathOf(sha256);
        if (spares(sha256)) return false;
        const removal = rm(path, { force: true });
        this.#removing.set(
          sha256,
          removal.catch(() => undefined),
        );
        try {
          await removal;
        } catch (error) {
          throw unavailable(path, error);
        } finally {
          this.#removing.delete(sha256);
        }
        this.#forget(sha256);
        return true;
      },
    };
  }

  list(): Iterable<KeptBlob> {
    return this.#sizes.values();
  }

  async usedBytes(): Promise<number> {
    return this.#sizes.totalBytes;
  }

  /**
   * Makes a staged file the blob of its digest. One that is there already is
   * replaced: it is the same, or it was damaged and is whole again.
   */
  async #keep(stagedPath: string, { sha256, sizeBytes }: Blob): Promise<void> {
    const path = this.#pathOf(sha256);
    this.#reached('blobs.staged');
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // Whoever removes it must not come after the new file.
    await this.#removing.get(sha256);
    await rename(stagedPath, path);
    this.#reached('blobs.renamed');
    this.#sizes.set({ sha256, sizeBytes, keptSinceMs: Date.now() });
    await syncDirectory(dirname(path));
    await syncDirectory(this.#places.blobs);
    this.#reached('blobs.kept');
  }

  async #setAside(sha256: string): Promise<SidecarError> {
    const aside = join(this.#places.corrupt, `${sha256}.${randomUUID()}`);
    try {
      await rename(this.#pathOf(sha256), aside);
    } catch (error) {
      return unavailable(aside, error);
    }
    this.#forget(sha256);
    return new SidecarError(
      'blob-corrupt',
      `blob ${sha256} holds something else than its name says; it was set aside as ${aside}`,
      'check the disk; the value it held has to be made again by its task',
    );
  }

  #forget(sha256: string): void {
    this.#sizes.delete(sha256);
    this.#verified.delete(sha256);
  }

  #remember(sha256: string, state: Verified): void {
    this.#verified.set(sha256, state);
    const [oldest] = this.#verified.keys();
    if (this.#verified.size > MAX_VERIFIED && oldest !== undefined) this.#verified.delete(oldest);
  }

  #pathOf(sha256: string): string {
    return blobPath(this.#places.blobs, sha256);
  }
}

function missing(sha256: string): SidecarError {
  return new SidecarError('blob-missing', `no blob ${sha256} is kept`);
}
