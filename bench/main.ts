import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Benchmark } from './benchmark.js';
import { commits } from './cases/commits.js';
import { foreach } from './cases/foreach.js';
import { importTime } from './cases/import-time.js';
import { largeValue } from './cases/large-value.js';
import { lineageQuery } from './cases/lineage-query.js';
import { noopFlow } from './cases/noop-flow.js';
import { uploads } from './cases/uploads.js';
import { describeMachine } from './machine.js';
import { isMet, type Row, table } from './report.js';

const BENCHMARKS: readonly Benchmark[] = [
  noopFlow,
  importTime,
  largeValue('model', '`torch.save`'),
  largeValue('frame', '`to_parquet`'),
  commits,
  uploads,
  foreach,
  lineageQuery,
];
const OUTPUT = 'bench-results.json';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});

const names = BENCHMARKS.map(({ name }) => name);
const unknown = flags.only?.filter((name) => !names.includes(name)) ?? [];
if (unknown.length > 0) {
  process.stderr.write(`bench: no benchmark ${unknown.join(', ')}; there are ${names.join(', ')}\n`);
  process.exit(2);
}

const dir = mkdtempSync(join(tmpdir(), 'mfw-bench-'));
const say = (text: string) => process.stderr.write(`bench: ${text} …\n`);
try {
  const rows: Row[] = [];
  for (const benchmark of BENCHMARKS) {
    if (flags.only && !flags.only.includes(benchmark.name)) continue;
    rows.push(...(await benchmark.run({ rounds: Number(flags.rounds), dir, say })));
  }
  const results = { machine: describeMachine(), rows: rows.map((row) => ({ ...row, met: isMet(row) })) };
  writeFileSync(OUTPUT, `${JSON.stringify(results, null, 2)}\n`);
  process.stdout.write(flags.json ? `${JSON.stringify(results, null, 2)}\n` : `${table(rows)}\n`);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
