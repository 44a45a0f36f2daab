import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { StatusView } from '../../../src/app/views.js';
import { Environment } from '../../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { bareEnvironment } from '../../support/bare-environment.js';
import { LocalSidecar } from '../../support/local-sidecar.js';
import { pythonBin } from '../../support/python.js';
import {
  filePart,
  history,
  loggedArtifact,
  metricsMessage,
  runFile,
} from '../../support/step-log-messages.js';
import { closeMessage, FRAME, INT, openMessage, snapshotMessage } from '../../support/task-stream.js';
import { type RunState, startWandbServer, type WandbServer } from '../../support/wandb-server.js';

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
const PROJECT = 'uncategorized';

const task = (stepName: string) => ({
  metadataProvider: 'local@test',
  ...{ flowName: 'ReplayFlow', runId: '1', stepName, taskId: '1', attempt: 0 },
});

describe('replay to another W&B', () => {
  let sidecar: LocalSidecar;
  let other: WandbServer;
  /** W&B run of each step. */
  const runs: Record<string, string> = {};

  /** Runs a task that does what its name says; see the calls. */
  async function record(step: string, doing: Doing): Promise<void> {
    const { reads = [], passes = [], makes = [], uses, log = [], env = {}, lineageOnly = false } = doing;
    const stream = sidecar.stream();
    stream.send(
      openMessage(
        { task: task(step), lineageOnly, environment: Environment.fromPartial({ wandbEnv: env }) },
        { datasets: true },
      ),
    );
    const { wandbRunId } = await stream.next('opened');
    if (wandbRunId) runs[step] = wandbRunId;
    for (const message of log) stream.send(message);
    if (uses) await useArtifact(step, uses);
    const made = makes.map((name) => ({ ...FRAME, name }));
    const snapshot = snapshotMessage(INT, ...made);
    if (snapshot.$case !== 'snapshot') throw new Error('not a snapshot');
    const named = (name: string, from: string) => ({ name, source: task(from), contentHash: `hash-${name}` });
    snapshot.value.reads = reads.map(([name, from]) => named(name, from));
    stream.send(snapshot);
    await stream.next('plan');
    for (const variable of lineageOnly ? [] : makes) {
      const data = Buffer.from(`content of ${variable}`);
      const encoding = 1;
      stream.send({
        $case: 'chunk',
        value: { variable, encoding, path: `${variable}.parquet`, data, endOfFile: true },
      });
      const end = { variable, encoding, fileCount: 1, sizeBytes: BigInt(data.length) };
      stream.send({ $case: 'payloadEnd', value: end });
      await stream.next('stored');
    }
    const close = closeMessage();
    if (close.$case !== 'close') throw new Error('not a close');
    close.value.contentHashes = [
      ...makes.map((name) => ({ name, contentHash: `hash-${name}`, inheritedFrom: undefined })),
      ...passes.map(([name, from]) => ({ name, contentHash: `hash-${name}`, inheritedFrom: task(from) })),
    ];
    stream.send(close);
    await stream.next('committed');
    await stream.end();
  }

  async function useArtifact(step: string, name: string): Promise<void> {
    const { service, metadata } = sidecar.client();
    await new Promise<void>((resolve, reject) => {
      service.useArtifact({ task: task(step), name, type: '' }, metadata, (error) => {
        service.close();
        if (error) reject(error);
        else resolve();
      });
    });
  }

  async function untilUploaded(): Promise<void> {
    await vi.waitFor(
      async () => {
        const { attempts, linksDue } = (await sidecar.get('/status', {})) as StatusView;
        expect(attempts.open + attempts.pending + linksDue).toBe(0);
      },
      { timeout: 50_000, interval: 100 },
    );
  }

  /** Removes all payloads, as retention does. */
  function removeBlobs(): void {
    const blobs = join(sidecar.dir, 'blobs', 'blobs');
    for (const name of readdirSync(blobs)) rmSync(join(blobs, name), { recursive: true });
  }

  function startReplay(): ChildProcess {
    const args = [MAIN, 'replay', '--to', other.target.baseUrl, '--data-dir', sidecar.dir];
    const env = { ...bareEnvironment(sidecar.dir), WANDB_API_KEY: other.target.apiKey };
    return spawn(process.execPath, [...args, '--python', pythonBin], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async function replay(): Promise<{ code: number; output: string }> {
    const child = startReplay();
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data) => {
        output += String(data);
      });
    }
    const [code] = (await once(child, 'close')) as [number];
    return { code, output };
  }

  /** Kills a replay as soon as one attempt has landed. */
  async function replayKilled(): Promise<void> {
    const child = startReplay();
    const gone = once(child, 'close');
    child.stdout?.resume();
    for await (const line of createInterface({ input: child.stderr ?? process.stdin })) {
      if (/^[1-9]\d* of \d+ sent/.test(line)) child.kill('SIGKILL');
    }
    await gone;
    expect(child.signalCode).toBe('SIGKILL');
  }

  const there = (step: string) => other.read({ entity: null, project: PROJECT, runId: runs[step] ?? '' });
  const names = (versions: readonly string[]) => versions.map((name) => name.split('/').at(-1)).sort();

  /** What both W&Bs must agree on. */
  function comparable(run: RunState) {
    const { state, name, group, jobType, tags, config, summary, files, used } = run;
    // The client takes the time itself.
    const rows = run.history.map(({ _runtime, ...row }) => row);
    const { _wandb, _runtime, ...values } = summary;
    const logged = run.logged.map(({ name: version, type, files: inside, metadata, aliases }) => ({
      ...{ version: version.split('/').at(-1), type, inside, metadata, aliases },
    }));
    return { state, name, group, jobType, tags, config, rows, values, files, used: names(used), logged };
  }

  beforeAll(async () => {
    [sidecar, other] = await Promise.all([LocalSidecar.start(), startWandbServer()]);
    await record('make', {
      makes: ['df'],
      log: [
        metricsMessage(history({ loss: 2 }), history({ loss: 1 })),
        filePart(1, 'corpus text'),
        metricsMessage(
          loggedArtifact({
            ...{ name: 'corpus', type: 'dataset', metadataJson: '{}' },
            entries: [{ path: 'c.txt', fileId: 1n, reference: '', digest: '', sizeBytes: 0n, extraJson: '' }],
          }),
        ),
      ],
    });
    await record('use', { reads: [['df', 'make']], uses: 'corpus', makes: ['out'] });
    await record('pass', { lineageOnly: true, passes: [['df', 'make']] });
    await record('far', { reads: [['df', 'pass']] });
    await untilUploaded();
    removeBlobs();
    await record('later', { reads: [['out', 'use']], makes: ['kept'], env: { WANDB_MODE: 'offline' } });
  }, 120_000);
  afterAll(async () => {
    await sidecar?.stop();
    await other?.close();
  });

  it('sends everything, killed on the way and begun again, though its payloads were removed here', async () => {
    await replayKilled();
    const { code, output } = await replay();
    expect(output).toContain('4 attempts are at');
    expect(code).toBe(0);
    for (const step of ['make', 'use', 'far']) {
      expect(comparable(await there(step)), step).toEqual(comparable(await sidecar.read(runs[step] ?? '')));
    }
    expect(output).not.toContain(other.target.apiKey);
  }, 120_000);

  it('has the lineage: through flows, through what steps asked for, and of what was held', async () => {
    expect(names((await there('use')).used)).toEqual(['corpus:v0', 'df:v0']);
    expect(names((await there('far')).used)).toEqual(['df:v0']);
    const later = await there('later');
    expect(names(later.used)).toEqual(['out:v0']);
    expect(later.logged[0]).toMatchObject({ files: { 'kept.parquet': 'content of kept'.length } });
  });

  it('sends only what is new when repeated, and names what is neither here nor there any more', async () => {
    await record('noted', { log: [filePart(1, 'notes'), metricsMessage(runFile('notes.txt', 1))] });
    await untilUploaded();
    removeBlobs();
    const { code, output } = await replay();
    expect(code).toBe(1);
    expect(output).toContain('5 attempts are at');
    expect(output).toMatch(/ReplayFlow\/1\/noted\/1 +0 +notes\.txt: left out, no blob/);
    expect(await there('noted')).toMatchObject({ state: 'finished', summary: { n: 1 } });
  }, 120_000);
});

/** What a task does. */
interface Doing {
  readonly makes?: readonly string[];
  /** Variables and the steps that they are read from. */
  readonly reads?: readonly (readonly [name: string, from: string])[];
  readonly passes?: readonly (readonly [name: string, from: string])[];
  /** Artifact that it asks W&B for. */
  readonly uses?: string;
  readonly log?: readonly Parameters<ReturnType<LocalSidecar['stream']>['send']>[0][];
  readonly env?: Readonly<Record<string, string>>;
  readonly lineageOnly?: boolean;
}
