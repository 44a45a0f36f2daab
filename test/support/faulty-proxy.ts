import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request on its way to the server. */
export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  /** Name of the GraphQL operation; empty for other requests. */
  readonly operation: string;
  readonly body: string;
}

/** What becomes of a request: it passes, nobody answers, it passes but nobody tells, or this is the answer. */
export type Fate = 'pass' | 'stall' | 'pass-then-stall' | { readonly status: number; readonly body: string };

/** An HTTP proxy that can lose or change what passes. */
export interface FaultyProxy {
  readonly url: string;
  /** Decides what becomes of each request; at first all pass. */
  decide: (request: ProxiedRequest) => Fate;
  /** Ends all connections, those that wait for an answer included. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts a proxy in front of a server on loopback. */
export async function startFaultyProxy(serverUrl: string): Promise<FaultyProxy> {
  const proxy = { decide: (() => 'pass') as FaultyProxy['decide'] };
  const server = createServer((incoming, outgoing) => {
    void readAll(incoming).then((body) => {
      const fate = proxy.decide(describe(incoming, body));
      if (fate === 'stall') return;
      if (typeof fate === 'object') {
        outgoing.writeHead(fate.status, { 'content-type': 'application/json' }).end(fate.body);
      } else forward(serverUrl, incoming, body, fate === 'pass' ? outgoing : null);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut: () => server.closeAllConnections(),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

function forward(
  serverUrl: string,
  incoming: IncomingMessage,
  body: Buffer,
  outgoing: ServerResponse | null,
): void {
  // The client's Host goes along, so that the server's links lead through the proxy.
  const { method, headers, url } = incoming;
  const onward = request(new URL(url ?? '/', serverUrl), { method, headers, setHost: false }, (answer) => {
    if (!outgoing) return void answer.resume();
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', () => outgoing?.destroy());
  onward.end(body);
}

function describe(incoming: IncomingMessage, body: Buffer): ProxiedRequest {
  const path = incoming.url ?? '/';
  const text = body.toString();
  const operation = path.startsWith('/graphql') ? (/(?:query|mutation)\s+(\w+)/.exec(text)?.[1] ?? '') : '';
  return { method: incoming.method ?? '', path, operation, body: text };
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
