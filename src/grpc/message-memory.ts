/**
 * Shares out the memory that messages may take, in all streams together: who
 * finds no room waits until those before him have theirs.
 */
export class MessageMemory {
  private readonly waiting: { readonly bytes: number; readonly grant: () => void }[] = [];
  private usedBytes = 0;

  /** @param maxBytes at least as much as the largest message */
  constructor(private readonly maxBytes: number) {}

  /** Bytes that are taken now. */
  get used(): number {
    return this.usedBytes;
  }

  /**
   * Takes so many bytes, now or later, and then calls `granted`.
   *
   * @returns gives them back, or ends the waiting for them; the second call does nothing
   */
  take(bytes: number, granted: () => void): () => void {
    const place = { bytes, grant: granted };
    this.waiting.push(place);
    this.grantWaiting();
    let returned = false;
    return () => {
      if (returned) return;
      returned = true;
      const index = this.waiting.indexOf(place);
      if (index >= 0) this.waiting.splice(index, 1);
      else this.usedBytes -= bytes;
      this.grantWaiting();
    };
  }

  private grantWaiting(): void {
    for (;;) {
      const [next] = this.waiting;
      if (!next || this.usedBytes + next.bytes > this.maxBytes) return;
      this.waiting.shift();
      this.usedBytes += next.bytes;
      next.grant();
    }
  }
}
