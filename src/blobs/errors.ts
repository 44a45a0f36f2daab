import { SidecarError } from '../domain/errors.js';

/** Puts what the file system threw into words; a {@link SidecarError} stays as it is. */
export function unavailable(path: string, error: unknown): SidecarError {
  if (error instanceof SidecarError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new SidecarError(
    'blob-unavailable',
    `blobs can't be kept at ${path}: ${detail}`,
    'check the rights and the free space of that directory',
    { cause: error },
  );
}
