import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Encoding } from '../../../src/grpc/gen/metaflow_wandb/v1/ingest.js';
import { canariesBelow } from '../../support/canaries.js';
import { LocalSidecar } from '../../support/local-sidecar.js';
import {
  filePart,
  history,
  loggedArtifact,
  metricsMessage,
  runFile,
} from '../../support/step-log-messages.js';
import {
  closeMessage,
  INT,
  openMessage,
  snapshotMessage,
  type TaskStream,
} from '../../support/task-stream.js';

/** In names that would leave the data directory, to be looked for outside of it. */
const MARK = `escaped-${randomBytes(8).toString('hex')}`;
const OUT = `../../../../../../tmp/${MARK}`;
/** Odd, and a name all the same. */
const NAMES = [
  '..',
  '.',
  '__proto__',
  'constructor',
  `a\u0000b`,
  'new\nline',
  'ü😀\u202e',
  'x'.repeat(4000),
  OUT,
  `/tmp/${MARK}`,
];
const PATHS = [OUT, `/tmp/${MARK}`, `a/../../${MARK}`, `./${MARK}`, `a//${MARK}`, `a/\u0000${MARK}`, ''];
/** Files of a run that it has anyway, one that is also a directory, and one longer than a file's name may be. */
const RUN_FILES = ['config.yaml', 'wandb-summary.json', 'both', 'both/one', 'y'.repeat(300)];
const SETTINGS = {
  ...{
    api_key: 'k'.repeat(40),
    base_url: `http://127.0.0.1:9/${MARK}`,
    root_dir: `/tmp/${MARK}`,
    wandb_dir: '/etc',
  },
  ...{
    x_files_dir: `/tmp/${MARK}`,
    identity_token_file: '/etc/passwd',
    _executable: '/bin/sh',
    mode: 'online',
  },
};

interface Task {
  readonly pathspec: string;
  readonly state: string;
  readonly problems: readonly string[];
}

describe('whatever a step calls things', () => {
  let sidecar: LocalSidecar;
  let tasks: readonly Task[];
  const streams: TaskStream[] = [];
  beforeAll(async () => {
    sidecar = await LocalSidecar.start();
    for (const [index, name] of NAMES.entries()) await commit(index, name);
    await logOddFiles();
    for (let look = 0; look < 400; look += 1) {
      await delay(300);
      tasks = ((await sidecar.get('/tasks', {})) as { tasks: Task[] }).tasks;
      if (tasks.every(({ state }) => state !== 'pending')) break;
    }
  }, 180_000);
  afterAll(async () => {
    for (const stream of streams) stream.vanish();
    await sidecar.stop();
  });

  function open(taskId: string, others = false): TaskStream {
    const names = { metadataProvider: MARK, flowName: 'Hostile', runId: '1', stepName: 's', attempt: 0 };
    const options = { enabled: true, others, settingsJson: JSON.stringify(SETTINGS) };
    const stream = sidecar.stream();
    streams.push(stream);
    return stream.send(openMessage({ task: { ...names, taskId }, stepOptions: [options as never] }));
  }

  /** A variable, its artifact and a parameter of that name, all the way into W&B. */
  async function commit(index: number, name: string): Promise<void> {
    const stream = open(String(index), true);
    const { notice } = await stream.next('opened');
    expect(notice).toContain('base_url');
    const thing = { name, typeMro: ['__main__.Thing', 'builtins.object'] };
    stream.send(snapshotMessage(thing, { ...INT, name: `${name}2` }));
    // What no database takes as a name is refused; the shim leaves it out.
    const plan = await stream.next('plan').catch((error) => error);
    if (plan.code === status.INVALID_ARGUMENT) return;
    const path = plan.variables[0]?.choices[0]?.fileName ?? '';
    const chunk = {
      variable: name,
      encoding: Encoding.PICKLE,
      path,
      data: Buffer.from('x'),
      endOfFile: true,
    };
    stream.send({ $case: 'chunk', value: chunk });
    const end = { variable: name, encoding: Encoding.PICKLE, fileCount: 1, sizeBytes: 1n };
    stream.send({ $case: 'payloadEnd', value: end });
    await stream.next('stored');
    stream.send(closeMessage());
    await stream.next('committed');
  }

  /** Run files and an artifact, in a step's own log. */
  async function logOddFiles(): Promise<void> {
    const stream = open('files').send(filePart(1, 'content'));
    const entries = [
      {
        path: 'hosts',
        reference: 'file:///etc/passwd',
        digest: 'd',
        sizeBytes: 1n,
        fileId: 0n,
        extraJson: '',
      },
    ];
    stream.send(
      metricsMessage(
        ...RUN_FILES.map((path) => runFile(path, 1)),
        loggedArtifact({ name: 'refers', type: 'dataset', clientId: 'c'.repeat(128), entries }),
        history({ picture: { _type: 'image-file', path: OUT, size: 1, sha256: 'a' }, loss: 1 }),
      ),
    );
    stream.send(snapshotMessage(INT)).send(closeMessage());
    await stream.next('committed').catch(() => stream.next('plan'));
  }

  it.each(PATHS)('a file at %j is refused', async (path) => {
    const stream = open(`path ${PATHS.indexOf(path)}`).send(filePart(1, 'x'));
    stream.send(metricsMessage(runFile(path, 1)));
    expect(await stream.refusal()).toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  it('nothing of it leaves the data directory', () => {
    for (const dir of [dirname(sidecar.dir), '/', '/etc', homedir(), process.cwd()]) {
      expect(readdirSync(dir).filter((name) => name.includes(MARK))).toEqual([]);
    }
  });

  it("nothing of the sidecar's own files gets into W&B", () => {
    const store = join(sidecar.dir, 'wandb-local');
    expect(canariesBelow(store, { password: 'root:x:0:0' }, [])).toEqual([]);
  });

  it('all of it is settled, and what has no place is said', () => {
    // The one with a NUL was refused, and waits for its step to come back.
    const ended = tasks.filter(({ state }) => state !== 'open');
    expect(ended.filter(({ state }) => state !== 'done')).toEqual([]);
    expect(ended).toHaveLength(NAMES.length);
    const said = ended.flatMap(({ problems }) => problems);
    expect(said).toContainEqual(expect.stringMatching(/^file both(\/one)?: /));
    expect(said).toContainEqual(expect.stringMatching(/^file y+: /));
    expect(said).toContainEqual(expect.stringMatching(/^file config.yaml: /));
  });
});
