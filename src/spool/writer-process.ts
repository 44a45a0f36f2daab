import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** What stands in a name for what the system did not tell its writer. */
const UNKNOWN = '0';

/** What is known of the process that a file is in the hands of. `elsewhere`: its number says nothing here. */
type Writer = 'alive' | 'gone' | 'elsewhere';

/**
 * Whether the process that `NAME.HOST.PID.START.NS.part` names still writes or sends it: one of that number
 * that was started at that time, in clock ticks since the system was, in this process's namespace of such numbers.
 */
export async function writerOf(fileName: string): Promise<Writer> {
  const [, front, pid, start, namespace] = /^(.*)\.(\d+)\.(\d+)\.(\d+)\.part$/.exec(fileName) ?? [];
  if (front === undefined || start === undefined || !front.endsWith(`.${hostname()}`)) return 'elsewhere';
  if (namespace !== (await ownNamespace())) return 'elsewhere';
  return (await isAlive(Number(pid), start)) ? 'alive' : 'gone';
}

/** Containers of one host name have numbers of their own for their processes. */
async function ownNamespace(): Promise<string> {
  const link = await readlink('/proc/self/ns/pid').catch(() => '');
  return /\d+/.exec(link)?.[0] ?? UNKNOWN;
}

async function isAlive(pid: number, start: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  const status = await statusOf(pid);
  // Where the system doesn't tell more, the number has to do.
  return status === null || (!status.isZombie && (start === UNKNOWN || start === status.start));
}

async function statusOf(pid: number): Promise<{ isZombie: boolean; start: string } | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name before it, in parentheses, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { isZombie: fields[0] === 'Z', start: fields[19] ?? UNKNOWN };
  } catch {
    return null;
  }
}
