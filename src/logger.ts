import pino from 'pino';
import { boundedLog } from './bounded-log.js';
import type { Logger } from './ports/logger.js';

/** Fields that never reach a log, wherever they stand. */
const SECRET_FIELDS = ['apiKey', 'token', 'authorization', 'password'];

/** Structured log lines in a file, else on stderr, secrets redacted; `LOG_LEVEL` sets the level. */
export function createLogger(file: string | null = null): Logger {
  return pino(
    {
      level: process.env.LOG_LEVEL || 'info',
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]) },
    },
    file === null ? pino.destination(2) : boundedLog(file),
  );
}
