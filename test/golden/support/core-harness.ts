import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bareEnvironment } from '../../support/bare-environment.js';
import { pythonBin } from '../../support/python.js';
import type { CoreContext } from './core-situations.js';

const LIST_CASES = fileURLToPath(new URL('./list_core_cases.py', import.meta.url));
const DECORATION = '--with=wandb_log:datasets=True,models=True,others=True';
/** The harness's context for one machine without any service. */
const LOCAL_CONTEXT = 'python3-all-local';
/** The harness has these run in a context of their own, which differs in nothing else. */
const REALTIME_CARDS = ['CardComponentRefreshTest', 'CardWithRefreshTest'];
const PLAINEST_GRAPH = 'single-linear-step';
const RESULT = /in context '([^']*)': (success|failed) \[using (\w+) executor\]/;

/** The harness ended before it said how a test ended. */
export const NO_OUTCOME = 'no outcome';

/** A test of the harness on one of its graphs. */
export interface CoreCase {
  readonly test: string;
  readonly graph: string;
}

/** How a test ended: `success`, `failed` or `NO_OUTCOME`. */
export interface Outcome {
  readonly context: string;
  readonly executor: string;
  readonly result: string;
}

interface HarnessContext {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly top_options: readonly string[];
  readonly disabled_tests: readonly string[];
}

/** A copy of Metaflow's core test harness with contexts of our own. */
export class CoreHarness {
  private readonly directory = mkdtempSync(join(tmpdir(), 'mfw-core-'));
  private readonly core = join(this.directory, 'core');
  private readonly disabledTests: readonly string[];
  /** Where the output of what did not succeed is kept. */
  readonly logDirectory = mkdtempSync(join(tmpdir(), 'mfw-core-logs-'));

  constructor(
    source: string,
    private readonly contexts: readonly CoreContext[],
    private readonly executors: readonly string[],
  ) {
    cpSync(join(source, 'test', 'core'), this.core, { recursive: true });
    const path = join(this.core, 'contexts.json');
    const theirs = JSON.parse(readFileSync(path, 'utf8')) as { contexts: HarnessContext[] };
    const local = theirs.contexts.find(({ name }) => name === LOCAL_CONTEXT);
    if (!local) throw new Error(`the harness has no context ${LOCAL_CONTEXT}`);
    this.disabledTests = local.disabled_tests.filter((test) => !REALTIME_CARDS.includes(test));
    const ours = contexts.map(({ name, env, decorated }) => ({
      ...local,
      name,
      disabled_tests: this.disabledTests,
      executors,
      env: { ...local.env, ...env },
      top_options: decorated ? [...local.top_options, DECORATION] : local.top_options,
    }));
    writeFileSync(path, JSON.stringify({ ...theirs, contexts: ours }));
  }

  /** Returns the tests to run; each on the plainest of its graphs, unless on all of them. */
  cases(onlyTests: readonly string[], onAllGraphs: boolean): readonly CoreCase[] {
    const listed = execFileSync(pythonBin, [LIST_CASES], {
      cwd: this.core,
      env: this.environment(),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return Object.entries(JSON.parse(String(listed)) as Record<string, string[]>)
      .filter(([test]) => !this.disabledTests.includes(test))
      .filter(([test]) => onlyTests.length === 0 || onlyTests.includes(test))
      .sort(([a], [b]) => a.localeCompare(b))
      .flatMap(([test, graphs]) => {
        const plainest = graphs.includes(PLAINEST_GRAPH) ? [PLAINEST_GRAPH] : graphs.slice(0, 1);
        return (onAllGraphs ? graphs : plainest).map((graph) => ({ test, graph }));
      });
  }

  /** Runs one test in all contexts, one after the other. */
  async run({ test, graph }: CoreCase): Promise<readonly Outcome[]> {
    const output = await this.output(['--tests', test, '--graphs', graph]);
    const results = new Map<string, string>();
    for (const line of output.split('\n')) {
      const [, context, result, executor] = RESULT.exec(line) ?? [];
      if (result) results.set(`${context}/${executor}`, result);
    }
    const outcomes = this.contexts.flatMap(({ name: context }) =>
      this.executors.map((executor) => ({
        context,
        executor,
        result: results.get(`${context}/${executor}`) ?? NO_OUTCOME,
      })),
    );
    if (outcomes.some(({ result }) => result !== 'success')) {
      writeFileSync(join(this.logDirectory, `${test}-${graph}.txt`), output);
    }
    return outcomes;
  }

  /** Removes the copy; logs stay. */
  stop(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async output(args: readonly string[]): Promise<string> {
    const child = spawn(pythonBin, ['run_tests.py', ...args], {
      cwd: this.core,
      env: this.environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        output += String(data);
      });
    }
    await once(child, 'close');
    return output;
  }

  private environment(): NodeJS.ProcessEnv {
    // As the harness is set up in Metaflow's own repository.
    return {
      ...bareEnvironment(this.directory),
      METAFLOW_CLICK_API_PROCESS_CONFIG: '0',
      USER: 'tester',
      PYTHONPATH: this.core,
    };
  }
}
