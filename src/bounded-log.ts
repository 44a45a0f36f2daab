import { appendFileSync, chmodSync, renameSync, statSync } from 'node:fs';

/** Size from which on a log is begun anew; the one before it is kept. */
const MAX_BYTES = 5 * 1024 * 1024;

/**
 * A log file of at most twice 5 MiB, for a sidecar that nobody looks after. A
 * line that can't be written, on a full disk, is lost.
 */
export function boundedLog(path: string, maxBytes = MAX_BYTES): { write(line: string): void } {
  let sizeBytes = presentSize(path);
  const append = (line: string) => {
    if (sizeBytes > maxBytes) {
      renameSync(path, `${path}.1`);
      sizeBytes = 0;
    }
    appendFileSync(path, line, { mode: 0o600 });
    sizeBytes += Buffer.byteLength(line);
  };
  return {
    write: (line) => {
      try {
        append(line);
      } catch {
        // There is nowhere to tell of it.
      }
    },
  };
}

function presentSize(path: string): number {
  try {
    chmodSync(path, 0o600);
    return statSync(path).size;
  } catch {
    return 0;
  }
}
