import type { BlobReferences, BlobUse } from '../ports/blob-references.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { Clock } from '../ports/clock.js';

/** What removing payloads needs. */
export interface RetentionDeps {
  readonly ledger: BlobReferences;
  readonly blobs: Pick<BlobStore, 'sweep' | 'list'>;
  readonly clock: Clock;
  /** How long payloads stay after their upload, in milliseconds; null: for ever. */
  readonly retentionMs: number | null;
  /** Called with each removed blob. */
  readonly observe: (why: RemovalReason) => void;
}

/** `uploaded`: in W&B for long enough. `orphaned`: no attempt ever came to need it, or a removal was cut off. */
export type RemovalReason = 'uploaded' | 'orphaned';

/** Blobs that are looked at at once. */
const BATCH = 500;
/** What nobody needs stays at least so long, for whoever puts a lost ledger back. */
const LEAST_ORPHAN_AGE_MS = 60 * 60_000;
/** The sums take a look at all blobs, and are asked for again and again. */
const USE_VALID_MS = 5_000;

/** Removes payloads that are in W&B, and what no attempt names. */
export class Retention {
  private use: { readonly atMs: number; readonly sums: BlobUse } | null = null;

  constructor(private readonly deps: RetentionDeps) {}

  /** How much is in W&B, and how much of that would go now. */
  async currentUse(): Promise<BlobUse> {
    const nowMs = this.deps.clock.nowMs();
    const age = this.use === null ? Number.POSITIVE_INFINITY : nowMs - this.use.atMs;
    if (this.use && age >= 0 && age < USE_VALID_MS) return this.use.sums;
    const sums = await this.deps.ledger.blobUse(this.uploadedByMs() ?? 0);
    this.use = { atMs: nowMs, sums };
    return sums;
  }

  /** Removes payloads that have been in W&B for long enough. Returns how many. */
  async removeUploaded(): Promise<number> {
    let removed = 0;
    for (let isMore = true; isMore; ) {
      const uploadedByMs = this.uploadedByMs();
      if (uploadedByMs === null) break;
      isMore = await this.inSweep(async (remove) => {
        // The ledger first: what it still named would be missed by an upload.
        const digests = await this.deps.ledger.giveUpBlobs(uploadedByMs, BATCH);
        for (const digest of digests) removed += await remove(digest, 'uploaded');
        return digests.length === BATCH;
      });
    }
    return removed;
  }

  /** Removes blobs that no attempt needs, and that are old enough to be no news. Returns how many. */
  async removeOrphans(): Promise<number> {
    const { ledger, blobs, clock, retentionMs } = this.deps;
    if (retentionMs === null) return 0;
    const keptByMs = clock.nowMs() - Math.max(retentionMs, LEAST_ORPHAN_AGE_MS);
    let removed = 0;
    const old = [...blobs.list()].filter(({ keptSinceMs }) => keptSinceMs <= keptByMs);
    for (let start = 0; start < old.length; start += BATCH) {
      const digests = old.slice(start, start + BATCH).map(({ sha256 }) => sha256);
      await this.inSweep(async (remove) => {
        const needed = await ledger.neededBlobs(digests);
        for (const digest of digests) if (!needed.has(digest)) removed += await remove(digest, 'orphaned');
      });
    }
    return removed;
  }

  private uploadedByMs(): number | null {
    const { clock, retentionMs } = this.deps;
    return retentionMs === null ? null : clock.nowMs() - retentionMs;
  }

  /** Begins the sweep before the ledger is asked, so that what is needed since then is spared. */
  private async inSweep<T>(
    work: (remove: (digest: string, why: RemovalReason) => Promise<number>) => Promise<T>,
  ): Promise<T> {
    const sweep = this.deps.blobs.sweep();
    try {
      return await work(async (digest, why) => {
        if (!(await sweep.remove(digest))) return 0;
        this.deps.observe(why);
        return 1;
      });
    } finally {
      sweep.end();
    }
  }
}
