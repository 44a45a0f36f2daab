#!/usr/bin/env node
import { Command } from 'commander';
import { registerDemo } from './cli/demo.js';
import { registerDoctor } from './cli/doctor.js';
import { registerDrain } from './cli/drain.js';
import { registerExplain } from './cli/explain.js';
import { registerLineage } from './cli/lineage.js';
import { registerRetry } from './cli/retry.js';
import { registerStatus } from './cli/status.js';
import { isSidecarError } from './domain/errors.js';
import { registerImportSpool } from './import-spool.js';
import { registerReplay } from './replay.js';
import { registerServe } from './serve.js';
import { VERSION } from './version.js';
import { registerWandbLocalCommand } from './wandb-local/cli.js';

const program = new Command('metaflow-wandb')
  .description("Streams every Metaflow step's variables to Weights & Biases.")
  .version(VERSION);
registerServe(program);
registerStatus(program);
registerDrain(program);
registerExplain(program);
registerLineage(program);
registerRetry(program);
registerImportSpool(program);
registerReplay(program);
registerDoctor(program);
registerDemo(program);
registerWandbLocalCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!isSidecarError(error)) throw error;
  process.stderr.write(`metaflow-wandb: ${error.message}${error.hint && `; ${error.hint}`}\n`);
  // Not only the code: a sidecar that came up by half would keep the process alive.
  process.exit(1);
}
