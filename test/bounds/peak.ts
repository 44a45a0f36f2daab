import { readFileSync } from 'node:fs';
import type { FuzzTarget } from '../fuzz/target.js';

/** Memory of a process in bytes. */
export interface Memory {
  readonly before: number;
  readonly peak: number;
}

/** Resident memory before some work, and the most of it while the work went on. */
export async function peakWhile(target: FuzzTarget, work: () => Promise<void>): Promise<Memory> {
  const { rssBytes: before } = await target.footprint();
  await work();
  const status = readFileSync(`/proc/${target.file.pid}/status`, 'utf8');
  return { before, peak: Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024 };
}
