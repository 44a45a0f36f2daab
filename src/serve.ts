import type { Command } from 'commander';
import { loadServeConfig } from './config.js';
import { addLimitOptions } from './limit-options.js';
import { createLogger } from './logger.js';
import { startSidecar } from './sidecar.js';

/** Registers `serve`. */
export function registerServe(program: Command): void {
  const command = program
    .command('serve')
    .description('run the sidecar until it is told to stop')
    .option('--grpc <address>', 'HOST:PORT or unix:/PATH; may repeat (default: your own socket)', collect)
    .option('--http <address>', 'HOST:PORT of the HTTP side (default: 127.0.0.1:8080)')
    .option('--wandb-local <address>', 'HOST:PORT of the embedded W&B (default: 127.0.0.1:8081)')
    .option('--data-dir <dir>', 'where everything is kept (default: ~/.metaflow-wandb)')
    .option('--destination <where>', 'auto, wandb, local or hold (default: auto)')
    .option('--token <token>', 'token that TCP clients must show (default: a new one)')
    .option('--plaintext', 'the network is private: allow unencrypted traffic off loopback')
    .option('--tls-cert <file>', 'certificate for gRPC over TCP')
    .option('--tls-key <file>', 'key of the certificate')
    .option('--tls-ca <file>', 'CA that client certificates must come from (mTLS)')
    .option('--tenants <file>', 'JSON file of those who share the sidecar, with their tokens and accounts')
    .option('--python <path>', 'Python interpreter that has wandb')
    .option('--workers <n>', 'uploader processes (default: 2)')
    .option('--idle-exit <seconds>', 'end when nothing has been left to do for that long (default: 0, never)')
    .option('--log-file <file>', 'write the log there, 10 MiB of it at most (default: to stderr)')
    .option('--crash-grace <seconds>', 'how long a task may be gone before it is a crashed one (default: 60)')
    .option('--spool-dir <dir>', 'take in what tasks left there, too; may repeat', collect)
    .option('--retention <days>', 'how long payloads stay here after their upload, or never (default: 7)')
    .option('--min-free <MiB>', 'take in nothing new while less is free on the disk (default: 512)')
    .action(async (flags: object) => {
      await serve(flags);
    });
  addLimitOptions(command);
}

function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}

async function serve(flags: object): Promise<void> {
  const config = loadServeConfig(flags, process.env);
  const logger = createLogger(config.logFile);
  const sidecar = await startSidecar(config, logger);
  const { grpc, http, token, wandbLocal } = sidecar.file;
  process.stdout.write(`metaflow-wandb serves ${grpc.join(' and ')}; look at ${http}/?token=${token}\n`);
  if (wandbLocal)
    process.stdout.write(`embedded W&B at ${wandbLocal.url}, key in ${wandbLocal.apiKeyPath}\n`);
  const stop = (why: NodeJS.Signals | 'idle') => {
    logger.info({ why }, 'stopping');
    void sidecar.close().then(
      () => process.exit(0),
      (error) => {
        logger.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  void sidecar.idle?.then(() => stop('idle'));
}
