import type { HeldVariable, OpenedAttempt, StoredPayload, TaskAttempt } from '../../src/domain/attempt.js';
import type { VariableDecision } from '../../src/domain/decision.js';
import { attemptKey } from '../../src/domain/identity.js';
import type { DecidedVariable, Destination, LandedRun, Ledger } from '../../src/ports/ledger.js';
import type { LoggedArtifact } from '../../src/ports/uploader.js';
import { openedAttempt, task, variable } from '../support/builders.js';

/** What a task of a scenario does. Unsaid: it makes nothing, reads nothing, ends well, goes to W&B. */
export interface Doing {
  readonly task?: Partial<TaskAttempt>;
  readonly opened?: Partial<OpenedAttempt>;
  readonly destination?: Destination;
  readonly openedAtMs?: number;
  /** Artifacts made: variable to content hash. */
  readonly makes?: Readonly<Record<string, string>>;
  /** Passed on without being made. */
  readonly passesOn?: readonly { name: string; hash: string; from: TaskAttempt }[];
  readonly reads?: readonly { name: string; hash: string; from: TaskAttempt }[];
  readonly outcome?: 'ok' | 'failed' | 'crashed';
}

/** An artifact variable as decided. */
export function artifact(name: string): DecidedVariable {
  return {
    described: variable({ name, value: undefined, typeMro: ['pandas.DataFrame'] }),
    decision: decision(name, 'artifact'),
  };
}

/** A base value as decided. */
export function value(name: string): DecidedVariable {
  return { described: variable({ name }), decision: decision(name, 'value') };
}

/** A decision as the table would make it. */
export function decision(name: string, action: VariableDecision['action']): VariableDecision {
  const artifactToBe = action === 'artifact';
  return {
    name,
    action,
    valueClass: artifactToBe ? 'dataset' : 'base',
    rule: artifactToBe ? 'pandas-frame' : 'base',
    layer: 'step',
    reason: 'because',
    choices: artifactToBe ? [{ encoding: 'parquet', fileName: `${name}.parquet` }] : [],
  };
}

/** A payload of one file. */
export function payload(name: string): StoredPayload {
  const sha256 = 'ab'.repeat(32);
  return {
    encoding: 'parquet',
    digest: sha256,
    sizeBytes: 3,
    files: [{ path: `${name}.parquet`, sha256, sizeBytes: 3 }],
  };
}

/** Opens an attempt and records its snapshot; the key. */
export async function begin(ledger: Ledger, doing: Doing): Promise<string> {
  const opened = openedAttempt({ task: task(doing.task), ...doing.opened });
  const key = attemptKey(opened.task);
  await ledger.openAttempt({
    key,
    opened,
    destination: doing.destination ?? 'wandb',
    openedAtMs: doing.openedAtMs ?? 1000,
  });
  await ledger.recordSnapshot(key, {
    variables: Object.keys(doing.makes ?? {}).map(artifact),
    reads: (doing.reads ?? []).map(({ name, hash, from }) => ({
      name,
      contentHash: hash,
      source: from,
      sourceKey: attemptKey(from),
    })),
  });
  return key;
}

/** Ends an attempt that was begun so. */
export async function end(ledger: Ledger, key: string, doing: Doing) {
  for (const name of Object.keys(doing.makes ?? {})) await ledger.recordPayload(key, name, payload(name));
  const held: HeldVariable[] = [
    ...Object.entries(doing.makes ?? {}).map(([name, contentHash]) => ({
      name,
      contentHash,
      inheritedFrom: null,
    })),
    ...(doing.passesOn ?? []).map(({ name, hash, from }) => ({
      name,
      contentHash: hash,
      inheritedFrom: from,
    })),
  ];
  return ledger.closeAttempt(key, ending(doing.outcome), held);
}

/** How an attempt ends, at 2 s after the epoch. */
export function ending(outcome: Doing['outcome'] = 'ok') {
  return { outcome, exception: null, willRetry: false, endedAtUs: 2_000_000 };
}

/** Runs a whole task; its key. */
export async function run(ledger: Ledger, doing: Doing): Promise<string> {
  const key = await begin(ledger, doing);
  await end(ledger, key, doing);
  return key;
}

/** A run that landed with these variables as artifacts of version 0. */
export function landed(variables: readonly string[], drawnUses: readonly string[] = []): LandedRun {
  return {
    entity: 'ada',
    project: 'flows',
    url: 'https://wandb.test/ada/flows/runs/1',
    artifacts: variables.map(loggedArtifact),
    drawnUses,
    usedVersions: [],
    problems: [],
    uploadedAtMs: 5000,
  };
}

/** An artifact version 0 of that variable. */
export function loggedArtifact(name: string): LoggedArtifact {
  return {
    variable: name,
    name,
    type: 'dataset',
    version: 'v0',
    qualifiedName: `ada/flows/${name}:v0`,
    digest: 'd1',
  };
}

/** Uploads everything that is due, one after the other; the keys in the order they came. */
export async function uploadAll(ledger: Ledger, nowMs = 10_000): Promise<string[]> {
  const order: string[] = [];
  for (;;) {
    const [next] = await ledger.claimUploads(nowMs, 60_000, 1);
    if (!next) return order;
    order.push(next.key);
    const made = next.variables.filter(({ decision: { action } }) => action === 'artifact');
    await ledger.settleUploaded(
      next.key,
      landed(
        made.map(({ described }) => described.name),
        next.uses.map((use) => use.name),
      ),
    );
  }
}
