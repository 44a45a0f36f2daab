import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attemptKey } from '../../../src/domain/identity.js';
import { FAILPOINTS, type Failpoint } from '../../../src/failpoints.js';
import { MortalSidecar } from '../../support/mortal-sidecar.js';
import { makerBegins, makerFile, readerFile, taskOf, unfinishedFile } from '../../support/spooled-tasks.js';
import { TaskStream } from '../../support/task-stream.js';
import { startWandbServer, type WandbServer } from '../../support/wandb-server.js';

/** So that two sidecars die side by side: at what comes before a run is in W&B, and after. */
const AFTER: readonly Failpoint[] = FAILPOINTS.slice(FAILPOINTS.indexOf('client.runClosed'));
const LANES: readonly (readonly [string, readonly Failpoint[]])[] = [
  ['first-half', FAILPOINTS.filter((place) => !AFTER.includes(place) && place !== 'client.liveSent')],
  ['second-half', ['client.liveSent', ...AFTER]],
];
const POLL_MS = 50;

/** A sidecar that dies once at each of some points, and what it was given. */
class Lane {
  private readonly marks = mkdtempSync(join(tmpdir(), 'mfw-marks-'));
  private readonly sidecar: MortalSidecar;
  /** Names of the makers that it was given. */
  readonly makers: string[] = [];

  constructor(
    server: WandbServer,
    readonly project: string,
    private readonly points: readonly Failpoint[],
  ) {
    this.sidecar = new MortalSidecar(server.target, {
      WANDB_PROJECT: project,
      METAFLOW_WANDB_FAILPOINTS: points.join(','),
      METAFLOW_WANDB_FAILPOINTS_DIR: this.marks,
    });
  }

  /** Points at which something has died. */
  died(): string[] {
    return readdirSync(this.marks);
  }

  /** Runs until everything is in W&B, dying at all points on the way. */
  async run(): Promise<void> {
    if (this.points.includes('client.liveSent')) await this.dieLive();
    this.spoolMaker('early');
    this.sidecar.spool(...readerFile('early'));
    this.sidecar.spool(...readerFile('late'));
    this.sidecar.spool(...unfinishedFile());
    await this.untilCalm();
    // A maker that is heard of after its reader is in W&B.
    this.spoolMaker('late');
    await this.untilCalm();
  }

  /** A step that runs and is shown in W&B; it then can't reach the sidecar any more, and keeps its data in a file. */
  private async dieLive(): Promise<void> {
    this.sidecar.start();
    while (!(await this.sidecar.status())) await delay(POLL_MS);
    const stream = new TaskStream(this.sidecar.address);
    for (const message of makerBegins('live')) stream.send(message);
    while (!this.died().includes('client.liveSent')) {
      expect(this.sidecar.end).toBeNull();
      await delay(POLL_MS);
    }
    stream.vanish();
    await this.sidecar.kill();
    this.spoolMaker('live');
  }

  private async untilCalm(): Promise<void> {
    for (;;) {
      if (this.sidecar.end !== null) expect(this.sidecar.end).toBe('SIGKILL');
      const before = this.clientsDied();
      this.sidecar.start();
      while (this.sidecar.end === null && (this.clientsDied() === before || this.isToSettle())) {
        if (await this.sidecar.isCalm()) return this.sidecar.kill();
        await delay(POLL_MS);
      }
      // The client's death alone would be healed without it, but after pauses.
      await this.sidecar.kill();
      // So that not all of what comes next was begun by those that died.
      if (this.clientsDied() > before) this.spoolMaker(`after-${this.died().length}`);
    }
  }

  private spoolMaker(name: string): void {
    this.makers.push(name);
    this.sidecar.spool(...makerFile(name));
  }

  /** Whether the sidecar is yet to die of a client's death, once it has noted that. */
  private isToSettle(): boolean {
    return this.points.includes('ledger.settleRetry') && !this.died().includes('ledger.settleRetry');
  }

  private clientsDied(): number {
    return this.died().filter((place) => place.startsWith('client.')).length;
  }

  async remove(): Promise<void> {
    await this.sidecar.remove();
    rmSync(this.marks, { recursive: true });
  }
}

describe('a sidecar that dies at each point between two durable operations', () => {
  let server: WandbServer;
  let lanes: Lane[];
  beforeAll(async () => {
    server = await startWandbServer();
    lanes = LANES.map(([project, points]) => new Lane(server, project, points));
    await Promise.all(lanes.map((lane) => lane.run()));
  }, 300_000);
  afterAll(async () => {
    await Promise.all(lanes.map((lane) => lane.remove()));
    await server.close();
  });

  const read = (project: string, step: string, name: string) =>
    server.read({ entity: null, project, runId: attemptKey(taskOf(step, name)) });

  it.each(LANES)('died once at each: %s', (project, points) => {
    const lane = lanes.find((each) => each.project === project);
    expect(lane?.died().sort()).toEqual([...points].sort());
  });

  it.each(LANES)('has everything in W&B once: %s', async (project) => {
    const makers = lanes.find((each) => each.project === project)?.makers ?? [];
    expect(makers.length).toBeGreaterThan(2);
    for (const name of makers) {
      const run = await read(project, 'make', name);
      expect(run.state).toBe('finished');
      expect(run.history.map(({ _step, loss, n }) => [_step, loss, n])).toEqual([
        [0, 0.5, undefined],
        [1, 0.25, undefined],
        [2, undefined, 1],
      ]);
      expect(run.logged.map((artifact) => [artifact.name, artifact.files])).toEqual([
        [`${server.entity}/${project}/df_${name}:v0`, { [`df_${name}.parquet`]: 6 }],
      ]);
    }
    expect(await read(project, 'crash', 'crash')).toMatchObject({ state: 'crashed', summary: { n: 1 } });
  });

  it.each(LANES)(
    'has lineage to the very versions, heard of before or after their readers: %s',
    async (project) => {
      for (const name of ['early', 'late']) {
        const run = await read(project, 'read', name);
        expect(run.used).toEqual([`${server.entity}/${project}/df_${name}:v0`]);
      }
    },
  );
});
