import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Passes TCP connections on, until it is told to cut or to mute them. */
export class SocketProxy {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((socket) => this.pass(socket));
  private isMute = false;

  private constructor(
    /** Port to pass connections to; null: nobody is there. */
    private readonly target: () => Promise<number | null>,
  ) {}

  static async start(target: () => Promise<number | null>): Promise<SocketProxy> {
    const proxy = new SocketProxy(target);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** `127.0.0.1:PORT`. */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Ends all connections, in the middle of whatever they carry. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Nothing passes any more, and nobody is told. */
  mute(): void {
    this.isMute = true;
    for (const socket of this.sockets) socket.pause();
  }

  unmute(): void {
    this.isMute = false;
    for (const socket of this.sockets) socket.resume();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async pass(incoming: Socket): Promise<void> {
    this.watch(incoming);
    const port = await this.target();
    if (port === null || incoming.destroyed) return void incoming.destroy();
    const onward = connect(port, '127.0.0.1');
    this.watch(onward);
    incoming.pipe(onward).pipe(incoming);
    incoming.on('close', () => onward.destroy());
    onward.on('close', () => incoming.destroy());
    if (this.isMute) for (const socket of [incoming, onward]) socket.pause();
  }

  private watch(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
  }
}
