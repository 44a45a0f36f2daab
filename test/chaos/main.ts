import { parseArgs } from 'node:util';
import { type ChaosReport, runChaos } from './run.js';

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
});
const [rounds, seed] = [Number(flags.rounds), Number(flags.seed)];
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed)) {
  process.stderr.write('usage: npm run chaos -- --rounds N --seed S\n');
  process.exit(2);
}

const startedAtMs = Date.now();
const report = await runChaos({ rounds, seed, say: (line) => process.stderr.write(`chaos: ${line}\n`) });
const minutes = ((Date.now() - startedAtMs) / 60_000).toFixed(1);
process.stdout.write(`${summary(report)}\nseed ${seed}, ${rounds} rounds, ${minutes} minutes\n`);
const failures = [...report.lost, ...report.twice, ...report.broken, ...report.crashes];
process.exitCode = failures.length > 0 || report.undrained !== '' ? 1 : 0;

function summary(report: ChaosReport): string {
  const details = { lost: report.lost, twice: report.twice, 'flows broken': report.broken };
  const more = { reported: report.reported, spooled: report.spooled, crashes: report.crashes };
  const lines = Object.entries({ ...details, ...more }).map(
    ([name, found]) =>
      `${String(found.length).padStart(5)} ${name}${found.map((text) => `\n        ${text}`).join('')}`,
  );
  const { flows, tasks, whole, runsInWandb, faults, undrained } = report;
  return [
    `${flows} flows, ${tasks} tasks, ${whole} of them whole in W&B, which has ${runsInWandb} runs`,
    `faults: ${Object.entries(faults)
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', ')}`,
    ...lines,
    ...(undrained === '' ? [] : [`not everything was uploaded: ${undrained}`]),
  ].join('\n');
}
