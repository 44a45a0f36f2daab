import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { MetricSources, Metrics } from '../app/metrics.js';
import type { BlobStore } from '../ports/blob-store.js';
import type { Clock } from '../ports/clock.js';
import type { Ledger } from '../ports/ledger.js';

/** Metrics that can be asked for in Prometheus' text format. */
export interface PrometheusMetrics extends Metrics {
  /** Counts a spool file that was taken in or set aside. */
  readonly spoolFileEnded: (outcome: 'taken-in' | 'refused') => void;
  /** Says where to look for what waits in the spool directories. */
  watchSpool(state: () => { readonly waiting: number; readonly refused: number }): void;
  expose(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** What the metrics are looked up in. */
export interface PrometheusDeps extends MetricSources {
  readonly ledger: Ledger;
  readonly blobs: BlobStore;
  readonly clock: Clock;
}

/** Uploads take from a second to the better part of an hour. */
const UPLOAD_SECONDS_BUCKETS = [0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600];

/** Metrics in a registry of their own, so that several sidecars fit into one process. */
export function createPrometheusMetrics(deps: PrometheusDeps): PrometheusMetrics {
  const registers = [new Registry()] as const;
  const [registry] = registers;
  collectDefaultMetrics({ register: registry });
  addGauges(registry, deps);
  const restarts = new Counter({
    name: 'metaflow_wandb_worker_restarts_total',
    help: 'Processes that upload and had to be started anew.',
    registers: [...registers],
  });
  const removed = counter(registry, {
    name: 'metaflow_wandb_blobs_removed_total',
    help: 'Payload files that were removed: uploaded (in W&B for long enough), orphaned (no attempt needs them).',
    labels: { why: ['uploaded', 'orphaned'] },
  });
  const refused = counter(registry, {
    name: 'metaflow_wandb_streams_refused_total',
    help: 'Task streams that were refused, by gRPC status; the log says why.',
    labels: { status: ['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'INTERNAL'] },
  });
  const spoolFiles = counter(registry, {
    name: 'metaflow_wandb_spool_files_total',
    help: 'Spool files that were taken in, or set aside for what is in them (refused).',
    labels: { outcome: ['taken-in', 'refused'] },
  });
  return {
    uploadEnded: uploadMeter(registry),
    streamRefused: (statusName) => refused.inc({ status: statusName }),
    blobRemoved: (why) => removed.inc({ why }),
    workerRestarted: () => restarts.inc(),
    spoolFileEnded: (outcome) => spoolFiles.inc({ outcome }),
    watchSpool: (state) => {
      const files = 'metaflow_wandb_spool_files';
      gauge(registry, `${files}_waiting`, 'Spool files yet to be taken in.', async () => state().waiting);
      gauge(registry, `${files}_refused`, 'Spool files that were set aside.', async () => state().refused);
    },
    expose: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

function uploadMeter(registry: Registry): Metrics['uploadEnded'] {
  const uploads = counter(registry, {
    name: 'metaflow_wandb_uploads_total',
    help: 'Uploads that ended, by outcome: done, retryable (will be tried again), failed.',
    labels: { outcome: ['done', 'retryable', 'failed'] },
  });
  const seconds = new Histogram({
    name: 'metaflow_wandb_upload_seconds',
    help: 'Duration of uploads in seconds, by outcome.',
    labelNames: ['outcome'],
    buckets: UPLOAD_SECONDS_BUCKETS,
    registers: [registry],
  });
  return (outcome, duration) => {
    uploads.inc({ outcome });
    seconds.observe({ outcome }, duration);
  };
}

/** A counter with one label, and the values of it that are there from the beginning. */
function counter<L extends string>(
  registry: Registry,
  { name, help, labels }: { name: string; help: string; labels: Readonly<Record<L, readonly string[]>> },
): Counter<L> {
  const [[label, values]] = Object.entries(labels) as [[L, readonly string[]]];
  const made = new Counter({ name, help, labelNames: [label], registers: [registry] });
  // A series that begins at its first event hides that event from rate().
  for (const value of values) made.inc({ [label]: value } as Record<L, string>, 0);
  return made;
}

/** Gauges that are looked up when somebody asks. */
function addGauges(registry: Registry, deps: PrometheusDeps): void {
  const { ledger, blobs, clock, room, problem, streamsOpen } = deps;
  const attempts: Gauge<'state'> = new Gauge({
    name: 'metaflow_wandb_attempts',
    help: 'Task attempts in the ledger, by state: open, held, pending, done, failed, unlogged.',
    labelNames: ['state'],
    registers: [registry],
    collect: async () => {
      attempts.reset();
      const counts = await ledger.counts().catch(() => ({}));
      for (const [state, count] of Object.entries(counts)) attempts.set({ state }, Number(count));
    },
  });
  gauge(registry, 'metaflow_wandb_outbox_oldest_seconds', 'Age of the oldest waiting upload.', async () => {
    const oldestMs = await ledger.oldestPendingAtMs();
    return oldestMs === null ? 0 : Math.max(0, clock.nowMs() - oldestMs) / 1000;
  });
  gauge(registry, 'metaflow_wandb_blob_bytes', 'Bytes of payloads that are kept.', () => blobs.usedBytes());
  gauge(
    registry,
    'metaflow_wandb_disk_free_bytes',
    'Free bytes where the data lies; NaN: not known.',
    async () => {
      return (await room.state()).freeBytes ?? Number.NaN;
    },
  );
  gauge(
    registry,
    'metaflow_wandb_disk_low',
    '1: nothing new is taken in, the disk is nearly full.',
    async () => ((await room.state()).problem === null ? 0 : 1),
  );
  gauge(registry, 'metaflow_wandb_ready', '0: /readyz says what is wrong.', async () =>
    (await problem()) === null ? 1 : 0,
  );
  gauge(registry, 'metaflow_wandb_streams_open', 'Task streams that are live.', async () => streamsOpen());
}

function gauge(registry: Registry, name: string, help: string, value: () => Promise<number>): void {
  const made: Gauge = new Gauge({
    name,
    help,
    registers: [registry],
    // The others are wanted all the more where the ledger fails.
    collect: async () => made.set(await value().catch(() => Number.NaN)),
  });
}
