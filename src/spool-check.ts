import type { SpoolFacts } from './app/views.js';
import { defaultSocket, type ServeConfig } from './config.js';
import type { Failpoints } from './failpoints.js';
import type { IngestDeps } from './grpc/ingest-service.js';
import { receiveRecords } from './grpc/receive-records.js';
import type { PrometheusMetrics } from './metrics/prometheus.js';
import type { Logger } from './ports/logger.js';
import { SpoolIntake, type SpoolState } from './spool/spool-intake.js';
import { spoolDirectories } from './spool/spool-places.js';
import type { TenantEntry } from './tenants-file.js';

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
  readonly token: string;
  readonly tenants: readonly TenantEntry[];
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
  const { metrics, logger } = parts;
  const intakes = intakesOf(parts);
  metrics.watchSpool(() => intakes.map((intake) => intake.state).reduce(together));
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  let stopped = false;
  const look = () => {
    looking = lookAll(intakes)
      .catch((error) => logger.error({ err: error }, 'spool files could not be looked for'))
      .finally(() => {
        if (!stopped) timer = setTimeout(look, INTERVAL_MS);
      });
  };
  return {
    start: look,
    current: async () => (await Promise.all(intakes.map((intake) => intake.current()))).reduce(together),
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      for (const intake of intakes) intake.stop();
      await looking;
    },
  };
}

/** One for what is the sidecar's own, and one for each tenant: who wrote a file is told by the token that it had. */
function intakesOf({ config, ingest, grpc, token, tenants, metrics, logger, reached }: SpoolCheckParts) {
  const places = { root: config.spoolRoot, addresses: grpc, ownSocket: defaultSocket() };
  const tcp = { ...places, addresses: grpc.filter((address) => !address.startsWith('unix:')) };
  const intakeOf = (tenant: string | null, directories: () => readonly string[]) =>
    new SpoolIntake({
      directories,
      receive: receiveRecords(ingest, tenant),
      maxRecordBytes: config.limits.streams.maxMessageBytes,
      observe: (outcome) => {
        metrics.spoolFileEnded(outcome);
        reached('spool.removed');
      },
      logger,
    });
  // Where nobody shares the sidecar, all that was meant for it is its user's, an earlier token's included.
  const ownTokens = tenants.length > 0 ? [token] : null;
  const own = () => [...new Set([...spoolDirectories(places, ownTokens), ...config.spoolDirs])];
  return [
    intakeOf(null, own),
    ...tenants.map((tenant) => intakeOf(tenant.name, () => spoolDirectories(tcp, [tenant.token]))),
  ];
}

async function lookAll(intakes: readonly SpoolIntake[]): Promise<void> {
  for (const intake of intakes) await intake.look();
}

function together(one: SpoolState, other: SpoolState): SpoolState {
  return {
    directories: [...one.directories, ...other.directories],
    waiting: one.waiting + other.waiting,
    elsewhere: one.elsewhere + other.elsewhere,
    refused: one.refused + other.refused,
    problem: one.problem ?? other.problem,
  };
}
