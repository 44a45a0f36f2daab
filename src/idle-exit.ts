import { IdleWatch } from './app/idle-exit.js';
import type { Streams } from './app/streams.js';
import type { ServeConfig } from './config.js';
import { Launchers } from './launchers.js';
import type { Clock } from './ports/clock.js';
import type { Ledger } from './ports/ledger.js';
import type { Logger } from './ports/logger.js';
import { socketPath } from './unix-socket.js';

/** How often to look whether there is anything left to do, at most. */
const MAX_INTERVAL_MS = 1_000;
const LOOKS_PER_IDLE_TIME = 4;

/** What idleness is told from. */
export interface IdleExitParts {
  readonly config: ServeConfig;
  readonly ledger: Ledger;
  readonly streams: Streams;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The end of a sidecar that is to end by itself. */
export interface IdleExit {
  /** Resolves when nothing was left to do for the idle time; from then on no launcher is let in. */
  readonly due: Promise<void>;
  /** Stops looking, and refuses launchers. */
  stop(): void;
  /** Lets launchers see that nobody is here any more. */
  close(): Promise<void>;
}

/** Begins to look for the time to end; null where the sidecar is to run until it is told to stop. */
export async function startIdleExit(parts: IdleExitParts): Promise<IdleExit | null> {
  const { config, streams, logger } = parts;
  if (config.idleExitS === null) return null;
  const idleMs = config.idleExitS * 1000;
  const watch = new IdleWatch({ ...parts, idleMs, streamsOpen: () => streams.count });
  const touch = () => watch.touch();
  const launchers = await listenForLaunchers(config, touch);
  let timer: NodeJS.Timeout;
  const due = new Promise<void>((resolve) => {
    const look = async () => {
      if (launchers && launchers.count > 0) return touch();
      if (!(await watch.isOver())) return;
      // Who came while the ledger was asked is let down by nobody: no pause between these two.
      if (streams.count > 0 || (launchers && launchers.count > 0)) return;
      launchers?.refuse();
      clearInterval(timer);
      logger.info({ idleMs }, 'nothing has been left to do for that long: ending');
      resolve();
    };
    const lookSafely = () => look().catch((error) => logger.error({ err: error }, 'idleness is unknown'));
    timer = setInterval(lookSafely, Math.min(MAX_INTERVAL_MS, Math.max(10, idleMs / LOOKS_PER_IDLE_TIME)));
  });
  return {
    due,
    stop: () => {
      clearInterval(timer);
      launchers?.refuse();
    },
    close: async () => launchers?.close(),
  };
}

async function listenForLaunchers(config: ServeConfig, onArrival: () => void): Promise<Launchers | null> {
  const address = config.grpc.find((each) => each.startsWith('unix:'));
  return address === undefined
    ? null
    : Launchers.listen(Launchers.pathBeside(socketPath(address)), onArrival);
}
