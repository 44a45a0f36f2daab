/** What W&B holds of one flow's run, without what differs from run to run. */
export interface Snapshot {
  readonly runs: readonly RunSnapshot[];
}

/** One W&B run of it. */
export interface RunSnapshot {
  readonly job_type: string;
  readonly group: string;
  readonly state: string;
  readonly exit_code: number | null;
  readonly imports_metaflow: boolean;
  readonly feature_metaflow: boolean;
  readonly config: Readonly<Record<string, unknown>>;
  readonly summary: Readonly<Record<string, unknown>>;
  readonly artifacts: readonly { name: string; type: string; files: readonly string[] }[];
  /** `type/name` of each artifact used. */
  readonly uses: readonly string[];
}

/** A golden file: a flow's exit code and what W&B's own integration made W&B hold of it. */
export interface Golden extends Snapshot {
  readonly exit_code: number;
}

/**
 * What of a golden is to be found in ours: all of it, but that ours may hold
 * more config keys and more lineage, and, of a step that failed, more values.
 */
export function withoutExtras(ours: Snapshot, golden: Snapshot): Snapshot {
  const used = new Set<RunSnapshot>();
  return {
    runs: ours.runs.map((run) => {
      const twin = golden.runs.find((candidate) => !used.has(candidate) && isTwin(run, candidate));
      if (!twin) return run;
      used.add(twin);
      return {
        ...run,
        config: pick(run.config, Object.keys(twin.config)),
        summary: run.exit_code === 0 ? run.summary : pick(run.summary, Object.keys(twin.summary)),
        uses: run.uses.filter((use) => twin.uses.includes(use)),
      };
    }),
  };
}

/** Runs of one step differ by what they computed, where it is a foreach, and by how they ended, where it is tried again. */
function isTwin(a: RunSnapshot, b: RunSnapshot): boolean {
  if (a.job_type !== b.job_type || a.exit_code !== b.exit_code) return false;
  return a.exit_code !== 0 || sorted(a.summary) === sorted(b.summary);
}

/** Runs in an order that doesn't depend on the order of keys. */
export function ordered(snapshot: Snapshot): Snapshot {
  return { runs: [...snapshot.runs].sort((a, b) => (sorted(a) < sorted(b) ? -1 : 1)) };
}

function pick(values: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key)));
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, item) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
