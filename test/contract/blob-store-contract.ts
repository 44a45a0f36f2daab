import { createHash } from 'node:crypto';
import { link, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { Blob, BlobStore } from '../../src/ports/blob-store.js';

/** SHA-256 of some bytes, in hex. */
function digestOf(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Puts in one blob, in pieces. */
export async function put(
  store: Pick<BlobStore, 'create'>,
  ...pieces: (string | Uint8Array)[]
): Promise<Blob> {
  const writer = await store.create();
  for (const piece of pieces) await writer.write(Buffer.from(piece as string));
  return writer.commit();
}

/** Removes one blob in a round of its own. */
async function sweepOut(store: BlobStore, sha256: string): Promise<boolean> {
  const sweep = store.sweep();
  try {
    return await sweep.remove(sha256);
  } finally {
    sweep.end();
  }
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
      expect(await sweepOut(store, blob.sha256)).toBe(true);
      await sweepOut(store, blob.sha256);
      await expect(store.localPath(blob.sha256)).rejects.toMatchObject({ code: 'blob-missing' });
      expect(await store.usedBytes()).toBe(other.sizeBytes);
      expect((await put(store, 'content')).sha256).toBe(blob.sha256);
      expect(await store.localPath(blob.sha256)).toBeTruthy();
    });

    test('a blob that somebody holds is not removed before all have let go of it', async () => {
      const store = await make();
      const holds = [store.hold(), store.hold()];
      let sha256 = '';
      for (const hold of holds) sha256 = (await put(hold, 'content')).sha256;
      for (const hold of holds) {
        expect(await sweepOut(store, sha256)).toBe(false);
        hold.letGo();
        hold.letGo();
      }
      expect(await sweepOut(store, sha256)).toBe(true);
    });

    test('a file that is handed over becomes a blob where it lies, and what is left of it goes', async () => {
      const store = await make();
      const hold = store.hold();
      const directory = await hold.handOverDirectory();
      expect(await hold.handOverDirectory()).toBe(directory);
      await writeFile(join(directory, 'one'), 'content', { mode: 0o666 });
      await writeFile(join(directory, 'left'), 'never told of');
      const blob = await hold.adopt('one', 7);
      expect(blob).toEqual({ sha256: digestOf(Buffer.from('content')), sizeBytes: 7 });
      expect(await readdir(directory)).toEqual(['left']);
      const kept = await store.localPath(blob.sha256);
      expect(await readFile(kept, 'utf8')).toBe('content');
      expect((await stat(kept)).mode & 0o777).toBe(0o600);
      expect(await sweepOut(store, blob.sha256)).toBe(false);
      hold.letGo();
      await vi.waitFor(() => expect(readdir(directory)).rejects.toMatchObject({ code: 'ENOENT' }));
      expect(await sweepOut(store, blob.sha256)).toBe(true);
    });

    test('nothing but a plain file of the hold, of the size that was told, is adopted', async () => {
      const store = await make();
      const [hold, other] = [store.hold(), store.hold()];
      const [directory, elsewhere] = [await hold.handOverDirectory(), await other.handOverDirectory()];
      await writeFile(join(elsewhere, 'theirs'), 'content');
      await symlink(join(elsewhere, 'theirs'), join(directory, 'symlink'));
      await link(join(elsewhere, 'theirs'), join(directory, 'hardlink'));
      await mkdir(join(directory, 'directory'));
      await writeFile(join(directory, 'short'), 'content');
      const refused = [
        'symlink',
        'hardlink',
        'directory',
        'short',
        `../${basename(elsewhere)}/theirs`,
        '..',
        '',
      ];
      for (const name of refused) {
        await expect(hold.adopt(name, 8), name).rejects.toMatchObject({ code: 'malformed' });
      }
      await expect(hold.adopt('missing', 7)).rejects.toMatchObject({ code: 'not-found' });
      await expect(store.hold().adopt('short', 7)).rejects.toMatchObject({ code: 'malformed' });
      expect(await store.usedBytes()).toBe(0);
      hold.letGo();
      other.letGo();
    });

    test('a blob that was put in or let go after a sweep began is spared by it', async () => {
      const store = await make();
      const hold = store.hold();
      const held = await put(hold, 'held');
      const [sweep, blob] = [store.sweep(), await put(store, 'content')];
      hold.letGo();
      expect(await sweep.remove(blob.sha256)).toBe(false);
      expect(await sweep.remove(held.sha256)).toBe(false);
      sweep.end();
      expect(await store.usedBytes()).toBe(11);
    });

    test('a blob that is put in while it is being removed is there afterwards', async () => {
      const store = await make();
      for (let round = 0; round < 20; round += 1) {
        const { sha256 } = await put(store, 'content');
        const writer = await store.create();
        await writer.write(Buffer.from('content'));
        const sweep = store.sweep();
        await Promise.all([sweep.remove(sha256), writer.commit()]);
        sweep.end();
        expect(await readFile(await store.localPath(sha256), 'utf8')).toBe('content');
        expect(await store.usedBytes()).toBe(7);
      }
    });

    test('all blobs are listed, with sizes and since when they have been kept', async () => {
      const store = await make();
      const [startMs, blob] = [Date.now(), await put(store, 'content')];
      const [listed, ...others] = store.list();
      expect(listed).toMatchObject(blob);
      expect(listed?.keptSinceMs).toBeGreaterThanOrEqual(startMs);
      expect(others).toEqual([]);
    });

    test('what is no digest is refused and names no file', async () => {
      const store = await make();
      for (const name of ['', '../../etc/passwd', 'AB'.repeat(32), 'ab']) {
        await expect(store.localPath(name)).rejects.toMatchObject({ code: 'malformed' });
        await expect(sweepOut(store, name)).rejects.toMatchObject({ code: 'malformed' });
      }
    });
  });
}
