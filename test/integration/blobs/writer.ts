/** Writes blobs without pause until it is killed, and says the digest of each that was acknowledged. */
import { writeSync } from 'node:fs';
import { createDirectoryBlobStore } from '../../../src/blobs/directory-blob-store.js';

const PRODUCERS = 8;
const PIECE_BYTES = 64 * 1024;

const [dir] = process.argv.slice(2);
if (!dir) throw new Error('needs a directory');
const store = await createDirectoryBlobStore({ dir });

async function produce(producer: number): Promise<void> {
  for (let number = 0; ; number++) {
    const writer = await store.create();
    for (let piece = 0; piece < number % 4; piece++)
      await writer.write(Buffer.alloc(PIECE_BYTES, `${number}`));
    await writer.write(Buffer.from(`${process.pid} ${producer} ${number}`));
    writeSync(1, `${(await writer.commit()).sha256}\n`);
  }
}

await Promise.all(Array.from({ length: PRODUCERS }, (_, producer) => produce(producer)));
