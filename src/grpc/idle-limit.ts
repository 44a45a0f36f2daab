import { setWith } from '../app/limits.js';
import { SidecarError } from '../domain/errors.js';

/** How long a new stream may take to say which attempt it carries. */
const FIRST_MESSAGE_MS = 30_000;

/**
 * Passes messages on. What is done with one takes as long as it takes: only waiting counts.
 *
 * @throws SidecarError `unavailable` where none comes for so long
 */
export async function* withIdleLimit<T>(messages: AsyncIterator<T>, idleMs: number): AsyncGenerator<T> {
  const first = new IdleWatch<T>(Math.min(idleMs, FIRST_MESSAGE_MS));
  const others = new IdleWatch<T>(idleMs);
  try {
    for (let watch = first; ; watch = others) {
      const result = await watch.orIdle(messages.next());
      if (result.done) return;
      yield result.value;
    }
  } finally {
    first.stop();
    others.stop();
  }
}

/** One timer for all waits of a kind, since a stream waits often and hardly ever in vain. */
class IdleWatch<T> {
  private timer: NodeJS.Timeout | undefined;
  /** Ends the wait that is under way, if one is. */
  private giveUp: ((error: SidecarError) => void) | null = null;

  constructor(private readonly limitMs: number) {}

  orIdle(next: Promise<IteratorResult<T>>): Promise<IteratorResult<T>> {
    if (this.timer) this.timer.refresh();
    else this.timer = setTimeout(() => this.expire(), this.limitMs).unref();
    return new Promise((resolve, reject) => {
      this.giveUp = reject;
      const settle = <V>(how: (value: V) => void) => {
        return (value: V) => {
          this.giveUp = null;
          how(value);
        };
      };
      // Given up, it may come or fail unheard.
      next.then(settle(resolve), settle(reject));
    });
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private expire(): void {
    const detail = `the step sent nothing for ${this.limitMs / 1000} s`;
    this.giveUp?.(new SidecarError('unavailable', detail, setWith('stream-idle')));
  }
}
