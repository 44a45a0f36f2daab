import { join } from 'node:path';
import { SidecarError } from '../domain/errors.js';

/** Path of a blob below the directory of blobs: `ab/cdef…`. @throws SidecarError `malformed` where it is no digest */
export function blobPath(blobsDir: string, sha256: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    throw new SidecarError('malformed', 'a blob is named by 64 hexadecimal digits');
  }
  return join(blobsDir, sha256.slice(0, 2), sha256.slice(2));
}
