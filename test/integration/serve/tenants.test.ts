import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ServiceError, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalSidecar } from '../../support/local-sidecar.js';
import { recordedTask, recordTask, untilUploaded } from '../../support/record-task.js';
import { closeMessage, INT, openMessage, snapshotMessage } from '../../support/task-stream.js';
import { startWandbServer, type WandbServer } from '../../support/wandb-server.js';

const RED = 'the-token-of-team-red';
const BLUE = 'the-token-of-team-blue';
/** What steps say; a tenant's account wins. */
const SAID = { WANDB_ENTITY: 'somebody', WANDB_PROJECT: 'theirs' };

describe('a sidecar with a W&B for itself and one for each of two tenants', () => {
  let sidecar: LocalSidecar;
  let red: WandbServer;
  let blue: WandbServer;
  /** W&B run of the same task, as the sidecar's own and as each tenant's. */
  let runs: { own: string; red: string; blue: string };
  beforeAll(async () => {
    [sidecar, red, blue] = await Promise.all([LocalSidecar.start(), startWandbServer(), startWandbServer()]);
    const account = (name: string, token: string, { target, entity }: WandbServer) => ({
      ...{ name, token, baseUrl: `${target.baseUrl}/`, apiKey: target.apiKey, entity },
    });
    const tenants = [{ ...account('red', RED, red), project: 'reds' }, account('blue', BLUE, blue)];
    const path = join(sidecar.dir, 'tenants.json');
    writeFileSync(path, JSON.stringify({ tenants }));
    chmodSync(path, 0o600);
    await sidecar.restart({ tenants: path });
    const doing = { makes: ['df'], env: SAID };
    runs = {
      own: await recordTask(sidecar, 'make', doing),
      red: await recordTask(sidecar, 'make', { ...doing, token: RED }),
      blue: await recordTask(sidecar, 'make', { ...doing, token: BLUE }),
    };
    await recordTask(sidecar, 'use', { reads: [['df', 'make']], env: SAID, token: RED });
    await untilUploaded(sidecar);
  }, 120_000);
  afterAll(async () => {
    await sidecar?.stop();
    await red?.close();
    await blue?.close();
  });

  it("logs each to its own account, whose entity and project win over the step's", async () => {
    const files = { 'df.parquet': 'content of df'.length };
    expect((await sidecar.read(runs.own, 'theirs')).logged).toMatchObject([{ files }]);
    const reds = await red.read({ entity: null, project: 'reds', runId: runs.red });
    expect(reds).toMatchObject({ state: 'finished', logged: [{ name: 'local/reds/df:v0', files }] });
    const blues = await blue.read({ entity: null, project: 'theirs', runId: runs.blue });
    expect(blues).toMatchObject({ state: 'finished', logged: [{ name: 'local/theirs/df:v0', files }] });
  });

  it('logs nothing of theirs anywhere else', async () => {
    for (const [server, project] of [
      [red, 'theirs'],
      [blue, 'reds'],
    ] as const) {
      await expect(server.read({ entity: null, project, runId: runs.own })).rejects.toThrow();
    }
    for (const runId of [runs.red, runs.blue]) await expect(sidecar.read(runId, 'theirs')).rejects.toThrow();
    await expect(red.read({ entity: null, project: 'reds', runId: runs.blue })).rejects.toThrow();
  });

  it("answers for a running task of a tenant's to that tenant only", async () => {
    const call = sidecar.stream(RED).send(openMessage({ task: recordedTask('asks') }));
    await call.next('opened');
    const use = (token: string) => {
      const { service, metadata } = sidecar.client(token);
      return new Promise<string>((resolve, reject) => {
        service.useArtifact(
          { task: recordedTask('asks'), name: 'df', type: '' },
          metadata,
          (error, found) => {
            service.close();
            if (error) reject(error);
            else resolve(found.qualifiedName);
          },
        );
      });
    };
    expect(await use(RED)).toBe('local/reds/df:v0');
    for (const token of [BLUE, sidecar.token]) {
      const refusal = await use(token).catch((error: ServiceError) => error.code);
      expect(refusal).toBe(status.FAILED_PRECONDITION);
    }
    call.send(snapshotMessage(INT));
    await call.next('plan');
    call.send(closeMessage());
    await call.next('committed');
    await call.end();
  });

  it("does not take a tenant's token for the HTTP side", async () => {
    const shown = { headers: { authorization: `Bearer ${RED}` } };
    expect((await sidecar.fetch('/api/v1/status', shown)).status).toBe(401);
    expect((await sidecar.fetch('/healthz', { headers: {} })).status).toBe(200);
  });

  it("keeps what is a tenant's that the file names no more, under no other key", async () => {
    await untilUploaded(sidecar);
    const { tenants } = { tenants: join(sidecar.dir, 'others.json') };
    const other = { name: 'green', token: 'the-token-of-team-green', apiKey: 'k' };
    writeFileSync(tenants, JSON.stringify({ tenants: [other] }), { mode: 0o600 });
    const held = await recordTask(sidecar, 'held', { token: RED, env: { WANDB_MODE: 'offline' } });
    await sidecar.restart({ tenants });
    await sidecar.fetch('/api/v1/retry', { method: 'POST', body: '{}' });
    const waiting = async () =>
      ((await sidecar.get('/tasks', { pathspec: 'RecordedFlow/1/held' })) as { tasks: object[] }).tasks;
    for (let tries = 0; tries < 300; tries += 1) {
      if (JSON.stringify(await waiting()).includes('--tenants')) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await waiting()).toMatchObject([
      { key: held, state: 'pending', lastError: expect.stringContaining('names no tenant red') },
    ]);
  }, 60_000);
});
