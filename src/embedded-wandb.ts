import { join } from 'node:path';
import type { EmbeddedWandb } from './app/destinations.js';
import type { ServeConfig } from './config.js';
import { SidecarError } from './domain/errors.js';
import { hostAndPort } from './listen.js';
import type { Logger } from './ports/logger.js';
import { startWandbLocal, type WandbLocal } from './wandb-local/index.js';

/**
 * Starts the embedded W&B where data may go there; on another port where its own is taken.
 *
 * @throws SidecarError `misconfigured` where it can't be started
 */
export async function startEmbedded(config: ServeConfig, logger: Logger): Promise<WandbLocal | null> {
  if (config.destination !== 'auto' && config.destination !== 'local') return null;
  const { host, port } = hostAndPort(config.wandbLocal);
  const options = { dataDir: join(config.dataDir, 'wandb-local'), host, logger };
  try {
    return await startWandbLocal({ ...options, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cannotStartEmbedded(error);
    logger.warn({ port }, 'the port of the embedded W&B is taken; it listens on another one');
    return startWandbLocal({ ...options, port: 0 });
  }
}

function cannotStartEmbedded(error: unknown): SidecarError {
  const message = `the embedded W&B can't be started: ${error instanceof Error ? error.message : error}`;
  return new SidecarError('misconfigured', message, 'or do without it: --destination wandb');
}

/** The embedded W&B as a destination. */
export function asEmbedded(embedded: WandbLocal | null): EmbeddedWandb | null {
  return embedded && { target: { baseUrl: embedded.url, apiKey: embedded.apiKey }, entity: embedded.entity };
}
