import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Logger } from './ports/logger.js';

const FILE_NAME = 'sidecar.json';

const SCHEMA = z.object({
  /** Process id of the sidecar. */
  pid: z.number().int(),
  /** gRPC addresses, `host:port` or `unix:/path`. */
  grpc: z.array(z.string()),
  /** URL of the HTTP side. */
  http: z.string(),
  /** Token for HTTP and for gRPC over TCP. */
  token: z.string(),
  /** The embedded W&B; null where it doesn't run. */
  wandbLocal: z.object({ url: z.string(), entity: z.string(), apiKeyPath: z.string() }).nullable(),
});

/** How commands reach the sidecar that runs on a data directory. */
export type SidecarFile = z.infer<typeof SCHEMA>;

const RETRY_MS = 2_000;

/**
 * Writes the file, now or as soon as that can be done: on a full disk a sidecar
 * still has what to upload, and so to make room.
 *
 * @returns removes the file, and stops trying
 */
export async function keepSidecarFile(
  dataDir: string,
  content: SidecarFile,
  logger: Logger,
): Promise<() => Promise<void>> {
  let timer: NodeJS.Timeout | undefined;
  const write = async () => {
    try {
      await writeSidecarFile(dataDir, content);
    } catch (error) {
      logger.warn({ err: error }, `${FILE_NAME} can't be written yet; commands don't find this sidecar`);
      timer = setTimeout(write, RETRY_MS).unref();
    }
  };
  await write();
  return async () => {
    clearTimeout(timer);
    await removeSidecarFile(dataDir);
  };
}

/** Writes the file, readable by its owner only; readers see it whole or not at all. */
export async function writeSidecarFile(dataDir: string, content: SidecarFile): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, FILE_NAME);
  const temporary = `${path}.${process.pid}`;
  try {
    await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Reads the file; null where there is none that makes sense. */
export async function readSidecarFile(dataDir: string): Promise<SidecarFile | null> {
  try {
    const parsed = SCHEMA.safeParse(JSON.parse(await readFile(join(dataDir, FILE_NAME), 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Removes the file if it is still this process's. */
async function removeSidecarFile(dataDir: string): Promise<void> {
  if ((await readSidecarFile(dataDir))?.pid !== process.pid) return;
  await rm(join(dataDir, FILE_NAME), { force: true });
}
