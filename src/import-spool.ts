import { readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type ChannelCredentials, credentials, Metadata } from '@grpc/grpc-js';
import type { Command } from 'commander';
import { defaultDataDir } from './data-dir.js';
import { SidecarError } from './domain/errors.js';
import { connectToSend, type RecordSender } from './grpc/send-records.js';
import { readSidecarFile } from './sidecar-file.js';
import { listSpool, type SpoolFile } from './spool/spool-directory.js';
import { type TakenIn, takeIn } from './spool/take-in.js';

/** What a sidecar takes is for it to say; this bounds memory alone. */
const MAX_RECORD_BYTES = 1024 ** 3;

interface ImportOptions {
  readonly dataDir?: string;
  readonly grpc?: string;
  readonly all?: boolean;
}

/** Registers `import-spool`. */
export function registerImportSpool(program: Command): void {
  program
    .command('import-spool')
    .description(
      'send what tasks kept in a directory while they reached no sidecar; exit code 1 where something stays there',
    )
    .argument('<dir>', 'directory of spool files, or one that holds such directories')
    .option('--data-dir <dir>', "the sidecar's data directory (default: ~/.metaflow-wandb)")
    .option('--grpc <addr>', 'where a sidecar elsewhere listens; METAFLOW_WANDB_TOKEN holds its token')
    .option('--all', 'also what tasks on other hosts began and did not finish: they have ended')
    .action(async (dir: string, options: ImportOptions) => {
      const files = await filesBelow(resolve(dir), options.all === true);
      const sender = await connect(options, process.env);
      try {
        process.exitCode = await sendAll(files, sender);
      } finally {
        sender.close();
      }
    });
}

/** Files of a directory and of those in it, but for what was set aside there. */
async function filesBelow(dir: string, all: boolean): Promise<SpoolFile[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error) => {
    throw new SidecarError('misconfigured', `${dir} can't be read: ${(error as Error).message}`);
  });
  const below = entries.filter((entry) => entry.isDirectory() && entry.name !== 'refused');
  const files: SpoolFile[] = [];
  for (const each of [dir, ...below.map(({ name }) => join(dir, name))]) {
    files.push(...(await listSpool(each, all)).files);
  }
  return files.sort((a, b) => a.modifiedAtMs - b.modifiedAtMs);
}

async function sendAll(files: readonly SpoolFile[], { send }: RecordSender): Promise<0 | 1> {
  const counts = { 'taken-in': 0, refused: 0, left: 0, gone: 0 } satisfies Record<TakenIn['outcome'], number>;
  for (const [index, file] of files.entries()) {
    const taken = await takeIn(file, send, MAX_RECORD_BYTES);
    counts[taken.outcome] += 1;
    if ('reason' in taken) console.error(`${basename(file.path)}: ${taken.outcome}, ${taken.reason}`);
    if (taken.outcome !== 'left' || !taken.blocked) continue;
    counts.left += files.length - index - 1;
    break;
  }
  const { refused, left } = counts;
  console.log(`${counts['taken-in']} taken in, ${refused} set aside in refused/, ${left} left`);
  return refused + left === 0 ? 0 : 1;
}

/** Connects to `--grpc`, or to the sidecar that runs on the data directory. */
async function connect({ grpc, dataDir }: ImportOptions, env: NodeJS.ProcessEnv): Promise<RecordSender> {
  if (grpc !== undefined) {
    return connectToSend(grpc, await credentialsFrom(env), withToken(env.METAFLOW_WANDB_TOKEN ?? ''));
  }
  const dir = resolve(dataDir ?? (env.METAFLOW_WANDB_SERVE_DATA_DIR || defaultDataDir()));
  const file = await readSidecarFile(dir);
  const address = file?.grpc.find((each) => each.startsWith('unix:')) ?? file?.grpc[0];
  if (!file || address === undefined) {
    const hint = 'start one with `metaflow-wandb serve`, or give --data-dir or --grpc';
    throw new SidecarError('sidecar-unreachable', `no sidecar runs on ${dir}`, hint);
  }
  return connectToSend(address, await credentialsFrom(env), withToken(file.token));
}

/** TLS as a step has it: by the variables of the same names. */
async function credentialsFrom(env: NodeJS.ProcessEnv): Promise<ChannelCredentials> {
  const { METAFLOW_WANDB_TLS_CA: ca, METAFLOW_WANDB_TLS_KEY: key, METAFLOW_WANDB_TLS_CERT: cert } = env;
  if (!ca) return credentials.createInsecure();
  const [root, ...pair] = await Promise.all([ca, key, cert].map((path) => (path ? readFile(path) : null)));
  return credentials.createSsl(root ?? null, ...pair);
}

function withToken(token: string): Metadata {
  const metadata = new Metadata();
  if (token !== '') metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}
