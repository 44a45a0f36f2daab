import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { pino } from 'pino';
import { startWandbLocal } from './index.js';

interface Flags {
  port: number;
  dataDir: string;
  host: string;
  autoUsers?: boolean;
}

/** Adds `wandb-local` to a program: the embedded W&B destination, run by itself. */
export function registerWandbLocalCommand(program: Command): void {
  program
    .command('wandb-local')
    .description('run the embedded W&B destination alone')
    .requiredOption('--port <port>', 'port to listen on; 0 takes a free one', parsePort)
    .requiredOption('--data-dir <dir>', 'directory that holds all its state')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--auto-users', 'take any API key "user_..." as a user of that name (tests; loopback only)')
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  const logger = pino({ level: 'warn' }, pino.destination(2));
  const server = await startWandbLocal({ ...flags, autoUsers: flags.autoUsers ?? false, logger });
  console.log(`wandb-local: WANDB_BASE_URL=${server.url} (API key in ${join(flags.dataDir, 'api-key')})`);
  warnOfProxy(server.url);
  await new Promise<void>((stopped) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopped());
  });
  await server.close();
}

/** Python's HTTP library sends even loopback requests through a proxy, unless told not to. */
function warnOfProxy(url: string): void {
  const { http_proxy, HTTP_PROXY, no_proxy, NO_PROXY } = process.env;
  const { hostname } = new URL(url);
  if (!(http_proxy || HTTP_PROXY) || (no_proxy ?? NO_PROXY ?? '').includes(hostname)) return;
  console.error(
    `wandb-local: http_proxy is set; clients need NO_PROXY=${hostname} to download artifacts from here.`,
  );
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return port;
}
