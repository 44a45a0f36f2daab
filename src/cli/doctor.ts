import { resolve } from 'node:path';
import type { Command } from 'commander';
import { loadServeConfig } from '../config.js';
import { defaultDataDir } from '../data-dir.js';
import { pythonInterpreter } from '../python-interpreter.js';
import { readSidecarFile } from '../sidecar-file.js';
import { checkAddress, checkDataDir, checkDisk, checkSidecar } from './doctor/check-machine.js';
import { checkAccount, checkNode, checkPython } from './doctor/check-software.js';
import { type Finding, fail } from './doctor/finding.js';

interface DoctorOptions {
  readonly dataDir: string;
  readonly python?: string;
  readonly json?: boolean;
}

/** Adds `doctor`: checks what the sidecar needs on this machine and says what to do. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check what the sidecar needs here, and say what to do; exit code 1 where something fails')
    .option('--data-dir <dir>', "the sidecar's data directory", defaultDataDir())
    .option('--python <path>', 'Python that has wandb (default: the checkout’s .venv, else python3)')
    .option('--json', 'print the findings as JSON')
    .action(async (options: DoctorOptions) => {
      const findings = await examine(options);
      console.log(options.json ? JSON.stringify(findings, null, 2) : asText(findings));
      process.exitCode = findings.some((finding) => finding.severity === 'fail') ? 1 : 0;
    });
}

async function examine(options: DoctorOptions): Promise<Finding[]> {
  const dataDir = resolve(options.dataDir);
  const python = pythonInterpreter(options.python ?? null);
  const sidecar = await readSidecarFile(dataDir);
  return [
    checkNode(process.versions.node),
    ...(await checkPython(python)),
    ...(await checkAccount(python, process.env)),
    await checkSidecar(sidecar),
    ...(await checkAddresses(dataDir)),
    await checkDataDir(dataDir),
    await checkDisk(dataDir),
  ];
}

async function checkAddresses(dataDir: string): Promise<Finding[]> {
  try {
    const config = loadServeConfig({ dataDir }, process.env);
    const sidecar = await readSidecarFile(dataDir);
    return await Promise.all([
      ...config.grpc.map((address) => checkAddress('grpc', address, sidecar)),
      checkAddress('http', config.http, sidecar, config.httpMayMove),
      checkAddress('wandb-local', config.wandbLocal, sidecar, true),
    ]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [fail('configuration', reason, 'Correct the METAFLOW_WANDB_SERVE_… variable of that option.')];
  }
}

function asText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map((finding) => finding.check.length));
  return findings
    .flatMap(({ severity, check, detail, advice }) => [
      `${severity.padEnd(4)}  ${check.padEnd(width)}  ${detail}`,
      ...(advice ? [`${' '.repeat(width + 8)}→ ${advice}`] : []),
    ])
    .join('\n');
}
