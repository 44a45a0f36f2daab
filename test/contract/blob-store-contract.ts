import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Blob, BlobStore } from '../../src/ports/blob-store.js';

/** SHA-256 of some bytes, in hex. */
function digestOf(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Puts in one blob, in pieces. */
export async function put(store: BlobStore, ...pieces: (string | Uint8Array)[]): Promise<Blob> {
  const writer = await store.create();
  for (const piece of pieces) await writer.write(Buffer.from(piece as string));
  return writer.commit();
}

/**
 * What every blob store promises, whatever it keeps them in.
 *
 * @param make makes an empty store; whoever gives it also disposes of it
 */
export function blobStoreContract(name: string, make: () => Promise<BlobStore>): void {
  describe(`${name} blob store`, () => {
    test('a blob written in pieces comes back whole under the digest of its content', async () => {
      const store = await make();
      const large = Buffer.alloc(3_000_000, 'x');
      const blob = await put(store, 'head', large, '', 'tail');
      const whole = Buffer.concat([Buffer.from('head'), large, Buffer.from('tail')]);
      expect(blob).toEqual({ sha256: digestOf(whole), sizeBytes: whole.length });
      expect(digestOf(await readFile(await store.localPath(blob.sha256)))).toBe(blob.sha256);
    });

    test('an empty blob is a blob', async () => {
      const store = await make();
      const blob = await put(store);
      expect(blob.sizeBytes).toBe(0);
      expect(await readFile(await store.localPath(blob.sha256))).toHaveLength(0);
    });

    test('equal content, put in at the same time, is kept and counted once', async () => {
      const store = await make();
      const blobs = await Promise.all([1, 2, 3, 4].map(() => put(store, 'same')));
      expect(new Set(blobs.map((blob) => blob.sha256)).size).toBe(1);
      expect(await store.usedBytes()).toBe(4);
    });

    test('nothing is there before it is committed, nor after it is aborted', async () => {
      const store = await make();
      const writer = await store.create();
      await writer.write(Buffer.from('never'));
      const sha256 = digestOf(Buffer.from('never'));
      await expect(store.localPath(sha256)).rejects.toMatchObject({ code: 'blob-missing' });
      await writer.abort();
      await writer.abort();
      await expect(writer.write(Buffer.from('more'))).rejects.toMatchObject({ code: 'blob-unavailable' });
      await expect(store.localPath(sha256)).rejects.toMatchObject({ code: 'blob-missing' });
      expect(await store.usedBytes()).toBe(0);
    });

    test('aborting what is committed leaves it alone', async () => {
      const store = await make();
      const writer = await store.create();
      await writer.write(Buffer.from('kept'));
      const blob = await writer.commit();
      await writer.abort();
      expect(await readFile(await store.localPath(blob.sha256), 'utf8')).toBe('kept');
    });

    test('a removed blob is gone and counts no more, and removing it again is no error', async () => {
      const store = await make();
      const blob = await put(store, 'content');
      const other = await put(store, 'other');
      await store.remove(blob.sha256);
      await store.remove(blob.sha256);
      await expect(store.localPath(blob.sha256)).rejects.toMatchObject({ code: 'blob-missing' });
      expect(await store.usedBytes()).toBe(other.sizeBytes);
      expect((await put(store, 'content')).sha256).toBe(blob.sha256);
      expect(await store.localPath(blob.sha256)).toBeTruthy();
    });

    test('what is no digest is refused and names no file', async () => {
      const store = await make();
      for (const name of ['', '../../etc/passwd', 'AB'.repeat(32), 'ab']) {
        await expect(store.localPath(name)).rejects.toMatchObject({ code: 'malformed' });
        await expect(store.remove(name)).rejects.toMatchObject({ code: 'malformed' });
      }
    });
  });
}
