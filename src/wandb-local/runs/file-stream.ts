import type { Database } from '../db/database.js';
import { asObject, type Json, type JsonObject } from '../json.js';
import type { HistoryKeys } from './history-keys.js';
import type { LineStore, LineStream } from './line-store.js';
import type { RunRow, RunStore } from './run-store.js';

const streamOf: Record<string, LineStream> = {
  'wandb-history.jsonl': 'history',
  'wandb-events.jsonl': 'events',
  'output.log': 'output',
};

/** Applies one file-stream request of a run, all of it or nothing. */
export class FileStream {
  constructor(
    private readonly db: Database,
    private readonly runs: RunStore,
    private readonly lines: LineStore,
    private readonly historyKeys: HistoryKeys,
  ) {}

  /** The answer tells the client's process whether it should stop. */
  apply(run: RunRow, body: JsonObject): JsonObject {
    this.db.transaction(() => {
      for (const [name, chunk] of Object.entries(asObject(body.files) ?? {})) {
        this.#applyFile(run, name, asObject(chunk) ?? {});
      }
      this.runs.heartbeat(run, body.preempting === true);
      if (body.complete === true) this.runs.finish(run.id, integer(body.exitcode, 0));
    });
    return { stopped: run.stop_requested === 1, limits: {} };
  }

  #applyFile(run: RunRow, name: string, chunk: JsonObject): void {
    const content = chunk.content;
    const lines = Array.isArray(content) ? content.filter((line) => typeof line === 'string') : [];
    const offset = integer(chunk.offset, 0);
    if (name === 'wandb-summary.json') {
      const summary = lines.at(-1);
      if (summary !== undefined) this.runs.update(run.id, { summaryMetrics: summary });
      return;
    }
    const stream = streamOf[name];
    if (!stream) return;
    if (this.runs.takeRestarted(run.id, stream) && offset === 0) this.lines.truncate(run.id, stream, 0);
    // A chunk below the end rewrites lines that the key index may have read already.
    if (stream === 'history' && offset < this.lines.count(run.id, stream)) this.historyKeys.forget(run.id);
    this.lines.write(run.id, stream, offset, lines);
  }
}

function integer(value: Json | undefined, fallback: number): number {
  return typeof value === 'number' && Number.isInteger(value) ? value : fallback;
}
