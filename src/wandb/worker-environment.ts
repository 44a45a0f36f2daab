import { join } from 'node:path';
import type { Target } from '../ports/uploader.js';
import type { Scratch } from './scratch.js';

/** Variables that a worker keeps of the sidecar's. All else stays out, above all `WANDB_…`. */
const KEPT = [
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ)$/,
  /^(PYTHON(PATH|HOME|USERBASE)|VIRTUAL_ENV|CONDA_PREFIX|(LD|DYLD(_FALLBACK)?)_LIBRARY_PATH)$/,
  /^METAFLOW_WANDB_FAILPOINTS(_DIR)?$/,
  /^(SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS)$/,
];
const PROXIES = /^(https?|all|no)_proxy$/i;

/**
 * Environment of the worker processes for one target. The client's files all
 * go to `scratchDir`, and it reads no settings of the user that runs the sidecar.
 */
export function workerEnvironment(
  parent: NodeJS.ProcessEnv,
  target: Target,
  scratch: Scratch,
  pythonBin: string,
): NodeJS.ProcessEnv {
  const kept = Object.entries(parent).filter(([name]) => {
    // The client would ask the proxy even for a loopback address.
    if (PROXIES.test(name)) return !isLoopback(target.baseUrl);
    return KEPT.some((pattern) => pattern.test(name));
  });
  return {
    ...Object.fromEntries(kept),
    ...certificates(parent),
    PYTHON_BIN: pythonBin,
    PYTHONUNBUFFERED: '1',
    TMPDIR: scratch.tmp,
    NETRC: join(scratch.dir, 'netrc'),
    WANDB_BASE_URL: target.baseUrl,
    WANDB_API_KEY: target.apiKey,
    WANDB_DIR: scratch.dir,
    WANDB_CACHE_DIR: join(scratch.dir, 'cache'),
    WANDB_CONFIG_DIR: join(scratch.dir, 'config'),
    WANDB_DATA_DIR: join(scratch.dir, 'data'),
    WANDB_ARTIFACT_DIR: join(scratch.dir, 'artifacts'),
    WANDB_MODE: 'online',
    WANDB_SILENT: 'true',
    WANDB_CONSOLE: 'off',
    WANDB_ERROR_REPORTING: 'false',
  };
}

/**
 * The client is in part Python, which reads `REQUESTS_CA_BUNDLE`, and in part
 * Go, which reads `SSL_CERT_FILE`: whichever is set holds for both.
 */
function certificates({ SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE }: NodeJS.ProcessEnv) {
  const bundle = REQUESTS_CA_BUNDLE || CURL_CA_BUNDLE || SSL_CERT_FILE;
  if (!bundle) return {};
  return { REQUESTS_CA_BUNDLE: bundle, SSL_CERT_FILE: SSL_CERT_FILE || bundle };
}

function isLoopback(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.');
}
