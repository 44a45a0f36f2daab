import { isSidecarError, type SidecarErrorCode } from '../domain/errors.js';
import type { RecordReceiver } from '../ports/record-receiver.js';
import { removeSpoolFile, type SpoolFile, setAside } from './spool-directory.js';
import { SpoolReader } from './spool-file.js';

/** What became of a file. */
export type TakenIn =
  | { readonly outcome: 'taken-in' }
  /** It was set aside for what is in it. */
  | { readonly outcome: 'refused'; readonly reason: string }
  /** It stays for another time; `blocked`: the others would, too. */
  | { readonly outcome: 'left'; readonly reason: string; readonly blocked: boolean }
  /** Somebody else has taken it in meanwhile. */
  | { readonly outcome: 'gone' };

/** Refusals for what the file says; it would be refused the next time as well. */
const ABOUT_THE_FILE: readonly SidecarErrorCode[] = ['malformed', 'out-of-order', 'too-large'];
/** Refusals that have nothing to do with the file. */
const ABOUT_THE_SIDECAR: readonly SidecarErrorCode[] = [
  ...(['unavailable', 'ledger-unavailable', 'blob-unavailable'] as const),
  ...(['unauthenticated', 'sidecar-unreachable'] as const),
];

/**
 * Hands one file to a receiver, and removes it or sets it aside as that says.
 *
 * @param maxRecordBytes the longest message that the receiver takes
 * @throws where that can't be done
 */
export async function takeIn(
  file: SpoolFile,
  receive: RecordReceiver,
  maxRecordBytes: number,
): Promise<TakenIn> {
  const reader = new SpoolReader(file.path, maxRecordBytes);
  try {
    const end = await receive(reader.records());
    if (end === 'ended' && file.isWhole) {
      const damage = reader.damage ?? 'its end is missing, with the Close';
      return await refuse(file, `${damage}; what comes before it was taken in`);
    }
  } catch (error) {
    return afterError(file, error);
  }
  await removeSpoolFile(file);
  return { outcome: 'taken-in' };
}

async function afterError(file: SpoolFile, error: unknown): Promise<TakenIn> {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { outcome: 'gone' };
  const message = error instanceof Error ? error.message : String(error);
  if (!isSidecarError(error)) return { outcome: 'left', reason: message, blocked: false };
  const reason = error.hint === '' ? message : `${message}; ${error.hint}`;
  if (ABOUT_THE_FILE.includes(error.code)) return refuse(file, reason);
  return { outcome: 'left', reason, blocked: ABOUT_THE_SIDECAR.includes(error.code) };
}

async function refuse(file: SpoolFile, reason: string): Promise<TakenIn> {
  await setAside(file, reason);
  return { outcome: 'refused', reason };
}
