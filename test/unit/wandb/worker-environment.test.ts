import { describe, expect, it } from 'vitest';
import { workerEnvironment } from '../../../src/wandb/worker-environment.js';

const scratch = { dir: '/scratch', tmp: '/scratch/tmp' };
const environmentFor = (baseUrl: string, parent: NodeJS.ProcessEnv) =>
  workerEnvironment(parent, { baseUrl, apiKey: 'the key' }, scratch, '/opt/python');

describe('the environment of a worker', () => {
  it('names the account, the interpreter and directories that are its own', () => {
    const environment = environmentFor('https://api.wandb.ai', {});
    expect(environment).toMatchObject({
      WANDB_BASE_URL: 'https://api.wandb.ai',
      WANDB_API_KEY: 'the key',
      PYTHON_BIN: '/opt/python',
      TMPDIR: '/scratch/tmp',
    });
    for (const name of ['WANDB_DIR', 'WANDB_CACHE_DIR', 'WANDB_CONFIG_DIR', 'WANDB_DATA_DIR', 'NETRC']) {
      expect(environment[name]).toMatch(/^\/scratch/);
    }
  });

  it.each([
    'WANDB_RUN_GROUP',
    'WANDB_ENTITY',
    'WANDB__SERVICE',
    'METAFLOW_USER',
    'SM_TRAINING_ENV',
    'NODE_OPTIONS',
  ])('does without %s', (name) => {
    expect(environmentFor('https://api.wandb.ai', { [name]: 'x' })).not.toHaveProperty(name);
  });

  it('keeps what it takes to find programs, certificates and the proxy', () => {
    const kept = {
      PATH: '/bin',
      SSL_CERT_FILE: '/ca.pem',
      HTTPS_PROXY: 'http://p',
      no_proxy: 'x',
      LC_ALL: 'C',
    };
    expect(environmentFor('https://api.wandb.ai', kept)).toMatchObject(kept);
  });

  it.each(['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'])(
    'has the certificates of %s for both parts of the client',
    (name) => {
      expect(environmentFor('https://api.wandb.ai', { [name]: '/ca.pem' })).toMatchObject({
        ...{ SSL_CERT_FILE: '/ca.pem', REQUESTS_CA_BUNDLE: '/ca.pem' },
      });
    },
  );

  it.each(['http://127.0.0.1:8080', 'http://localhost:1', 'http://[::1]:1'])(
    'reaches %s past the proxy',
    (url) => {
      const environment = environmentFor(url, { http_proxy: 'http://p', HTTPS_PROXY: 'http://p' });
      expect(Object.keys(environment).filter((name) => /proxy/i.test(name))).toEqual([]);
    },
  );
});
