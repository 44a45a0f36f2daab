import { SidecarError } from '../domain/errors.js';

/** What watching the disk needs. */
export interface DiskFloorDeps {
  /** Free bytes where the data lies, as far as this user may fill them; null: not known. */
  readonly freeBytes: () => Promise<number | null>;
  /** Below so many free bytes nothing new is taken in. */
  readonly minFreeBytes: number;
}

/** The disk as it is now. */
export interface DiskState {
  readonly freeBytes: number | null;
  readonly minFreeBytes: number;
  /** Why nothing new is taken in; null: it is. */
  readonly problem: string | null;
}

/** What has begun may go on until that share of the floor is left: the ledger needs the rest to drain. */
const SHARE_FOR_STREAMS = 0.5;
const MIB = 1024 ** 2;

/** Keeps enough of the disk free for what is here already to drain. */
export class DiskFloor {
  constructor(private readonly deps: DiskFloorDeps) {}

  async state(): Promise<DiskState> {
    const { minFreeBytes } = this.deps;
    const freeBytes = await this.deps.freeBytes();
    const isLow = freeBytes !== null && freeBytes < minFreeBytes;
    return { freeBytes, minFreeBytes, problem: isLow ? lowText(freeBytes, minFreeBytes) : null };
  }

  /** @throws SidecarError `unavailable` where there is no room for another attempt */
  requireRoom(): Promise<void> {
    return this.requireFree(1);
  }

  /** @throws SidecarError `unavailable` where there is no room for more of an attempt's data */
  requireRoomForData(): Promise<void> {
    return this.requireFree(SHARE_FOR_STREAMS);
  }

  private async requireFree(share: number): Promise<void> {
    const freeBytes = await this.deps.freeBytes();
    const { minFreeBytes } = this.deps;
    if (freeBytes === null || freeBytes >= minFreeBytes * share) return;
    throw new SidecarError(
      'unavailable',
      lowText(freeBytes, minFreeBytes),
      'free space there, or set --retention or --min-free of `serve` lower',
    );
  }
}

function lowText(freeBytes: number, minFreeBytes: number): string {
  const mib = (count: number) => `${Math.floor(count / MIB)} MiB`;
  return (
    `the sidecar's disk is nearly full: ${mib(freeBytes)} are free, ` +
    `and it takes in nothing new below ${mib(minFreeBytes)}`
  );
}
