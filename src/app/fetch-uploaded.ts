import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SidecarError } from '../domain/errors.js';
import type { ArtifactFinder } from '../ports/artifact-finder.js';
import type { Destination } from '../ports/ledger.js';
import type { ReplayLedger } from '../ports/replay-ledger.js';
import type { Target } from '../ports/uploader.js';

/** What fetching needs. */
export interface FetchUploadedDeps {
  readonly originsOf: ReplayLedger['originsOf'];
  readonly finder: Pick<ArtifactFinder, 'fetchArtifactFile' | 'fetchRunFile'>;
  /** How to reach the W&B that a destination meant; null: there is no way. */
  readonly targetOf: (destination: Destination) => Promise<Target | null>;
}

/**
 * Fetches the content of a blob from where it was uploaded to, and hands it on.
 *
 * @returns false where no W&B that can be reached has it
 * @throws SidecarError `blob-unavailable` where one may have it, but doesn't answer
 */
export async function fetchUploaded(
  sha256: string,
  take: (localPath: string) => Promise<void>,
  { originsOf, finder, targetOf }: FetchUploadedDeps,
): Promise<boolean> {
  let silent: string | null = null;
  for (const origin of await originsOf(sha256)) {
    const target = await targetOf(origin.destination);
    if (!target) continue;
    const { path } = origin;
    const result =
      origin.kind === 'artifact'
        ? await finder.fetchArtifactFile({ target, path, qualifiedName: origin.qualifiedName })
        : await finder.fetchRunFile({ target, path, run: origin.run });
    if (result.outcome === 'done') {
      try {
        await take(result.localPath);
        return true;
      } finally {
        // The file has a directory of its own.
        await rm(dirname(result.localPath), { recursive: true, force: true });
      }
    }
    if (result.outcome === 'retryable') silent = result.reason;
  }
  if (silent === null) return false;
  throw new SidecarError('blob-unavailable', `what was uploaded can't be fetched back: ${silent}`);
}
