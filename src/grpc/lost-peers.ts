import { constants, type ServerHttp2Stream } from 'node:http2';
import type { ServerInterceptingCall, ServerInterceptor } from '@grpc/grpc-js';

/**
 * Lets go of calls whose peer is gone, or does not read what it is answered.
 * To grpc-js both are still there while an answer waits to be delivered.
 *
 * @param unreadMs how long an answer may wait
 */
export function lostPeers(unreadMs: number): ServerInterceptor {
  return (_method, call) => {
    const { stream } = call as unknown as { readonly stream: ServerHttp2Stream };
    // Node.js keeps a stream that its peer has closed until all that came of it is read.
    stream.once('aborted', () => stream.resume());
    let waiting: NodeJS.Timeout | undefined;
    stream.once('close', () => clearTimeout(waiting));
    const sendMessage = call.sendMessage.bind(call);
    call.sendMessage = (message, delivered) => {
      waiting = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), unreadMs).unref();
      sendMessage(message, () => {
        clearTimeout(waiting);
        delivered();
      });
    };
    // Whoever comes next needs the call itself, too.
    return call as ServerInterceptingCall;
  };
}
