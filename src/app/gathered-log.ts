import { StepLogState } from '../domain/step-log-state.js';
import type { BlobFiles } from '../ports/blob-store.js';
import type { AttemptKey } from '../ports/ledger.js';
import type { LogPosition, StepLogs } from '../ports/step-logs.js';
import type { StepLogUpload } from '../ports/uploader.js';
import type { GoneBlobs } from './gone-blobs.js';
import { RowFile } from './row-file.js';

/** What W&B's client notes for itself in a config; the uploader's own client has its own. */
const CLIENTS_KEY = '_wandb';

/** A step's own log as far as it was read: its rows in a file, all else gathered. */
export class GatheredLog {
  readonly state = new StepLogState();
  private position: LogPosition = 0;
  private file: RowFile | null = null;

  constructor(
    private readonly key: AttemptKey,
    private readonly logs: StepLogs,
    /** Where the file of the rows is to lie. */
    private readonly directory: string,
  ) {}

  /** Tells whether anything was logged. */
  get isEmpty(): boolean {
    return this.file === null;
  }

  /** Reads on to the end of what the ledger holds. */
  async readOn(): Promise<void> {
    for (;;) {
      const { entries, next } = await this.logs.readLog(this.key, this.position);
      if (entries.length === 0) break;
      this.file ??= await RowFile.create(this.directory);
      for (const entry of entries) await this.file.add(this.state.add(entry));
      this.position = next;
    }
    await this.file?.flush();
  }

  /** The step has ended: completes its last row. */
  async finish(): Promise<void> {
    await this.file?.add(this.state.finish());
    await this.file?.flush();
  }

  /** What the uploader is to send; null where nothing was logged. `taskKey` of the config stays the sidecar's. */
  async toUpload(blobs: BlobFiles, gone: GoneBlobs, taskKey: string): Promise<StepLogUpload | null> {
    if (!this.file) return null;
    const view = this.state.view();
    const files = [];
    for (const file of view.files) {
      const make = async () => ({ ...file, localPath: await blobs.localPath(file.sha256) });
      files.push(...(await gone.unlessGone(file.path, make)));
    }
    return {
      rowsPath: this.file.path,
      rows: this.file.rows,
      rowsBytes: this.file.sizeBytes,
      lastStep: this.file.lastStep,
      metrics: view.metrics,
      config: view.config.filter(({ path }) => path[0] !== taskKey && path[0] !== CLIENTS_KEY),
      summary: view.summary,
      rowSummary: Object.fromEntries(view.rowSummary),
      files,
    };
  }

  /** Removes the file of the rows. */
  async remove(): Promise<void> {
    await this.file?.remove();
  }
}
