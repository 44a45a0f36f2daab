import type { Writable } from 'node:stream';

/** Writes an answer and waits until there is room for the next one, or until nobody listens any more. */
export async function writeTo(call: Writable, answer: unknown): Promise<void> {
  if (call.write(answer) || call.destroyed) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      call.off('drain', done).off('close', done);
      resolve();
    };
    call.once('drain', done).once('close', done);
  });
}
