import { parseArgs } from 'node:util';
import { FuzzTarget } from '../fuzz/target.js';
import { fillBacklog, openStreams, sendArtifact } from './loads.js';
import { peakWhile } from './peak.js';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** Most memory that the sidecar may come to, whatever the load. */
const ALLOWED_BYTES = { artifact: 300 * MIB, streams: 600 * MIB, backlog: 600 * MIB };

const { values: flags } = parseArgs({
  options: { only: { type: 'string' }, scale: { type: 'string', default: '1' } },
});
const scale = Number(flags.scale);
const bytes = Math.round(10 * scale) * GIB || Math.round(10 * 1024 * scale) * MIB;
const [streams, attempts] = [Math.ceil(1000 * scale), Math.ceil(100_000 * scale)];

const LOADS = {
  artifact: [`an artifact of ${bytes / GIB} GiB`, (target: FuzzTarget) => sendArtifact(target, bytes)],
  streams: [`${streams} streams at once, 1 MiB each`, (target: FuzzTarget) => openStreams(target, streams)],
  backlog: [`a backlog of ${attempts} attempts`, (target: FuzzTarget) => fillBacklog(target, attempts)],
} as const;

const lines = ['| load | memory before | at most | allowed | seconds |', '| --- | --- | --- | --- | --- |'];
let isMet = true;
for (const [name, [load, work]] of Object.entries(LOADS)) {
  if (flags.only !== undefined && flags.only !== name) continue;
  process.stderr.write(`bounds: ${load} …\n`);
  const target = await FuzzTarget.start();
  const startedAtMs = Date.now();
  const { before, peak } = await peakWhile(target, () => work(target)).finally(() => target.stop());
  const allowed = ALLOWED_BYTES[name as keyof typeof LOADS];
  isMet &&= peak <= allowed;
  const mib = [before, peak, allowed].map((size) => `${Math.round(size / MIB)} MiB`);
  lines.push(`| ${load} | ${mib.join(' | ')} | ${Math.round((Date.now() - startedAtMs) / 1000)} |`);
}
process.stdout.write(`${lines.join('\n')}\n`);
process.exitCode = isMet ? 0 : 1;
