import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

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

/** Writes the file, readable by its owner only; readers see it whole or not at all. */
export async function writeSidecarFile(dataDir: string, content: SidecarFile): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, FILE_NAME);
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  await rename(temporary, path);
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
export async function removeSidecarFile(dataDir: string): Promise<void> {
  if ((await readSidecarFile(dataDir))?.pid !== process.pid) return;
  await rm(join(dataDir, FILE_NAME), { force: true });
}
