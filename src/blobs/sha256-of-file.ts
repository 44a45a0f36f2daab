import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

const PIECE_BYTES = 1024 ** 2;

/** SHA-256 of a file's content in hex, read piece by piece. */
export async function sha256OfFile(path: string): Promise<string> {
  const file = await open(path);
  try {
    return await sha256OfOpen(file);
  } finally {
    await file.close();
  }
}

/** The same of a file that is open for reading; it stays open. */
export async function sha256OfOpen(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  // One piece, read into again and again: new memory for each would take longer than hashing it.
  const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, position);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(piece.subarray(0, bytesRead));
    position += bytesRead;
  }
}
