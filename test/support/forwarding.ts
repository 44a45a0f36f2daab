import {
  createServer as createHttpServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tlsFile } from './tls.js';

/** Something in front of a server. */
export interface Front {
  readonly url: string;
  /** `METHOD HOST PATH` of what has passed. */
  readonly passed: readonly string[];
  close(): Promise<void>;
}

/** Starts an HTTP proxy through which one host alone can be reached: that server, under any name. */
export function startProxy(serverUrl: string): Promise<Front> {
  const passed: string[] = [];
  const server = createHttpServer((incoming, outgoing) => {
    void forward(serverUrl, incoming, outgoing, passed, (body) => body);
  });
  return listening(server, 'http', passed);
}

/** Starts a server that speaks TLS with the certificate of {@link tlsFile}, and hands on to a plain one. */
export function startTlsFront(serverUrl: string): Promise<Front> {
  const passed: string[] = [];
  const options = { cert: tlsFile('server.pem'), key: tlsFile('server.key') };
  const server = createHttpsServer(options, (incoming, outgoing) => {
    // The plain server's links lead to itself.
    const host = incoming.headers.host ?? '';
    const secure = (body: string) => body.replaceAll(`http://${host}`, `https://${host}`);
    void forward(serverUrl, incoming, outgoing, passed, secure);
  });
  return listening(server, 'https', passed);
}

async function forward(
  serverUrl: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  passed: string[],
  change: (json: string) => string,
): Promise<void> {
  const { method, headers } = incoming;
  // A proxy is sent whole URLs.
  const { pathname, search } = new URL(incoming.url ?? '/', serverUrl);
  passed.push(`${method} ${headers.host} ${pathname}`);
  const to = new URL(pathname + search, serverUrl);
  const onward = request(to, { method, headers, setHost: false }, (answer) => {
    void bodyOf(answer).then((body) => {
      const isJson = (answer.headers['content-type'] ?? '').includes('json');
      const changed = isJson ? Buffer.from(change(body.toString())) : body;
      const { 'transfer-encoding': _, ...kept } = answer.headers;
      outgoing.writeHead(answer.statusCode ?? 502, { ...kept, 'content-length': changed.length });
      outgoing.end(changed);
    });
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function listening(server: Server, scheme: string, passed: readonly string[]): Promise<Front> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${scheme}://localhost:${(server.address() as AddressInfo).port}`,
    passed,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        (server as unknown as { closeAllConnections(): void }).closeAllConnections();
      }),
  };
}
