import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { SidecarError } from './domain/errors.js';

/**
 * Places between two durable operations, where a process dies if it is told
 * to. Numbered by their place here, in the order in which an attempt passes
 * them. `PORT.METHOD`: after that call of that port. `client.…`: in Python.
 */
export const FAILPOINTS = [
  'ledger.releaseLeases',
  'ledger.openAttempt',
  'ledger.appendLog',
  'ledger.recordSnapshot',
  'blobs.staged',
  'blobs.renamed',
  'blobs.kept',
  'ledger.recordPayload',
  'ledger.recordSkip',
  'ledger.closeAttempt',
  'spool.removed',
  'client.liveSent',
  'ledger.claimUploads',
  'client.runOpened',
  'client.valuesSent',
  'client.artifactSent',
  'client.artifactsRead',
  'client.usesDrawn',
  'client.runClosed',
  'client.crashMarked',
  'client.verified',
  'ledger.settleRetry',
  'uploader.upload',
  'ledger.settleUploaded',
  'ledger.claimLinks',
  'client.linksDrawn',
  'uploader.link',
  'ledger.settleLinks',
] as const;

/** One of {@link FAILPOINTS}. */
export type Failpoint = (typeof FAILPOINTS)[number];

/** Dies where told to. */
export interface Failpoints {
  /** Says that a place was reached. */
  readonly reached: (place: Failpoint) => void;
  /** A port that says so after each of its calls. */
  after<T extends object>(name: 'ledger' | 'uploader', port: T): T;
}

const NONE: Failpoints = { reached: () => undefined, after: (_, port) => port };

/**
 * The failpoints that `METAFLOW_WANDB_FAILPOINTS` names, with commas; for tests.
 * Each kills once: what was reached is a file in `METAFLOW_WANDB_FAILPOINTS_DIR`.
 *
 * @throws SidecarError `misconfigured` where it names one that isn't there
 */
export function failpointsFrom(env: NodeJS.ProcessEnv): Failpoints {
  const { METAFLOW_WANDB_FAILPOINTS: names, METAFLOW_WANDB_FAILPOINTS_DIR: dir } = env;
  if (!names || !dir) return NONE;
  const chosen = new Set(names.split(','));
  for (const name of chosen) {
    if ((FAILPOINTS as readonly string[]).includes(name)) continue;
    throw new SidecarError('misconfigured', `METAFLOW_WANDB_FAILPOINTS: there is no failpoint ${name}`);
  }
  const reached = (place: string) => {
    if (chosen.has(place) && isFirst(join(dir, place))) process.kill(process.pid, 'SIGKILL');
  };
  return { reached, after: (name, port) => sayingSo(name, port, reached) };
}

function sayingSo<T extends object>(name: string, port: T, reached: (place: string) => void): T {
  return new Proxy(port, {
    get(target, method) {
      const member: unknown = Reflect.get(target, method);
      const place = `${name}.${String(method)}`;
      if (typeof member !== 'function' || !(FAILPOINTS as readonly string[]).includes(place)) return member;
      return async (...args: unknown[]) => {
        const result: unknown = await member.apply(target, args);
        // What hands out nothing has changed nothing.
        if (!(Array.isArray(result) && result.length === 0)) reached(place);
        return result;
      };
    },
  });
}

function isFirst(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx'));
    return true;
  } catch {
    return false;
  }
}
