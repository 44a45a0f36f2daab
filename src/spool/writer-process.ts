import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';

/** Linux counts the time of a process's start in hundredths of a second. */
const TICKS_PER_S = 100;
/** How exactly the start of a process and the time of a file can be compared. */
const SLACK_MS = 5_000;

/** What is known of the task that was writing a file which is not whole. `elsewhere`: it ran on another host. */
export type Writer = 'alive' | 'gone' | 'elsewhere';

/**
 * Whether the process that `NAME.HOST.PID.part` names still writes.
 *
 * @param modifiedAtMs when the file was last written to: a process that began later is another one
 */
export async function writerOf(fileName: string, modifiedAtMs: number): Promise<Writer> {
  const [, front, pid] = /^(.*)\.(\d+)\.part$/.exec(fileName) ?? [];
  if (front === undefined || !front.endsWith(`.${hostname()}`)) return 'elsewhere';
  return (await isAlive(Number(pid), modifiedAtMs)) ? 'alive' : 'gone';
}

async function isAlive(pid: number, modifiedAtMs: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  const status = await statusOf(pid);
  // Where the system doesn't tell more, the number has to do.
  return status === null || (!status.isZombie && status.startedAtMs < modifiedAtMs + SLACK_MS);
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
