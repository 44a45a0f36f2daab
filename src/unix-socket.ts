import { connect } from 'node:net';

/** Path of the socket that `unix:PATH` or `unix:///PATH` names. */
export function socketPath(address: string): string {
  return address.replace(/^unix:(\/\/)?/, '');
}

/** Whether anybody listens on a UNIX socket. */
export function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
