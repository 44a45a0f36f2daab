import { defineConfig } from 'vitest/config';

const UNIT = 'test/unit/**/*.test.ts';

export default defineConfig({
  test: {
    // More than there are cores: most tests wait for other processes.
    maxWorkers: 3,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      // What is pure needs no process of its own for each file.
      { extends: true, test: { name: 'unit', include: [UNIT], isolate: false } },
      { extends: true, test: { name: 'system', include: ['test/**/*.test.ts'], exclude: [UNIT] } },
    ],
  },
});
