/** Tells which blobs must not be removed just now. */
export class BlobUses {
  /** How many hold each blob. */
  readonly #holders = new Map<string, number>();
  /** For each sweep that goes on, what was put in or let go since it began. */
  readonly #spared = new Set<Set<string>>();

  /** Somebody puts a blob in; not to be held. */
  touch(sha256: string): void {
    for (const spared of this.#spared) spared.add(sha256);
  }

  /** Somebody puts a blob in, and holds it. */
  hold(sha256: string): void {
    this.#holders.set(sha256, (this.#holders.get(sha256) ?? 0) + 1);
  }

  /** Ends one holding. */
  letGo(sha256: string): void {
    const left = (this.#holders.get(sha256) ?? 0) - 1;
    if (left > 0) this.#holders.set(sha256, left);
    else this.#holders.delete(sha256);
    this.touch(sha256);
  }

  /** Begins a sweep, which spares what is held or touched from now on. */
  begin(): { readonly spares: (sha256: string) => boolean; readonly end: () => void } {
    const spared = new Set<string>();
    this.#spared.add(spared);
    return {
      spares: (sha256) => spared.has(sha256) || this.#holders.has(sha256),
      end: () => this.#spared.delete(spared),
    };
  }
}
