import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { pythonBin } from '../support/python.js';
import { runFlow } from '../support/run-flow.js';
import { RunningSidecar } from '../support/sidecar-process.js';

const run = promisify(execFile);
const SMALL = fileURLToPath(new URL('flows/small.py', import.meta.url));
const READER = fileURLToPath(new URL('../support/e2e_state.py', import.meta.url));

/** A proxy that nobody listens at, and nothing that exempts loopback from it. */
const DEAD_PROXY = Object.fromEntries(
  ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY']
    .map((name) => [name, 'http://127.0.0.1:9'])
    .concat([
      ['NO_PROXY', ''],
      ['no_proxy', ''],
    ]),
) as Record<string, string>;

it('loopback works where http_proxy is set: shim, commands, uploader and embedded W&B', async () => {
  const sidecar = await RunningSidecar.start(DEAD_PROXY);
  try {
    const env = { ...sidecar.flowEnvironment(), ...DEAD_PROXY, WANDB_PROJECT: 'proxied' };
    const { exitCode, output } = await runFlow(SMALL, env);
    expect(exitCode).toBe(0);
    expect(output).not.toContain('metaflow-wandb:');
    await sidecar.drain();
    const reader = [READER, 'small.py', 'Small', 'proxied'];
    const { stdout } = await run(pythonBin, reader, { env: sidecar.readerEnvironment() });
    expect(JSON.parse(stdout)).toMatchObject({
      'start/1': { state: 'finished', logged: { 'df:v0': { equal: true } } },
      'end/2': { summary: { rows: 2 }, used: ['start:df'] },
    });
  } finally {
    await sidecar.stop();
  }
}, 120_000);

it('without a sidecar the flow runs as without the decorator, after one warning', async () => {
  const sidecar = await RunningSidecar.start();
  const env = sidecar.flowEnvironment();
  await sidecar.stop();
  const { exitCode, output } = await runFlow(SMALL, env);
  expect(exitCode).toBe(0);
  const warnings = output.split('\n').filter((line) => line.includes('metaflow-wandb:'));
  expect(warnings).toHaveLength(1);
}, 120_000);
