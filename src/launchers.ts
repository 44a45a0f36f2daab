import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';

/** What a launcher is told that may count on this sidecar. */
const GREETING = '+';

/**
 * The launchers of runs that need this sidecar: each holds a connection for as
 * long as it lives. One that is not greeted must start a sidecar of its own.
 */
export class Launchers {
  private readonly connections = new Set<Socket>();
  private refusing = false;

  private constructor(
    private readonly server: Server,
    private readonly onArrival: () => void,
  ) {
    server.on('connection', (connection) => this.take(connection));
  }

  /** Waits for launchers on a UNIX socket; one that another process left behind is replaced. */
  static async listen(path: string, onArrival: () => void): Promise<Launchers> {
    await rm(path, { force: true });
    const server = createServer();
    const launchers = new Launchers(server, onArrival);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(path, resolve);
    });
    await chmod(path, 0o600);
    return launchers;
  }

  /** Where launchers look, given where steps connect. */
  static pathBeside(socketPath: string): string {
    return `${socketPath}.use`;
  }

  /** Number of launchers that count on this sidecar. */
  get count(): number {
    return this.connections.size;
  }

  /** From now on no launcher may count on this sidecar. */
  refuse(): void {
    this.refusing = true;
  }

  /** Stops listening; to be called last, so that a launcher never takes a sidecar for gone that is going. */
  async close(): Promise<void> {
    this.refuse();
    for (const connection of this.connections) connection.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private take(connection: Socket): void {
    connection.on('error', () => undefined);
    if (this.refusing) {
      connection.destroy();
      return;
    }
    this.onArrival();
    this.connections.add(connection);
    connection.once('close', () => this.connections.delete(connection));
    connection.resume(); // its end is seen only where it is read
    connection.write(GREETING);
  }
}
