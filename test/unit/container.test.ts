import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

describe('the container', () => {
  const [, sidecar = ''] = /^ {2}sidecar:\n((?: {4}.*\n|\n)+)/m.exec(read('docker-compose.yml')) ?? [];

  it('runs as a user of its own', () => {
    const users = [...read('Dockerfile').matchAll(/^USER (\S+)$/gm)].map(([, user]) => user);
    expect(users).toEqual(['10001:10001', '10002:10002']);
  });

  it('has a read-only root, no capabilities and no new privileges', () => {
    expect(sidecar).toMatch(/^ {4}read_only: true$/m);
    expect(sidecar).toMatch(/^ {4}cap_drop:\n {6}- ALL$/m);
    expect(sidecar).toMatch(/^ {4}security_opt:\n {6}- no-new-privileges:true$/m);
  });

  it('gets its secrets from the environment and never from a file or an argument', () => {
    expect(sidecar).toContain('METAFLOW_WANDB_SERVE_TOKEN: ${METAFLOW_WANDB_TOKEN');
    expect(sidecar).toMatch(/command: \["serve", "--plaintext"\]/);
  });
});
