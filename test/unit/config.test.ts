import { describe, expect, it } from 'vitest';
import { loadServeConfig } from '../../src/config.js';
import { requireSafeAddresses } from '../../src/listen.js';

describe('the configuration of serve', () => {
  it("is safe by default: the user's own socket, and loopback", () => {
    const config = loadServeConfig({}, {});
    expect(config.grpc).toEqual([expect.stringMatching(/^unix:.*\.metaflow-wandb\/sidecar\.sock$/)]);
    expect(config).toMatchObject({
      http: '127.0.0.1:8080',
      destination: 'auto',
      token: null,
      plaintext: false,
    });
    expect(() => requireSafeAddresses(config)).not.toThrow();
  });

  it('takes a flag before METAFLOW_WANDB_SERVE_<FLAG> before the default', () => {
    const env = { METAFLOW_WANDB_SERVE_DATA_DIR: 'env', METAFLOW_WANDB_SERVE_DESTINATION: 'hold' };
    expect(loadServeConfig({ dataDir: 'flag' }, env)).toMatchObject({ dataDir: 'flag', destination: 'hold' });
    expect(loadServeConfig({}, env).dataDir).toBe('env');
  });

  it('lets the HTTP side move only where nobody asked for that very port', () => {
    expect(loadServeConfig({}, {}).httpMayMove).toBe(true);
    expect(loadServeConfig({ http: '127.0.0.1:8080' }, {}).httpMayMove).toBe(false);
    expect(loadServeConfig({}, { METAFLOW_WANDB_SERVE_HTTP: '127.0.0.1:8080' }).httpMayMove).toBe(false);
  });

  it('runs until it is told to stop, unless it is told when to end by itself', () => {
    expect(loadServeConfig({}, {}).idleExitS).toBeNull();
    expect(loadServeConfig({}, { METAFLOW_WANDB_SERVE_IDLE_EXIT: '300' }).idleExitS).toBe(300);
    expect(loadServeConfig({ idleExit: '0' }, {}).idleExitS).toBeNull();
  });

  it('keeps payloads for a week after their upload, or for as many days as it is told, or for ever', () => {
    expect(loadServeConfig({}, {}).retentionMs).toBe(7 * 86_400_000);
    expect(loadServeConfig({ retention: '0.5' }, {}).retentionMs).toBe(43_200_000);
    expect(loadServeConfig({ retention: 'never' }, {}).retentionMs).toBeNull();
  });

  it('keeps 512 MiB of the disk free, or as much as it is told', () => {
    expect(loadServeConfig({}, {}).minFreeBytes).toBe(512 * 1024 ** 2);
    expect(loadServeConfig({ minFree: '0' }, {}).minFreeBytes).toBe(0);
  });

  it('takes several gRPC addresses from the environment, separated by commas', () => {
    const env = { METAFLOW_WANDB_SERVE_GRPC: '127.0.0.1:1,unix:/run/s.sock' };
    expect(loadServeConfig({}, env).grpc).toEqual(['127.0.0.1:1', 'unix:/run/s.sock']);
  });

  it.each([
    [{ grpc: ['localhost'] }, '--grpc'],
    [{ http: 'unix:/x' }, '--http'],
    [{ destination: 'cloud' }, '--destination'],
    [{ token: 'short' }, '--token'],
    [{ workers: '0' }, '--workers'],
    [{ crashGrace: '0' }, '--crash-grace'],
    [{ idleExit: 'soon' }, '--idle-exit'],
    [{ tlsCert: 'c.pem' }, '--tls-cert'],
    [{ retention: 'some days' }, '--retention'],
    [{ retention: '-1' }, '--retention'],
    [{ minFree: 'much' }, '--min-free'],
  ])('refuses %o and names the option', (flags, option) => {
    expect(() => loadServeConfig(flags, {})).toThrow(option);
  });
});

describe('addresses that other machines can reach', () => {
  const config = (flags: object) => loadServeConfig(flags, {});

  it.each([{ grpc: ['0.0.0.0:50051'] }, { http: '0.0.0.0:8080' }, { wandbLocal: '[::]:8081' }])(
    'are refused in plain text: %o',
    (flags) => {
      expect(() => requireSafeAddresses(config(flags))).toThrow(/without encryption/);
    },
  );

  it('are allowed with TLS, or where the operator says that the network is private', () => {
    const tls = { tlsCert: 'cert.pem', tlsKey: 'key.pem' };
    expect(() => requireSafeAddresses(config({ grpc: ['0.0.0.0:50051'], ...tls }))).not.toThrow();
    expect(() => requireSafeAddresses(config({ grpc: ['0.0.0.0:50051'], plaintext: true }))).not.toThrow();
  });
});
