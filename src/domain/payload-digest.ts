import type { StoredFile } from './attempt.js';
import { sha256Hex } from './sha256.js';

/**
 * Digest of a payload: that of its file where it is one file, else that of the
 * lines `SHA256  PATH\n` of its files sorted by path.
 */
export function payloadDigest(files: readonly StoredFile[]): string {
  const [only, ...others] = files;
  if (only && others.length === 0) return only.sha256;
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return sha256Hex(sorted.map((file) => `${file.sha256}  ${file.path}\n`).join(''));
}
