import type { ServerHttp2Stream } from 'node:http2';
import { ServerInterceptingCall, type ServerInterceptor, ServerListenerBuilder, status } from '@grpc/grpc-js';
import type { MessageMemory } from './message-memory.js';
import { MessagePrefixes } from './message-prefixes.js';

/** Smaller messages pass without asking for memory; of a stream there are at most a few at once. */
const FREE_BYTES = 64 * 1024;
/** How often a message is in memory while it is put together. */
const COPIES = 2;
/** How long a message that has its memory may stand still half-way. */
const STALL_MS = 30_000;

/** What the gate needs. */
export interface MessageGateOptions {
  readonly memory: MessageMemory;
  readonly maxMessageBytes: number;
}

type GiveBack = () => void;

/** What gives back the memory of messages that were delivered. */
const held = new WeakMap<object, GiveBack>();

/** Says that a message is dealt with. What is left when its stream ends is given back by itself. */
export function releaseMessage(message: object): void {
  held.get(message)?.();
}

/** Lets a large message in only when there is memory for it; until then its stream is not read on. */
export function messageGate(options: MessageGateOptions): ServerInterceptor {
  return (_method, call) => {
    // grpc-js has no other way to learn of a message before all of it is in memory.
    const { stream } = call as unknown as { readonly stream: ServerHttp2Stream };
    const gate = new Gate(options, stream, () => {
      const details = `a message stood still half-way for ${STALL_MS / 1000} s`;
      call.sendStatus({ code: status.UNAVAILABLE, details });
    });
    const listener = new ServerListenerBuilder()
      .withOnReceiveMessage((message, next) => {
        gate.delivered(message as object);
        next(message);
      })
      .build();
    const gated = new ServerInterceptingCall(call, { start: (next) => next(listener) });
    gated.startRead = () => gate.startRead(() => call.startRead());
    return gated;
  };
}

/** The gate of one stream. */
class Gate {
  private readonly prefixes = new MessagePrefixes();
  /** Everything of this stream that is to be given back. */
  private readonly taken = new Set<GiveBack>();
  /** Of messages that have come and are not delivered yet, in order; null: there is nothing to give back. */
  private readonly arrived: (GiveBack | null)[] = [];
  /** Of the message that is on its way. */
  private coming: GiveBack | null = null;
  private isOpen = true;
  /** Asks for the next message; null: nobody waits for one. */
  private wanted: (() => void) | null = null;
  private stall: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: MessageGateOptions,
    private readonly stream: ServerHttp2Stream,
    private readonly onStall: () => void,
  ) {
    stream.prependListener('data', (piece: Buffer) => this.read(piece));
    stream.once('close', () => this.close());
  }

  startRead(read: () => void): void {
    this.wanted = read;
    if (this.isOpen) read();
  }

  /** A message goes to whoever handles it. */
  delivered(message: object): void {
    this.wanted = null;
    const giveBack = this.arrived.shift();
    if (giveBack) held.set(message, giveBack);
  }

  private read(piece: Buffer): void {
    const { ended, begun } = this.prefixes.read(piece);
    this.stall?.refresh();
    for (let n = 0; n < ended; n++) {
      this.arrived.push(this.coming);
      this.coming = null;
      clearTimeout(this.stall);
    }
    if (!begun) return;
    // What a compressed message grows to is not known before.
    const bytes = begun.compressed ? this.options.maxMessageBytes : begun.sizeBytes;
    // What a peer that has gone left is not kept, so nothing must hold it up.
    if (this.stream.closed || bytes <= FREE_BYTES || bytes > this.options.maxMessageBytes) return;
    this.take(bytes * COPIES);
  }

  private take(bytes: number): void {
    this.isOpen = false;
    const giveBack = this.options.memory.take(bytes, () => this.open());
    this.taken.add(giveBack);
    this.coming = () => {
      this.taken.delete(giveBack);
      giveBack();
    };
    if (!this.isOpen) this.stream.pause();
  }

  private open(): void {
    this.isOpen = true;
    this.stall = setTimeout(this.onStall, STALL_MS).unref();
    this.wanted?.();
  }

  private close(): void {
    clearTimeout(this.stall);
    for (const giveBack of this.taken) giveBack();
    this.taken.clear();
  }
}
