import {
  type FileHandle,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDirectoryBlobStore } from '../../src/blobs/directory-blob-store.js';
import { blobStoreContract, put } from './blob-store-contract.js';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'blobs-'));
});

afterEach(() => rm(dir, { recursive: true }));

blobStoreContract('directory', () => createDirectoryBlobStore({ dir }));

describe('a directory of blobs', () => {
  test('is found again with its size by the next process', async () => {
    const blob = await put(await createDirectoryBlobStore({ dir }), 'content');
    const next = await createDirectoryBlobStore({ dir });
    expect(await next.usedBytes()).toBe(7);
    expect(await readFile(await next.localPath(blob.sha256), 'utf8')).toBe('content');
  });

  test('drops at start what an earlier process had begun and not committed', async () => {
    const store = await createDirectoryBlobStore({ dir });
    const writer = await store.create();
    await writer.write(Buffer.from('half'));
    expect(await readdir(join(dir, 'staging'))).toHaveLength(1);
    await createDirectoryBlobStore({ dir });
    expect(await readdir(join(dir, 'staging'))).toHaveLength(0);
    await writer.abort();
  });

  test('leaves nothing in staging after commits and aborts', async () => {
    const store = await createDirectoryBlobStore({ dir });
    await put(store, 'a');
    await put(store, 'a');
    const writer = await store.create();
    await writer.abort();
    expect(await readdir(join(dir, 'staging'))).toEqual([]);
  });

  for (const [how, damage] of [
    ['shortened', (path: string) => writeFile(path, 'cont')],
    ['changed in place, with its size and time kept', changeInPlace],
  ] as const) {
    test(`sets aside a blob that was ${how}, and takes in its content again`, async () => {
      const blob = await put(await createDirectoryBlobStore({ dir }), 'content');
      const path = join(dir, 'blobs', blob.sha256.slice(0, 2), blob.sha256.slice(2));
      await damage(path);
      const store = await createDirectoryBlobStore({ dir });
      await expect(store.localPath(blob.sha256)).rejects.toMatchObject({ code: 'blob-corrupt' });
      expect(await readdir(join(dir, 'corrupt'))).toHaveLength(1);
      await expect(store.localPath(blob.sha256)).rejects.toMatchObject({ code: 'blob-missing' });
      expect(await store.usedBytes()).toBe(0);
      await put(store, 'content');
      expect(await readFile(await store.localPath(blob.sha256), 'utf8')).toBe('content');
    });
  }

  test('notices damage done after a blob was verified once', async () => {
    const store = await createDirectoryBlobStore({ dir });
    const blob = await put(store, 'content');
    const path = await store.localPath(blob.sha256);
    await writeFile(path, 'CONTENT');
    await expect(store.localPath(blob.sha256)).rejects.toMatchObject({ code: 'blob-corrupt' });
  });

  test('heals a damaged blob when its content comes again', async () => {
    const store = await createDirectoryBlobStore({ dir });
    const blob = await put(store, 'content');
    await writeFile(join(dir, 'blobs', blob.sha256.slice(0, 2), blob.sha256.slice(2)), 'CONTENT');
    await put(store, 'content');
    expect(await readFile(await store.localPath(blob.sha256), 'utf8')).toBe('content');
    expect(await store.usedBytes()).toBe(7);
  });

  test('has flushed the content, then its name, when a commit is acknowledged', async () => {
    const store = await createDirectoryBlobStore({ dir });
    const probe = await open(join(dir, 'probe'), 'w');
    const flushed: string[] = [];
    const sync = vi.spyOn(Object.getPrototypeOf(probe), 'sync').mockImplementation(async function (
      this: FileHandle,
    ) {
      const isDirectory = (await this.stat()).isDirectory();
      flushed.push(isDirectory ? 'name' : `content, ${(await readdir(join(dir, 'staging'))).length} staged`);
    });
    await put(store, 'content');
    sync.mockRestore();
    await probe.close();
    expect(flushed).toEqual(['content, 1 staged', 'name', 'name']);
  });

  test('is readable by its owner alone', async () => {
    const store = await createDirectoryBlobStore({ dir });
    const path = await store.localPath((await put(store, 'secret')).sha256);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(dir, 'blobs'))).mode & 0o077).toBe(0);
  });

  test('says what to do where it can not be made', async () => {
    const file = join(dir, 'file');
    await writeFile(file, '');
    const opening = createDirectoryBlobStore({ dir: join(file, 'blobs') });
    await expect(opening).rejects.toMatchObject({
      code: 'blob-unavailable',
      hint: expect.stringMatching(/rights/),
    });
  });
});

async function changeInPlace(path: string): Promise<void> {
  const { atime, mtime } = await stat(path);
  await writeFile(path, 'CONTENT');
  await utimes(path, atime, mtime);
}
