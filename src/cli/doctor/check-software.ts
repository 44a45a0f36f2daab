import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { askPython } from '../python.js';
import { type Finding, fail, ok, warn } from './finding.js';

const run = promisify(execFile);
const PROBE = fileURLToPath(new URL('./probe.py', import.meta.url));
const PROBE_TIMEOUT_MS = 40_000;
const TESTED_WANDB = /^0\.31\./;

/** Node.js is new enough. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 20)
    ? ok('Node.js', version)
    : fail('Node.js', version, 'Install Node.js 20.20 or later.');
}

/** The sidecar's Python is new enough and has W&B's client; what flows need there is named too. */
export async function checkPython(python: string): Promise<Finding[]> {
  const facts = await askPython(python, ['wandb', 'metaflow', 'metaflow-wandb']).catch(() => null);
  if (!facts) {
    return [
      fail(
        'Python',
        `none answers at ${python}`,
        'Install Python 3.10 or later, or name one: --python PATH.',
      ),
    ];
  }
  const [major = 0, minor = 0] = facts.version.split('.').map(Number);
  const tooOld = major < 3 || (major === 3 && minor < 10);
  const found = `${facts.version} at ${python}`;
  return [
    tooOld ? fail('Python', found, 'Name a Python from 3.10 on: --python PATH.') : ok('Python', found),
    wandbFinding(facts.packages.wandb ?? null, python),
    await shimFinding(facts.packages.metaflow ?? null, facts.packages['metaflow-wandb'] ?? null, python),
  ];
}

function wandbFinding(version: string | null, python: string): Finding {
  if (!version) return fail('wandb', 'missing', `${python} -m pip install wandb==0.31.0`);
  return TESTED_WANDB.test(version)
    ? ok('wandb', version)
    : warn('wandb', `${version}; tested with 0.31`, `${python} -m pip install wandb==0.31.0`);
}

async function shimFinding(metaflow: string | null, shim: string | null, python: string): Promise<Finding> {
  if (!metaflow || !shim) {
    const missing = [metaflow ? null : 'metaflow', shim ? null : 'metaflow-wandb']
      .filter(Boolean)
      .join(' and ');
    return warn(
      'Metaflow',
      `this Python lacks ${missing}`,
      'Fine if flows run with another Python that has both.',
    );
  }
  const registered = await probe(python, 'extension', process.env);
  return registered === true
    ? ok('Metaflow', `${metaflow}, with metaflow-wandb ${shim}`)
    : fail(
        'Metaflow',
        `${metaflow} doesn't see metaflow-wandb ${shim}`,
        'Reinstall metaflow-wandb with pip.',
      );
}

/** A W&B account is configured, its server answers within 10 s and takes the key. */
export async function checkAccount(python: string, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const answer = (await probe(python, 'account', env)) as AccountAnswer | null;
  if (!answer)
    return [warn('W&B account', "W&B's client could not be asked", 'See the checks of Python and wandb.')];
  if (answer.problem) {
    const advice = `Check the network and WANDB_BASE_URL, or log in anew: wandb login --relogin --host ${answer.baseUrl}`;
    return [fail('W&B account', `${answer.baseUrl}: ${answer.problem}`, advice)];
  }
  if (!answer.user) {
    const advice = `Run \`wandb login\` to send data to ${answer.baseUrl}.`;
    return [warn('W&B account', 'no API key: data goes to the embedded W&B on this machine', advice)];
  }
  return [ok('W&B account', `${answer.user} at ${answer.baseUrl}, entity ${answer.entity ?? 'unset'}`)];
}

interface AccountAnswer {
  readonly baseUrl: string;
  readonly user?: string;
  readonly entity?: string | null;
  readonly problem?: string;
}

async function probe(python: string, part: string, env: NodeJS.ProcessEnv): Promise<unknown> {
  try {
    const { stdout } = await run(python, [PROBE, part], { timeout: PROBE_TIMEOUT_MS, env });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null');
  } catch {
    return null;
  }
}
