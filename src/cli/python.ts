import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Root of the package: where `examples/` and, in a checkout, `.venv/` lie. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What an interpreter says of itself and of the packages asked for; a package it lacks is null. */
export interface PythonFacts {
  readonly version: string;
  readonly packages: Readonly<Record<string, string | null>>;
}

const PROBE = `
import importlib.metadata, json, platform, sys
def version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
print(json.dumps({"version": platform.python_version(), "packages": {name: version(name) for name in sys.argv[1:]}}))
`;

/**
 * Asks an interpreter, for at most 20 s.
 *
 * @throws Error where there is no such interpreter or it doesn't answer
 */
export async function askPython(python: string, packages: readonly string[]): Promise<PythonFacts> {
  const { stdout } = await run(python, ['-c', PROBE, ...packages], { timeout: 20_000 });
  return JSON.parse(stdout) as PythonFacts;
}
