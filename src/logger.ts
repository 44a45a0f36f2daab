import pino from 'pino';
import type { Logger } from './ports/logger.js';

/** Fields that never reach a log, wherever they stand. */
const SECRET_FIELDS = ['apiKey', 'token', 'authorization', 'password'];

/** Structured log lines on stderr, secrets redacted; `LOG_LEVEL` sets the level. */
export function createLogger(): Logger {
  return pino(
    {
      level: process.env.LOG_LEVEL || 'info',
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]) },
    },
    pino.destination(2),
  );
}
