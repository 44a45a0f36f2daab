import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** No process has this number, since Linux gives smaller ones. */
export const NOBODY = 2 ** 22 + 1;

/** Who a part file is said to be written by; unsaid: a process of this host and namespace that is gone. */
export interface PartWriter {
  readonly host?: string;
  readonly pid?: number;
  /** Clock ticks at which it was started. */
  readonly start?: string;
  readonly namespace?: string;
}

/** Name of a spool file while that process writes it. */
export function partName(name: string, writer: PartWriter = {}): string {
  const { host = hostname(), pid = NOBODY, start = '1', namespace = ownNamespace() } = writer;
  return `${name}.${host}.${pid}.${start}.${namespace}.part`;
}

/** When this process was started, in clock ticks. */
export function ownStart(): string {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function ownNamespace(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
}
