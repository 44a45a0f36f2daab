/** Bytes that gRPC puts before each message: whether it is compressed, and its length. */
const PREFIX_BYTES = 5;

/** What a piece of a stream holds. */
export interface PieceContent {
  /** Number of messages that end in it. */
  readonly ended: number;
  /** The message that begins in it and doesn't end in it; null where there is none. */
  readonly begun: { readonly compressed: boolean; readonly sizeBytes: number } | null;
}

/** Finds where messages begin and end in the bytes of a stream, whatever pieces these come in. */
export class MessagePrefixes {
  private readonly prefix = Buffer.alloc(PREFIX_BYTES);
  private prefixBytes = 0;
  private remainingBytes = 0;

  /** Reads on. */
  read(piece: Buffer): PieceContent {
    let ended = 0;
    let begun: PieceContent['begun'] = null;
    for (let at = 0; at < piece.length; ) {
      const inMessage = this.remainingBytes > 0;
      at += inMessage ? this.skip(piece.length - at) : this.readPrefix(piece, at);
      if (this.prefixBytes > 0) continue;
      if (this.remainingBytes === 0) {
        ended += 1;
        begun = null;
      } else if (!inMessage) {
        begun = { compressed: this.prefix[0] !== 0, sizeBytes: this.remainingBytes };
      }
    }
    return { ended, begun };
  }

  private skip(bytes: number): number {
    const skipped = Math.min(this.remainingBytes, bytes);
    this.remainingBytes -= skipped;
    return skipped;
  }

  private readPrefix(piece: Buffer, at: number): number {
    const read = piece.copy(this.prefix, this.prefixBytes, at, at + PREFIX_BYTES - this.prefixBytes);
    this.prefixBytes = (this.prefixBytes + read) % PREFIX_BYTES;
    if (this.prefixBytes === 0) this.remainingBytes = this.prefix.readUInt32BE(1);
    return read;
  }
}
