import { parseArgs } from 'node:util';
import { type FuzzReport, runFuzz } from './run.js';

const { values: flags } = parseArgs({
  options: { cases: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});
const [cases, seed] = [Number(flags.cases), Number(flags.seed)];
if (!Number.isInteger(cases) || cases < 1 || !Number.isInteger(seed)) {
  process.stderr.write('usage: npm run fuzz -- --cases N --seed S\n');
  process.exit(2);
}

const MIB = 1024 ** 2;
const startedAtMs = Date.now();
const report = await runFuzz({ cases, seed, say: (line) => process.stderr.write(`fuzz: ${line}\n`) });
process.stdout.write(
  `${summary(report)}\nseed ${seed}, ${((Date.now() - startedAtMs) / 1000).toFixed(0)} s\n`,
);
const { early, late } = report;
const leaks = late.streamsOpen > 0 || late.stagedFiles > 0 || late.descriptors > early.descriptors + 20;
process.exitCode = report.failures.length > 0 || !report.isAlive || leaks ? 1 : 0;

function summary({ answers, failures, early, late, isAlive }: FuzzReport): string {
  const counts = Object.entries(answers).sort(([, a], [, b]) => b - a);
  const footprint = (name: 'rssBytes' | 'descriptors' | 'stagedFiles' | 'streamsOpen', unit = 1) =>
    `${Math.round(early[name] / unit)} -> ${Math.round(late[name] / unit)}`;
  return [
    `${cases} cases, ${failures.length} failures, the sidecar ${isAlive ? 'is alive' : 'HAS ENDED'}`,
    ...failures.slice(0, 20).map((text) => `    ${text}`),
    `answers: ${counts.map(([text, count]) => `${text}: ${count}`).join(', ')}`,
    `memory ${footprint('rssBytes', MIB)} MiB, descriptors ${footprint('descriptors')}`,
    `staged files ${footprint('stagedFiles')}, streams ${footprint('streamsOpen')}`,
  ].join('\n');
}
