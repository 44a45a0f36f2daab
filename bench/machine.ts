import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { pythonBin } from '../test/support/python.js';

/** What the numbers were measured on and with. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly kernel: string;
  readonly node: string;
  readonly python: string;
  readonly packages: Readonly<Record<string, string>>;
  readonly commit: string;
  readonly date: string;
}

const PACKAGES = ['metaflow', 'wandb', 'grpcio', 'protobuf', 'torch', 'pandas', 'pyarrow', 'scikit-learn'];
const VERSIONS = `
import importlib.metadata as m, json, platform, sys
print(json.dumps([platform.python_version(), {n: m.version(n) for n in sys.argv[1:]}]))
`;

/** Reads the machine and the versions in use. */
export function describeMachine(): Machine {
  const answer = execFileSync(pythonBin, ['-c', VERSIONS, ...PACKAGES], { encoding: 'utf8' });
  const [python, packages] = JSON.parse(answer) as [string, Record<string, string>];
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGib: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.version,
    ...{ python, packages },
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    date: new Date().toISOString().slice(0, 10),
  };
}
