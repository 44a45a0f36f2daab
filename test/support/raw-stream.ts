import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { connect as connectSocket, type Socket } from 'node:net';

/** What a server said of a raw call. */
export interface RawEnd {
  /** gRPC's status; null: the server said none. */
  readonly code: number | null;
  readonly details: string;
}

/** A connection to a gRPC server that says bytes, whatever they are. */
export class RawConnection {
  private readonly session: ClientHttp2Session;
  private readonly socket: Socket;

  /** @param windowBytes what the server may send of a call before its peer has read; by default 64 KiB less one */
  constructor(
    address: string,
    private readonly token?: string,
    windowBytes?: number,
  ) {
    const path = address.startsWith('unix:') ? address.slice('unix:'.length) : null;
    const authority = `http://${path === null ? address : 'localhost'}`;
    const { hostname, port } = new URL(authority);
    this.socket = path === null ? connectSocket(Number(port), hostname) : connectSocket(path);
    this.socket.on('error', () => undefined);
    const settings = windowBytes === undefined ? {} : { initialWindowSize: windowBytes };
    this.session = connect(authority, { createConnection: () => this.socket, settings });
    this.session.on('error', () => undefined);
  }

  /** Begins a call of a method; `headers` are added to what gRPC needs, or replace it. */
  call(
    headers: Readonly<Record<string, string>> = {},
    path = '/metaflow_wandb.v1.IngestService/RecordTask',
  ): RawCall {
    const authorization = this.token === undefined ? {} : { authorization: `Bearer ${this.token}` };
    const grpc = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
    return new RawCall(this.session.request({ ...grpc, ...authorization, ...headers }, { endStream: false }));
  }

  /** Resets the connection as soon as all that was said is on its way: the server finds it without a peer. */
  async reset(): Promise<void> {
    if (this.socket.connecting) await once(this.socket, 'connect');
    await new Promise((resolve) => setImmediate(resolve));
    this.socket.resetAndDestroy();
    await once(this.socket, 'close');
  }

  close(): void {
    this.session.destroy();
  }
}

/** One call of a {@link RawConnection}. */
export class RawCall {
  /** Resolves when the call has ended, in whatever way. */
  readonly end: Promise<RawEnd>;
  /** Resolves when the server begins to answer. */
  readonly answered: Promise<unknown>;

  constructor(private readonly stream: ClientHttp2Stream) {
    let said: Record<string, unknown> = {};
    this.answered = new Promise((resolve) => stream.once('response', resolve));
    stream.on('response', (headers) => {
      said = { ...said, ...headers };
    });
    stream.on('trailers', (trailers) => {
      said = { ...said, ...trailers };
    });
    stream.on('error', () => undefined);
    stream.resume();
    this.end = new Promise((resolve) => {
      const ended = () => {
        const code = said['grpc-status'];
        const details = decodeURIComponent(String(said['grpc-message'] ?? ''));
        resolve({ code: code === undefined ? null : Number(code), details });
        stream.close();
      };
      // The server may end its half while ours is open.
      stream.on('end', ended).on('close', ended);
    });
  }

  /** Sends bytes as they are. */
  send(bytes: Uint8Array): this {
    if (this.stream.writable) this.stream.write(bytes);
    return this;
  }

  /** Says that nothing more comes. */
  finish(): this {
    this.stream.end();
    return this;
  }

  /** Goes away without a word. */
  vanish(): void {
    this.stream.close();
  }
}

/** Frames bytes as one gRPC message; `announced` is the length that its prefix tells. */
export function framed(message: Uint8Array, announced = message.length, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(announced, 1);
  return Buffer.concat([prefix, message]);
}
