import { constants, type ServerHttp2Stream } from 'node:http2';
import type { ServerInterceptingCall, ServerInterceptor } from '@grpc/grpc-js';

/**
 * Lets go of calls whose peer is gone, or does not read what it is answered.
 * To grpc-js both are still there while an answer waits to be delivered.
 *
 * @param unreadMs how long an answer may wait until all of it is read, and a call that was ended for its peer to end it, too
 */
export function lostPeers(unreadMs: number): ServerInterceptor {
  return (_method, call) => {
    const { stream } = call as unknown as { readonly stream: ServerHttp2Stream };
    // Node.js keeps a stream that its peer has closed until all that came of it is read.
    stream.once('aborted', () => stream.resume());
    let waiting: NodeJS.Timeout | undefined;
    let isEnded = false;
    const wait = () => {
      clearTimeout(waiting);
      if (stream.destroyed) return;
      waiting = setTimeout(() => cut(stream), unreadMs).unref();
    };
    stream.once('close', () => clearTimeout(waiting));
    const sendMessage = call.sendMessage.bind(call);
    call.sendMessage = (message, delivered) => {
      wait();
      sendMessage(message, () => {
        if (!isEnded) clearTimeout(waiting);
        delivered();
      });
    };
    const sendStatus = call.sendStatus.bind(call);
    call.sendStatus = (status) => {
      isEnded = true;
      wait();
      sendStatus(status);
    };
    // Whoever comes next needs the call itself, too.
    return call as ServerInterceptingCall;
  };
}

function cut(stream: ServerHttp2Stream): void {
  // Closed by its peer, it is there because not all of it was read.
  if (stream.closed) stream.destroy();
  else stream.close(constants.NGHTTP2_CANCEL);
}
