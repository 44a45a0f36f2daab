import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArtifactUpload, Target, UploadRequest } from '../../src/ports/uploader.js';

/** A finished attempt without values or artifacts, changed by `changes`. */
export function uploadRequest(target: Target, changes: Partial<UploadRequest> = {}): UploadRequest {
  return {
    target,
    run: { entity: null, project: 'contract', runId: `r${randomUUID().slice(0, 12)}` },
    displayName: 'start/1',
    group: 'DemoFlow/7',
    jobType: 'start',
    tags: ['blue'],
    notes: 'a note',
    config: { alpha: 0.5, metaflow: { pathspec: 'DemoFlow/7/start/1', attempt: 0 } },
    settings: {},
    origin: {
      host: 'step-host',
      os: 'Plan9-4-risc',
      pythonVersion: '3.10.99',
      executable: '/opt/step/python',
      program: 'flows/demo.py',
      args: ['run', '--alpha', '0.5'],
      cpuCount: 7,
      username: 'ada',
      workingDirectory: '/home/ada/project',
      gitCommit: '0123456789012345678901234567890123456789',
      gitRemoteUrl: 'https://example.com/ada/project.git',
      gitRoot: '/home/ada/project',
    },
    log: null,
    row: { accuracy: 0.75, label: 'grün' },
    rowStep: 0,
    summary: {},
    startedAtS: 1_700_000_000.25,
    endedAtS: 1_700_000_090.5,
    exitCode: 0,
    crashed: false,
    artifacts: [],
    uses: [],
    ...changes,
  };
}

/** An artifact of one file that holds `content`, written below `directory`. */
export function artifactUpload(
  directory: string,
  variable: string,
  content: string,
  changes: Partial<ArtifactUpload> = {},
): ArtifactUpload {
  mkdirSync(directory, { recursive: true });
  const sha256 = createHash('sha256').update(content).digest('hex');
  const localPath = join(directory, sha256);
  writeFileSync(localPath, content);
  return {
    variable,
    name: variable,
    fallbackName: `${variable}-dataset`,
    type: 'dataset',
    aliases: ['latest', 'DemoFlow-7-start-1'],
    metadata: { pathspec: 'DemoFlow/7/start/1', encoding: 'parquet' },
    files: [{ path: `${variable}.parquet`, localPath, sizeBytes: Buffer.byteLength(content), sha256 }],
    own: null,
    ...changes,
  };
}
