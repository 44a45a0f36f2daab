import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Target } from './ports/uploader.js';
import { readSidecarFile } from './sidecar-file.js';
import { startWandbLocal, type WandbLocal } from './wandb-local/index.js';

const ANSWER_TIMEOUT_MS = 5_000;

/** The embedded W&B of a data directory: the running sidecar's, or one that is started for as long as it is needed. */
export class EmbeddedOrigin {
  private own: Promise<WandbLocal> | null = null;

  constructor(private readonly dataDir: string) {}

  /** How to reach it. @throws Error where it doesn't start */
  async target(): Promise<Target> {
    const running = await this.running();
    if (running) return running;
    this.own ??= startWandbLocal({ dataDir: join(this.dataDir, 'wandb-local'), port: 0 });
    const { url, apiKey } = await this.own;
    return { baseUrl: url, apiKey };
  }

  async close(): Promise<void> {
    await (await this.own)?.close();
  }

  private async running(): Promise<Target | null> {
    const there = (await readSidecarFile(this.dataDir))?.wandbLocal;
    if (this.own || !there) return null;
    try {
      await fetch(there.url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    } catch {
      return null;
    }
    return { baseUrl: there.url, apiKey: (await readFile(there.apiKeyPath, 'utf8')).trim() };
  }
}
