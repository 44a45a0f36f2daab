import type { Command } from 'commander';
import { findSidecar, findTasks, type ReachOptions, withReachOptions } from './sidecar-client.js';

/** Adds `retry`: makes failed uploads due again. */
export function registerRetry(program: Command): void {
  withReachOptions(program.command('retry'))
    .description('upload again what failed: everything, or a flow, run, step or task')
    .argument('[pathspec]', 'Flow[/run[/step[/task]]]')
    .action(async (pathspec: string | undefined, options: ReachOptions) => {
      const client = await findSidecar(options, process.env);
      // A misspelt pathspec is better an error than a quiet zero.
      if (pathspec !== undefined) await findTasks(client, pathspec, 1);
      const { retried } = await client.post<{ retried: number }>('/retry', { pathspec: pathspec ?? null });
      console.log(`${retried} failed ${retried === 1 ? 'upload is' : 'uploads are'} due again`);
    });
}
