import type { SpoolFacts } from './app/views.js';
import { defaultSocket, type ServeConfig } from './config.js';
import type { Failpoints } from './failpoints.js';
import type { IngestDeps } from './grpc/ingest-service.js';
import { receiveRecords } from './grpc/receive-records.js';
import type { PrometheusMetrics } from './metrics/prometheus.js';
import type { Logger } from './ports/logger.js';
import { SpoolIntake } from './spool/spool-intake.js';
import { spoolDirectories } from './spool/spool-places.js';

/** How often to look for spool files. */
const INTERVAL_MS = 5_000;

/** What the intake of spool files is made of. */
export interface SpoolCheckParts {
  readonly config: ServeConfig;
  readonly ingest: IngestDeps;
  /** Addresses as bound. */
  readonly grpc: readonly string[];
  readonly metrics: PrometheusMetrics;
  readonly logger: Logger;
  readonly reached: Failpoints['reached'];
}

/** Takes in spool files again and again, as soon as it is started. */
export interface SpoolCheck {
  start(): void;
  /** Ends the look that is under way. */
  stop(): Promise<void>;
  /** What waits now. */
  current(): Promise<SpoolFacts>;
}

/** Makes the intake of what tasks left for this sidecar while they could not reach it. */
export function createSpoolCheck(parts: SpoolCheckParts): SpoolCheck {
  const { config, ingest, grpc, metrics, logger } = parts;
  const own = spoolDirectories({ root: config.spoolRoot, addresses: grpc, ownSocket: defaultSocket() });
  const intake = new SpoolIntake({
    directories: [...new Set([...own, ...config.spoolDirs])],
    receive: receiveRecords(ingest),
    maxRecordBytes: config.limits.streams.maxMessageBytes,
    observe: (outcome) => {
      metrics.spoolFileEnded(outcome);
      parts.reached('spool.removed');
    },
    logger,
  });
  metrics.watchSpool(() => intake.state);
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  let stopped = false;
  const look = () => {
    looking = intake
      .look()
      .catch((error) => logger.error({ err: error }, 'spool files could not be looked for'))
      .finally(() => {
        if (!stopped) timer = setTimeout(look, INTERVAL_MS);
      });
  };
  return {
    start: look,
    current: () => intake.current(),
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      intake.stop();
      await looking;
    },
  };
}
