import type { Row } from './report.js';

/** What a benchmark is given. */
export interface BenchContext {
  /** How often to run each alternative; more are run where one is quick. */
  readonly rounds: number;
  /** Directory for what is used again by later benchmarks; removed at the end. */
  readonly dir: string;
  /** Tells a person what goes on. */
  readonly say: (text: string) => void;
}

/** One benchmark. */
export interface Benchmark {
  /** Name for `--only`. */
  readonly name: string;
  /** Measures, and cleans up behind itself. */
  readonly run: (context: BenchContext) => Promise<Row[]>;
}
