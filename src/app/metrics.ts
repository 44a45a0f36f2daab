import type { UploadResult } from '../ports/uploader.js';
import type { DiskFloor } from './disk-floor.js';
import type { RemovalReason } from './retention.js';

/** Takes in what happens, for those who watch the sidecar. Never throws. */
export interface Metrics {
  /** An upload ended, after that many seconds. */
  uploadEnded(outcome: UploadResult['outcome'], seconds: number): void;
  /** A stream was refused, with that gRPC status. */
  streamRefused(statusName: string): void;
  /** A blob was removed. */
  blobRemoved(why: RemovalReason): void;
  /** A process that uploads had to be started anew. */
  workerRestarted(): void;
}

/** What is looked up when somebody asks for the metrics. */
export interface MetricSources {
  /** Number of task streams that are live. */
  streamsOpen(): number;
  readonly room: Pick<DiskFloor, 'state'>;
  /** Why data can't get in or through; null where it can. */
  problem(): Promise<string | null>;
}
