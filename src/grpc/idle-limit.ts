import { setWith } from '../app/limits.js';
import { SidecarError } from '../domain/errors.js';

/** How long a new stream may take to say which attempt it carries. */
const FIRST_MESSAGE_MS = 30_000;

/**
 * Passes messages on.
 *
 * @throws SidecarError `unavailable` where none comes for so long
 */
export async function* withIdleLimit<T>(messages: AsyncIterator<T>, idleMs: number): AsyncGenerator<T> {
  let limitMs = Math.min(idleMs, FIRST_MESSAGE_MS);
  for (;;) {
    const result = await orIdle(messages.next(), limitMs);
    if (result.done) return;
    yield result.value;
    limitMs = idleMs;
  }
}

async function orIdle<T>(next: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const idle = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const detail = `the step sent nothing for ${limitMs / 1000} s`;
      reject(new SidecarError('unavailable', detail, setWith('stream-idle')));
    }, limitMs).unref();
  });
  // Lost, it may fail unheard.
  next.catch(() => undefined);
  try {
    return await Promise.race([next, idle]);
  } finally {
    clearTimeout(timer);
  }
}
