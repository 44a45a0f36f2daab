import { Client, type ClientReadableStream, credentials } from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import { expect, test } from 'vitest';
import { startIngestServer } from '../../support/ingest-server.js';

/** Statuses of a service, as they change. */
function watch(client: Client, name: string): ClientReadableStream<object> {
  const { path, requestSerialize, responseDeserialize } = service.Watch ?? {};
  if (!path || !requestSerialize || !responseDeserialize) throw new Error('no such method');
  return client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, { service: name });
}

test('health checks are told of the whole sidecar, and of its service, that it ends', async () => {
  const server = await startIngestServer();
  const client = new Client(server.address, credentials.createInsecure());
  const seen: Record<string, string[]> = { '': [], 'metaflow_wandb.v1.IngestService': [] };
  const begun = Object.entries(seen).map(
    ([name, statuses]) =>
      new Promise<void>((resolve) => {
        const call = watch(client, name);
        call.on('error', () => undefined);
        call.on('data', ({ status }: { status: string }) => {
          statuses.push(status);
          resolve();
        });
      }),
  );
  await Promise.all(begun);
  await server.close();
  client.close();
  for (const statuses of Object.values(seen)) expect(statuses).toEqual(['SERVING', 'NOT_SERVING']);
});
