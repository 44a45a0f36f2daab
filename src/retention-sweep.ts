import type { Retention } from './app/retention.js';
import type { Logger } from './ports/logger.js';

/** How often to look for payloads that may go. */
const INTERVAL_MS = 60_000;
/** Orphans are looked for once in so many looks. */
const LOOKS_PER_ORPHAN_LOOK = 60;

/** Removes what may go, now and again and again. */
export function startRetention(retention: Retention, logger: Logger): { stop(): Promise<void> } {
  let looks = 0;
  let running: Promise<void> = Promise.resolve();
  const look = async () => {
    const uploaded = await retention.removeUploaded();
    const orphaned = looks % LOOKS_PER_ORPHAN_LOOK === 0 ? await retention.removeOrphans() : 0;
    looks += 1;
    if (uploaded + orphaned > 0) logger.info({ uploaded, orphaned }, 'removed payloads that nothing needs');
  };
  const lookSafely = () => {
    running = running
      .then(look)
      .catch((error) => logger.error({ err: error }, 'payloads that nothing needs could not be removed'));
  };
  lookSafely();
  const timer = setInterval(lookSafely, INTERVAL_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return running;
    },
  };
}
