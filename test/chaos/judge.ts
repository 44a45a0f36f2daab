/** What a task computed, by Metaflow's own word: of the attempt that ended it. */
export interface Computed {
  readonly pathspec: string;
  readonly attempt: number;
  readonly values: Readonly<Record<string, unknown>>;
  /** What it logged while it ran. */
  readonly losses: readonly number[];
  readonly artifacts: readonly string[];
  /** `step:variable` of what it read, sorted. */
  readonly uses: readonly string[];
}

/** A run as W&B has it. */
export interface Logged {
  readonly pathspec: string;
  readonly attempt: number;
  readonly id: string;
  readonly state: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Rows beside those that the step logged while it ran. */
  readonly valueRows: number;
  readonly losses: readonly number[];
  /** `equal`: what is downloaded is what the task stored. */
  readonly artifacts: readonly { readonly variable: string; readonly equal: boolean }[];
  readonly uses: readonly string[];
}

/** An attempt as the sidecar's ledger has it. */
export interface Recorded {
  readonly pathspec: string;
  readonly attempt: number;
  readonly state: string;
  readonly outcome: string | null;
  readonly lastError: string;
}

/** Everything that is known at the end. */
export interface Evidence {
  readonly computed: readonly Computed[];
  readonly logged: readonly Logged[];
  readonly recorded: readonly Recorded[];
  /** What tasks said in their one line, by pathspec. */
  readonly reports: ReadonlyMap<string, string>;
  /** Pathspecs of attempts that wait in spool files. */
  readonly spooled: ReadonlySet<string>;
}

/** What came of it; each entry says what is wrong. */
export interface Judgement {
  /** Tasks whose data is in W&B, whole. */
  readonly whole: number;
  /** Tasks that said that something of them is missing, and are right. */
  readonly reported: readonly string[];
  /** Tasks that still wait in a spool file. */
  readonly spooled: readonly string[];
  readonly lost: readonly string[];
  readonly twice: readonly string[];
}

/** A line that speaks of all that is to come of the run. */
const WHOLE_RUN = /the flow runs on but is not logged/;
/** A line that promises that the data goes out later, and so reports no loss. */
const KEPT = /\bspool/;

type Finding = 'reported' | 'spooled' | 'lost' | 'twice';

/** Compares what flows computed with the ledger and with W&B. */
export function judge(evidence: Evidence): Judgement {
  const found: Record<Finding, string[]> = { reported: [], spooled: [], lost: [], twice: [] };
  const runs = new Map<string, Logged[]>();
  for (const run of evidence.logged) runs.set(attemptOf(run), [...(runs.get(attemptOf(run)) ?? []), run]);
  const rows = new Map(evidence.recorded.map((row) => [attemptOf(row), row]));
  let whole = 0;
  for (const task of evidence.computed) {
    const [run] = runs.get(attemptOf(task)) ?? [];
    const missing = run ? missingIn(run, task, evidence.logged) : ['the run'];
    if (missing.length === 0) {
      whole += 1;
      continue;
    }
    const row = rows.get(attemptOf(task));
    const said = reportOn(task, evidence) ?? 'said nothing';
    const text = `${attemptOf(task)} lacks ${missing.join(', ')}; ledger: ${rowText(row)}; task: ${said}`;
    found[kindOf(task, row, evidence)].push(text);
  }
  for (const of of runs.values()) found.twice.push(...doubledIn(of));
  return { whole, ...found };
}

/** What it means that something of a task is missing. */
function kindOf({ pathspec }: Computed, row: Recorded | undefined, evidence: Evidence): Finding {
  const acknowledged = row?.outcome === 'ok' || row?.outcome === 'failed';
  if (acknowledged) return 'lost';
  if (evidence.spooled.has(pathspec)) return 'spooled';
  const report = reportOn({ pathspec }, evidence);
  return report !== undefined && !KEPT.test(report) ? 'reported' : 'lost';
}

/** What was said of a task: by itself, or by an earlier task for the rest of its run. */
function reportOn({ pathspec }: { pathspec: string }, { reports }: Evidence): string | undefined {
  const run = pathspec.split('/').slice(0, 2).join('/');
  const ofRun = [...reports].find(([of, line]) => of.startsWith(`${run}/`) && WHOLE_RUN.test(line));
  return reports.get(pathspec) ?? ofRun?.[1];
}

function attemptOf({ pathspec, attempt }: { pathspec: string; attempt: number }): string {
  return `${pathspec} attempt ${attempt}`;
}

function rowText(row: Recorded | undefined): string {
  return row ? `${row.state}, ${row.outcome} ${row.lastError}`.trim() : 'nothing';
}

function doubledIn(runs: readonly Logged[]): string[] {
  const [run] = runs;
  if (!run) return [];
  const names = run.artifacts.map(({ variable }) => variable);
  const doubled = [
    ...(runs.length > 1 ? [`${runs.length} runs`] : []),
    ...(run.valueRows > 1 ? [`${run.valueRows} rows of values`] : []),
    ...(new Set(run.losses).size < run.losses.length ? [`losses ${run.losses}`] : []),
    ...(new Set(names).size < names.length ? [`artifacts ${names}`] : []),
  ];
  return doubled.map((what) => `${attemptOf(run)}: ${what}`);
}

function missingIn(run: Logged, task: Computed, logged: readonly Logged[]): string[] {
  const differs = (name: string) => JSON.stringify(run.values[name]) !== JSON.stringify(task.values[name]);
  const isThere = (name: string) => run.artifacts.some(({ variable, equal }) => variable === name && equal);
  return [
    ...(run.state === 'finished' ? [] : [`its end (state ${run.state})`]),
    ...Object.keys(task.values).filter(differs),
    ...(run.valueRows >= 1 ? [] : ['its row of values']),
    ...(JSON.stringify(run.losses) === JSON.stringify(task.losses) ? [] : [`losses (${run.losses})`]),
    ...task.artifacts.filter((name) => !isThere(name)).map((name) => `artifact ${name}`),
    ...missingEdges(run, task, logged),
  ];
}

/** Edges that should be there: all those to artifacts that came to W&B. */
function missingEdges(run: Logged, task: Computed, logged: readonly Logged[]): string[] {
  const flowRun = task.pathspec.split('/').slice(0, 2).join('/');
  return [...new Set(task.uses)].filter((use) => {
    const [step, name] = use.split(':');
    const makers = logged.filter(
      ({ pathspec, artifacts }) =>
        pathspec.startsWith(`${flowRun}/${step}/`) && artifacts.some(({ variable }) => variable === name),
    );
    const made = new Set(makers.map(({ pathspec }) => pathspec)).size;
    const count = (uses: readonly string[]) => uses.filter((item) => item === use).length;
    return count(run.uses) < Math.min(made, count(task.uses));
  });
}
