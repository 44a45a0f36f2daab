/** Where the server reports; a pino logger fits. */
export interface Logger {
  info(details: object, message?: string): void;
  warn(details: object, message?: string): void;
  error(details: object, message?: string): void;
}

/** Reports nothing. */
export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} };
