import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { spoolDirectories } from '../../../src/spool/spool-places.js';

const directories = (...addresses: string[]) =>
  spoolDirectories({ root: '/spool', addresses, ownSocket: '/home/ada/.metaflow-wandb/sidecar.sock' });

test("tasks without an address meant the sidecar on the user's own socket", () => {
  const own = directories('unix:/home/ada/.metaflow-wandb/sidecar.sock');
  expect(own).toContain('/spool/own');
  expect(own).toContain('/spool/unix__home_ada_.metaflow-wandb_sidecar.sock');
  expect(directories('unix:/tmp/other.sock')).not.toContain('/spool/own');
});

test('tasks may know a sidecar on this machine by any of its names', () => {
  expect(directories('0.0.0.0:5000')).toEqual(
    ['0.0.0.0', 'localhost', '127.0.0.1', '___1_', hostname()].map((host) => `/spool/${host}_5000`),
  );
  expect(directories('127.0.0.1:5000', 'gpu-7:6000')).toEqual([
    '/spool/127.0.0.1_5000',
    '/spool/localhost_5000',
    '/spool/gpu-7_6000',
  ]);
});
