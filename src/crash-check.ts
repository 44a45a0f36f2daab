import type { Streams } from './app/streams.js';
import type { Logger } from './ports/logger.js';

/** How often to look for attempts that have crashed. */
const INTERVAL_MS = 5_000;

/** Looks for crashed attempts again and again. */
export function startCrashCheck(
  streams: Streams,
  logger: Logger,
  onCrashed: () => void,
): { readonly stop: () => void } {
  const look = async () => {
    const crashed = await streams.closeCrashed((key, error) =>
      logger.error({ err: error, key }, 'a crashed attempt could not be closed'),
    );
    if (crashed.length === 0) return;
    logger.warn({ keys: crashed }, 'attempts ended without a word; what had arrived is uploaded');
    onCrashed();
  };
  const timer = setInterval(() => {
    look().catch((error) => logger.error({ err: error }, 'crashed attempts could not be closed'));
  }, INTERVAL_MS);
  return { stop: () => clearInterval(timer) };
}
