import { type ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';
import { setWith } from '../app/limits.js';

/** Statuses that grpc-js makes of what a peer sent, by how their text begins, and what they are in our protocol. */
const REFUSALS = [
  { begins: 'Error deserializing request', code: status.INVALID_ARGUMENT, hint: '' },
  { begins: 'Failed to decompress message', code: status.INVALID_ARGUMENT, hint: '' },
  { begins: 'Invalid grpc-timeout value', code: status.INVALID_ARGUMENT, hint: '' },
  { begins: 'Received message', code: status.RESOURCE_EXHAUSTED, hint: setWith('max-message') },
];

/**
 * Puts in this protocol's terms what grpc-js itself refuses: what a peer sends
 * wrong is not our failure, and what is too large says which option sets the bound.
 */
export const plainStatuses: ServerInterceptor = (_method, call) => {
  const sendStatus = call.sendStatus.bind(call);
  // grpc-js sends its own statuses past all interceptors, but by this method.
  call.sendStatus = (sent) => {
    const details = sent.details ?? '';
    const refusal = REFUSALS.find(({ begins }) => details.startsWith(begins));
    if (!refusal) return sendStatus(sent);
    const { code, hint } = refusal;
    sendStatus({ ...sent, code, details: hint === '' ? details : `${details}; ${hint}` });
  };
  // Whoever comes next needs the call itself, too.
  return call as ServerInterceptingCall;
};
