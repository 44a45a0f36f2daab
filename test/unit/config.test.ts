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

  it('takes each bound as an option, and sizes with K, M, G or T', () => {
    const flags = { maxMessage: '8M', maxMemory: '1g', maxStreams: '3', streamIdle: '60', maxVariables: '4' };
    const more = { maxValue: '5k', maxPayload: '1T', maxFiles: '6', maxLog: '700', maxLogEntries: '8' };
    const { ingest, streams } = loadServeConfig({ ...flags, ...more }, {}).limits;
    const [maxMessageBytes, maxMemoryBytes] = [8 * 1024 ** 2, 1024 ** 3];
    expect(streams).toEqual({
      maxMessageBytes,
      maxMemoryBytes,
      maxStreams: 3,
      streamIdleMs: 60_000,
      answerUnreadMs: 60_000,
    });
    expect(ingest).toMatchObject({ maxVariables: 4, maxValueBytes: 5120, maxPayloadBytes: 1024 ** 4 });
    expect(ingest).toMatchObject({ maxPayloadFiles: 6, maxLogFiles: 6, maxLogBytes: 700, maxLogEntries: 8 });
    expect(loadServeConfig({}, { METAFLOW_WANDB_SERVE_MAX_STREAMS: '9' }).limits.streams.maxStreams).toBe(9);
  });

  it.each([
    [{ maxPayload: '1.5G' }, '--max-payload'],
    [{ maxStreams: '0' }, '--max-streams'],
    [{ maxStreams: '1K' }, '--max-streams'],
    [{ streamIdle: '9999999' }, '--stream-idle'],
    [{ maxMemory: '1M' }, '--max-memory'],
    [{ grpc: ['localhost'] }, '--grpc'],
    [{ http: 'unix:/x' }, '--http'],
    [{ destination: 'cloud' }, '--destination'],
    [{ token: 'short' }, '--token'],
    [{ workers: '0' }, '--workers'],
    [{ crashGrace: '0' }, '--crash-grace'],
    [{ idleExit: 'soon' }, '--idle-exit'],
    [{ tlsCert: 'c.pem' }, '--tls-cert'],
    [{ tlsCa: 'ca.pem' }, '--tls-ca'],
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
