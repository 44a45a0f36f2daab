import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { pythonInterpreter } from '../python-interpreter.js';
import { readSidecarFile, type SidecarFile } from '../sidecar-file.js';
import { demoEnvironment, flowEnvironment, readBackEnvironment } from './demo-environment.js';
import { Processes } from './processes.js';
import { askPython, PACKAGE_ROOT } from './python.js';

const START_TIMEOUT_MS = 60_000;
const FLOW_TIMEOUT_MS = 300_000;
const DRAIN_TIMEOUT_S = 120;
const READ_BACK_TIMEOUT_MS = 120_000;
const NEEDED_PACKAGES = ['metaflow', 'metaflow-wandb', 'wandb', 'pandas', 'pyarrow', 'scikit-learn'];
const FLOW = join(PACKAGE_ROOT, 'examples', 'step_decorated_flow.py');

interface DemoOptions {
  readonly dataDir: string;
  readonly python?: string;
}

/** Adds `demo`: a real flow through a real sidecar into the embedded W&B, read back with W&B's own client. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description(
      "run an example flow through a sidecar into the embedded W&B, and show what W&B's client finds",
    )
    .option('--data-dir <dir>', 'where the data is kept', join(homedir(), '.metaflow-wandb', 'demo'))
    .option(
      '--python <path>',
      'Python that has Metaflow and the shim (default: the checkout’s .venv, else python3)',
    )
    .action(async (options: DemoOptions) => {
      process.exitCode = await demo(options);
    });
}

/** Runs the demo and answers its exit code. Whatever happens, nothing that it started goes on running. */
async function demo(options: DemoOptions): Promise<number> {
  const processes = new Processes();
  const interrupted = new AbortController();
  const interrupt = () => {
    interrupted.abort();
    void processes.stopAll();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    await tellStory(processes, resolve(options.dataDir), options.python ?? null, interrupted.signal);
    return 0;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(interrupted.signal.aborted ? '\ndemo: interrupted' : `\ndemo: ${reason}`);
    return interrupted.signal.aborted ? 130 : 1;
  } finally {
    await processes.stopAll();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

async function tellStory(
  processes: Processes,
  dataDir: string,
  namedPython: string | null,
  signal: AbortSignal,
): Promise<void> {
  const python = pythonInterpreter(namedPython);
  await checkPython(python);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const environment = demoEnvironment(process.env, dataDir);

  heading('1. A sidecar with the embedded W&B');
  const sidecar = await startSidecar(processes, python, dataDir, environment, signal);
  console.log(`   gRPC ${sidecar.grpc.join(', ')}   W&B ${sidecar.wandbLocal.url}   data ${dataDir}`);

  heading(`2. A Metaflow flow: ${FLOW}`);
  const flow = {
    file: python,
    args: [FLOW, '--no-pylint', 'run'],
    env: flowEnvironment(environment, sidecar),
  };
  await mustSucceed('the flow', processes.run(flow, FLOW_TIMEOUT_MS, indented));

  heading('3. Waiting until everything is in W&B');
  const args = ['drain', '--data-dir', dataDir, '--timeout', String(DRAIN_TIMEOUT_S)];
  const drain = { ...metaflowWandb(args), env: environment };
  await mustSucceed('draining', processes.run(drain, (DRAIN_TIMEOUT_S + 10) * 1000, indented));

  heading('4. What landed, as read with wandb.Api()');
  const script = fileURLToPath(new URL('./demo_read_back.py', import.meta.url));
  const readBack = { file: python, args: [script], env: readBackEnvironment(environment, sidecar) };
  await mustSucceed('reading back', processes.run(readBack, READ_BACK_TIMEOUT_MS, indented));

  tellWhereToLook(dataDir, sidecar.wandbLocal);
}

type LocalSidecar = SidecarFile & { readonly wandbLocal: NonNullable<SidecarFile['wandbLocal']> };

async function startSidecar(
  processes: Processes,
  python: string,
  dataDir: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<LocalSidecar> {
  const logPath = join(dataDir, 'sidecar.log');
  const log = openSync(logPath, 'w', 0o600);
  const anyPort = ['--grpc', '127.0.0.1:0', '--http', '127.0.0.1:0', '--wandb-local', '127.0.0.1:0'];
  const rest = ['--data-dir', dataDir, '--destination', 'local', '--python', python];
  const child = await processes.start({ ...metaflowWandb(['serve', ...anyPort, ...rest]), env }, log);
  closeSync(log);
  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadlineMs && child.exitCode === null && child.signalCode === null) {
    signal.throwIfAborted();
    const file = await readSidecarFile(dataDir);
    // An earlier sidecar's file may still lie there.
    if (file?.pid === child.pid && file?.wandbLocal) return { ...file, wandbLocal: file.wandbLocal };
    await delay(50);
  }
  const lastLines = readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
  throw new Error(`the sidecar did not start. The end of ${logPath}:\n${lastLines}`);
}

function metaflowWandb(args: readonly string[]): { file: string; args: string[] } {
  return { file: process.execPath, args: [fileURLToPath(new URL('../main.js', import.meta.url)), ...args] };
}

async function checkPython(python: string): Promise<void> {
  const advice = 'In a checkout, `npm run demo` installs what is needed; else name a Python with --python.';
  const facts = await askPython(python, NEEDED_PACKAGES).catch(() => {
    throw new Error(`no Python answers at ${python}. ${advice}`);
  });
  const missing = NEEDED_PACKAGES.filter((name) => !facts.packages[name]);
  if (missing.length > 0) throw new Error(`${python} lacks ${missing.join(', ')}. ${advice}`);
}

async function mustSucceed(what: string, run: ReturnType<Processes['run']>): Promise<void> {
  const { code, timedOut } = await run;
  if (timedOut) throw new Error(`${what} took too long and was stopped`);
  if (code !== 0)
    throw new Error(`${what} failed (${code === null ? 'stopped by a signal' : `exit code ${code}`})`);
}

function heading(text: string): void {
  console.log(`\n${text}`);
}

function indented(line: string): void {
  console.log(`   ${line}`);
}

function tellWhereToLook(dataDir: string, wandbLocal: LocalSidecar['wandbLocal']): void {
  heading('Look again');
  console.log(`   Everything is kept in ${dataDir}; delete it to start over.
   The sidecar of this demo has been stopped. To look around in what it logged, start one on the same data:

     npx metaflow-wandb serve --data-dir ${dataDir} --grpc 127.0.0.1:0 --destination local

   and in another terminal

     export WANDB_BASE_URL=http://127.0.0.1:8081 WANDB_API_KEY="$(cat ${wandbLocal.apiKeyPath})"
     .venv/bin/python -c 'import wandb; print(*wandb.Api().runs("${wandbLocal.entity}/metaflow-wandb-demo"), sep="\\n")'
`);
}
