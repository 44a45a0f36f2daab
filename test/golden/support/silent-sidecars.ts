import { once } from 'node:events';
import { createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** Something that listens where a sidecar should, and never answers a step. */
export interface SilentSidecar {
  /** For `METAFLOW_WANDB_SIDECAR`. */
  readonly address: string;
  stop(): void;
}

/** Accepts connections and never says a word. */
export function startMute(): Promise<SilentSidecar> {
  return listening(createServer((socket) => void socket.on('error', () => {})));
}

/** Speaks HTTP/2, takes what gRPC asks for, and never answers it. */
export function startStuck(): Promise<SilentSidecar> {
  const server = createHttp2Server();
  server.on('stream', (stream) => void stream.on('error', () => {}));
  server.on('sessionError', () => {});
  return listening(server);
}

async function listening(
  server: Pick<Server, 'listen' | 'address' | 'close' | 'unref'> & NodeJS.EventEmitter,
) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    stop: () => {
      server.close();
      server.unref();
    },
  };
}
