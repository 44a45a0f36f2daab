import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';

/** Linux counts the time of a process's start in hundredths of a second. */
const TICKS_PER_S = 100;
/** How exactly the start of a process and the time of a file can be compared. */
const SLACK_MS = 5_000;

/** What is known of the process that a file is in the hands of. `elsewhere`: it runs, or ran, on another host. */
type Writer = 'alive' | 'gone' | 'elsewhere';

/**
 * Whether the process that `NAME.HOST.PID.part` names still writes or sends it.
 *
 * @param changedAtMs when the file was last written or renamed: a process that began later is another one
 */
export async function writerOf(fileName: string, changedAtMs: number): Promise<Writer> {
  const [, front, pid] = /^(.*)\.(\d+)\.part$/.exec(fileName) ?? [];
  if (front === undefined || !front.endsWith(`.${hostname()}`)) return 'elsewhere';
  return (await isAlive(Number(pid), changedAtMs)) ? 'alive' : 'gone';
}

async function isAlive(pid: number, changedAtMs: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  const status = await statusOf(pid);
  // Where the system doesn't tell more, the number has to do.
  return status === null || (!status.isZombie && status.startedAtMs < changedAtMs + SLACK_MS);
}

async function statusOf(pid: number): Promise<{ isZombie: boolean; startedAtMs: number } | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const uptimeS = Number.parseFloat(await readFile('/proc/uptime', 'utf8'));
    // The name before it, in parentheses, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ageMs = (uptimeS - Number(fields[19]) / TICKS_PER_S) * 1000;
    return { isZombie: fields[0] === 'Z', startedAtMs: Date.now() - ageMs };
  } catch {
    return null;
  }
}
