import type { Command } from 'commander';
import { findSidecar, findTasks, type ReachOptions, withReachOptions } from './sidecar-client.js';

/** Adds `retry`: makes due at once what failed, waits for its next try, or is held. */
export function registerRetry(program: Command): void {
  withReachOptions(program.command('retry'))
    .description(
      'upload now what failed, waits for its next try, or is held: everything, or a flow, run, step or task',
    )
    .argument('[pathspec]', 'Flow[/run[/step[/task]]]')
    .action(async (pathspec: string | undefined, options: ReachOptions) => {
      const client = await findSidecar(options, process.env);
      // A misspelt pathspec is better an error than a quiet zero.
      if (pathspec !== undefined) await findTasks(client, pathspec, 1);
      const body = { pathspec: pathspec ?? null };
      const { retried, released } = await client.post<{ retried: number; released: number }>('/retry', body);
      console.log(`${uploads(retried)} due again, ${uploads(released)} no longer held`);
    });
}

function uploads(count: number): string {
  return count === 1 ? '1 upload is' : `${count} uploads are`;
}
