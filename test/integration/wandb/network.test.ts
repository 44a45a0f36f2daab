import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPythoniaUploader } from '../../../src/wandb/pythonia-uploader.js';
import { type Front, startProxy, startTlsFront } from '../../support/forwarding.js';
import { pythonBin } from '../../support/python.js';
import { tlsPath } from '../../support/tls.js';
import { artifactUpload, uploadRequest } from '../../support/upload-request.js';
import { startWandbServer, type WandbServer } from '../../support/wandb-server.js';

// Each mostly waits for a process of its own.
describe.concurrent('the uploader on a network of its own', () => {
  let server: WandbServer;
  let proxy: Front;
  let secure: Front;
  beforeAll(async () => {
    server = await startWandbServer();
    proxy = await startProxy(server.target.baseUrl);
    secure = await startTlsFront(server.target.baseUrl);
  });
  afterAll(async () => {
    await proxy.close();
    await secure.close();
    await server.close();
  });

  /** Uploads an attempt with an artifact in such an environment; the outcome. */
  async function upload(name: string, baseUrl: string, environment: NodeJS.ProcessEnv) {
    const dataDir = join(server.dir, name);
    const uploader = createPythoniaUploader({
      ...{ dataDir, pythonBin, workers: 1 },
      environment: { PATH: process.env.PATH, HOME: server.dir, ...environment },
    });
    try {
      const artifacts = [artifactUpload(join(dataDir, 'files'), name, `content of ${name}`)];
      const request = uploadRequest({ ...server.target, baseUrl }, { artifacts });
      const result = await uploader.upload(request);
      return { result, run: request.run };
    } finally {
      await uploader.close();
    }
  }

  it('reaches a W&B by the proxy, all of it', async () => {
    const { result, run } = await upload('proxied', 'http://wandb.test', { http_proxy: proxy.url });
    expect(result).toMatchObject({ outcome: 'done', problems: [] });
    expect(await server.read(run)).toMatchObject({ state: 'finished', logged: [{ type: 'dataset' }] });
    const paths = proxy.passed.map((line) => line.split(' ')[2] ?? '');
    expect(new Set(proxy.passed.map((line) => line.split(' ')[1]))).toEqual(new Set(['wandb.test']));
    for (const part of ['/graphql', '/file_stream', '/storage/']) {
      expect(
        paths.some((path) => path.includes(part)),
        part,
      ).toBe(true);
    }
  });

  it('trusts the CA that its environment names, in all its parts', async () => {
    const { result, run } = await upload('trusting', secure.url, { SSL_CERT_FILE: tlsPath('ca.pem') });
    expect(result).toMatchObject({ outcome: 'done', problems: [] });
    expect(await server.read(run)).toMatchObject({ state: 'finished', logged: [{ type: 'dataset' }] });
  });

  it('does not send anything to a W&B of which it trusts no CA', async () => {
    const { result } = await upload('untrusted', secure.url, {});
    expect(result).toMatchObject({ outcome: 'retryable' });
  });
});
