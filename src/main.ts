#!/usr/bin/env node
import { Command } from 'commander';
import { isSidecarError } from './domain/errors.js';
import { VERSION } from './version.js';

/** Commands by name, in the order of the help; each is loaded when it is asked for, since `serve` alone takes half a second. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  serve: async () => (await import('./serve.js')).registerServe,
  status: async () => (await import('./cli/status.js')).registerStatus,
  drain: async () => (await import('./cli/drain.js')).registerDrain,
  explain: async () => (await import('./cli/explain.js')).registerExplain,
  lineage: async () => (await import('./cli/lineage.js')).registerLineage,
  retry: async () => (await import('./cli/retry.js')).registerRetry,
  'import-spool': async () => (await import('./import-spool.js')).registerImportSpool,
  replay: async () => (await import('./replay.js')).registerReplay,
  doctor: async () => (await import('./cli/doctor.js')).registerDoctor,
  demo: async () => (await import('./cli/demo.js')).registerDemo,
  'wandb-local': async () => (await import('./wandb-local/cli.js')).registerWandbLocalCommand,
};

const program = new Command('metaflow-wandb')
  .description("Streams every Metaflow step's variables to Weights & Biases.")
  .version(VERSION);

const asked = process.argv[2] ?? '';
for (const name of Object.hasOwn(COMMANDS, asked) ? [asked] : Object.keys(COMMANDS)) {
  const register = await COMMANDS[name]?.();
  register?.(program);
}

try {
  await program.parseAsync();
} catch (error) {
  if (!isSidecarError(error)) throw error;
  process.stderr.write(`metaflow-wandb: ${error.message}${error.hint && `; ${error.hint}`}\n`);
  // Not only the code: a sidecar that came up by half would keep the process alive.
  process.exit(1);
}
