import { Command } from 'commander';
import { registerWandbLocalCommand } from '../../../src/wandb-local/cli.js';

// The server as a process of its own, so that a test can kill it.
const program = new Command();
registerWandbLocalCommand(program);
await program.parseAsync();
