import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Refusal } from '../errors.js';

/** A file that was received whole and lies, synced, under a temporary name. */
export interface ReceivedFile {
  temporaryPath: string;
  sizeBytes: number;
  /** MD5 of the content, lower-case hex. */
  md5Hex: string;
}

/** File contents on disk. Nothing is visible under its final name before it is whole and synced. */
export class FileStore {
  readonly #root: string;
  readonly #incoming: string;

  constructor(root: string) {
    this.#root = root;
    this.#incoming = join(root, 'incoming');
    // What a crash left half-written was never acknowledged.
    rmSync(this.#incoming, { recursive: true, force: true });
    mkdirSync(this.#incoming, { recursive: true, mode: 0o700 });
  }

  /** A fresh key for content that has no natural one. */
  newKey(area: string): string {
    const name = randomBytes(16).toString('hex');
    return join(area, name.slice(0, 2), name);
  }

  /** The key of a blob: one copy a project and content. */
  blobKey(projectId: number, md5Hex: string): string {
    return join('blobs', String(projectId), md5Hex.slice(0, 2), md5Hex);
  }

  /** Where a key lies. */
  path(key: string): string {
    return join(this.#root, key);
  }

  has(key: string): boolean {
    return existsSync(this.path(key));
  }

  /**
   * Streams content to a temporary file and syncs it.
   * @throws Refusal TOO_LARGE past `limitBytes`
   */
  async receive(content: Readable, limitBytes: number): Promise<ReceivedFile> {
    const temporaryPath = join(this.#incoming, randomBytes(12).toString('hex'));
    const hash = createHash('md5');
    let sizeBytes = 0;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        sizeBytes += chunk.length;
        hash.update(chunk);
        if (sizeBytes > limitBytes) done(new Refusal('TOO_LARGE', `The limit is ${limitBytes} bytes.`));
        else done(null, chunk);
      },
    });
    try {
      await pipeline(content, meter, createWriteStream(temporaryPath, { mode: 0o600 }));
      await syncPath(temporaryPath);
    } catch (error) {
      await rm(temporaryPath, { force: true });
      throw error;
    }
    return { temporaryPath, sizeBytes, md5Hex: hash.digest('hex') };
  }

  /** Gives a received file its name, durably. */
  async keep(file: ReceivedFile, key: string): Promise<void> {
    const target = this.path(key);
    const firstMade = mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    await rename(file.temporaryPath, target);
    // A new directory is itself an entry that a power cut may lose, up to the first one that was there before.
    const last = firstMade ? dirname(firstMade) : dirname(target);
    for (let dir = dirname(target); dir.length >= last.length; dir = dirname(dir)) await syncPath(dir);
  }

  /** Forgets a received file. */
  async discard(file: ReceivedFile): Promise<void> {
    await rm(file.temporaryPath, { force: true });
  }

  /** Opens content for reading, or the part from `start` to `end` inclusive, in bytes. */
  read(key: string, range?: { start: number; end: number }): Readable {
    return createReadStream(this.path(key), range);
  }

  /**
   * Removes content before anything else can happen: between a row that says it is gone and the file going, an
   * upload of the same content would be lost.
   */
  removeNow(key: string): void {
    rmSync(this.path(key), { force: true });
  }

  /** Removes content; it being gone already is fine. */
  async remove(key: string): Promise<void> {
    await rm(this.path(key), { force: true });
  }
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
