import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonBin } from '../../test/support/python.js';
import type { Benchmark } from '../benchmark.js';
import { createEnvironment } from '../environments.js';
import { interleaved } from '../flow-runs.js';
import { atMost, shown } from '../report.js';
import { median, spread } from '../statistics.js';

const run = promisify(execFile);
const MEASURE = fileURLToPath(new URL('../measure.py', import.meta.url));
const ROUNDS = 25;

/** `import metaflow`, with the shim installed and without. */
export const importTime: Benchmark = {
  name: 'import',
  async run({ dir, say }) {
    say('import metaflow');
    const plain = createEnvironment(dir, 'plain');
    const times = await interleaved(ROUNDS, {
      plain: () => importMs(plain),
      installed: () => importMs(pythonBin),
    });
    const added = median(times.installed) - median(times.plain);
    return [
      shown('import metaflow', median(times.plain), 'ms', spread(times.plain)),
      atMost('the same with the shim installed and not used: more', added, 'ms', 10, spread(times.installed)),
    ];
  },
};

async function importMs(python: string): Promise<number> {
  const { stdout } = await run(pythonBin, [MEASURE, python, '-c', 'import metaflow']);
  return (JSON.parse(stdout) as { wallS: number }).wallS * 1000;
}
