import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'vitest';

/**
 * Runs a TypeScript file that says on stdout, line by line, what was
 * acknowledged to it, and kills it after so many lines.
 *
 * @returns all lines, those that came between the last and its death included
 */
export async function killAfter(lines: number, file: string, args: readonly string[]): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (said.length === lines) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  return said;
}
