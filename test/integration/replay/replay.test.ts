import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bareEnvironment } from '../../support/bare-environment.js';
import { LocalSidecar } from '../../support/local-sidecar.js';
import { pythonBin } from '../../support/python.js';
import { type Doing, recordTask, untilUploaded } from '../../support/record-task.js';
import {
  filePart,
  history,
  loggedArtifact,
  metricsMessage,
  runFile,
} from '../../support/step-log-messages.js';
import { type RunState, startWandbServer, type WandbServer } from '../../support/wandb-server.js';

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
const PROJECT = 'uncategorized';

describe('replay to another W&B', () => {
  let sidecar: LocalSidecar;
  let other: WandbServer;
  /** W&B run of each step. */
  const runs: Record<string, string> = {};

  /** Runs a task; its W&B run is that of its step's name. */
  async function record(step: string, doing: Doing): Promise<void> {
    const runId = await recordTask(sidecar, step, doing);
    if (runId) runs[step] = runId;
  }

  /** Removes all payloads, as retention does. */
  function removeBlobs(): void {
    const blobs = join(sidecar.dir, 'blobs', 'blobs');
    for (const name of readdirSync(blobs)) rmSync(join(blobs, name), { recursive: true });
  }

  function startReplay(apiKey = other.target.apiKey): ChildProcess {
    const args = [MAIN, 'replay', '--to', other.target.baseUrl, '--data-dir', sidecar.dir];
    const env = { ...bareEnvironment(sidecar.dir), WANDB_API_KEY: apiKey };
    return spawn(process.execPath, [...args, '--python', pythonBin], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async function replay(apiKey?: string): Promise<{ code: number; output: string }> {
    const child = startReplay(apiKey);
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
    // Two that were logged at once come in any order.
    const logged = run.logged
      .map(({ name: version, type, files: inside, metadata, aliases }) => ({
        ...{ version: version.split('/').at(-1) ?? '', type, inside, metadata, aliases },
      }))
      .sort((one, other) => one.version.localeCompare(other.version));
    return { state, name, group, jobType, tags, config, rows, values, files, used: names(used), logged };
  }

  beforeAll(async () => {
    [sidecar, other] = await Promise.all([LocalSidecar.start(), startWandbServer()]);
    await record('make', {
      makes: ['df'],
      log: [
        metricsMessage(history({ loss: 2 }), history({ loss: 1 })),
        filePart(1, 'corpus text'),
        filePart(2, 'some notes'),
        metricsMessage(runFile('deep/notes.txt', 2)),
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
    await untilUploaded(sidecar);
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

  it('ends at once where the other W&B does not take the key, and shows none', async () => {
    const wrong = 'f'.repeat(40);
    const { code, output } = await replay(wrong);
    expect(code).toBe(1);
    expect(output).toContain(`${other.target.baseUrl} does not take the API key`);
    expect(output).not.toContain(wrong);
  });

  it('has the lineage: through flows, through what steps asked for, and of what was held', async () => {
    expect(names((await there('use')).used)).toEqual(['corpus:v0', 'df:v0']);
    expect(names((await there('far')).used)).toEqual(['df:v0']);
    const later = await there('later');
    expect(names(later.used)).toEqual(['out:v0']);
    expect(later.logged[0]).toMatchObject({ files: { 'kept.parquet': 'content of kept'.length } });
  });

  it('sends only what is new when repeated, and names what is neither here nor there any more', async () => {
    await record('noted', {
      log: [filePart(1, 'notes'), metricsMessage(runFile('notes.txt', 1))],
      env: { WANDB_MODE: 'offline' },
    });
    removeBlobs();
    const { code, output } = await replay();
    expect(code).toBe(1);
    expect(output).toContain('5 attempts are at');
    expect(output).toMatch(/RecordedFlow\/1\/noted\/1 +0 +notes\.txt: left out, no blob/);
    expect(await there('noted')).toMatchObject({ state: 'finished', summary: { n: 1 } });
  }, 120_000);
});
