/**
 * Takes in the messages of one stream, each the bytes of a `RecordTaskRequest`,
 * as they were kept in a file.
 *
 * `committed`: the attempt was closed and all of it is durable. `ended`: the
 * messages ended before that, and all of them were taken in. Rejects with a
 * SidecarError where they were not.
 */
export type RecordReceiver = (records: AsyncIterable<Uint8Array>) => Promise<'committed' | 'ended'>;
