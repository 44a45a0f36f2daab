/** Reason of a variable whose payload was planned and never came. */
export const NO_PAYLOAD_REASON = 'the step ended before its value had arrived';
