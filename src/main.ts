#!/usr/bin/env node
import { Command } from 'commander';
import { registerDemo } from './cli/demo.js';
import { registerDoctor } from './cli/doctor.js';
import { isSidecarError } from './domain/errors.js';
import { registerServe } from './serve.js';
import { registerWandbLocalCommand } from './wandb-local/cli.js';

const program = new Command('metaflow-wandb').description(
  "Streams every Metaflow step's variables to Weights & Biases.",
);
registerServe(program);
registerDemo(program);
registerDoctor(program);
registerWandbLocalCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!isSidecarError(error)) throw error;
  process.stderr.write(`metaflow-wandb: ${error.message}${error.hint && `; ${error.hint}`}\n`);
  process.exitCode = 1;
}
