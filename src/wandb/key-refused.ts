import type { Target } from '../ports/uploader.js';

const TIMEOUT_MS = 15_000;
const REFUSALS: readonly number[] = [401, 403];

/** Whether W&B answers that it does not take the key. False also where it doesn't answer, which may pass. */
export async function isKeyRefused({ baseUrl, apiKey }: Target): Promise<boolean> {
  const request = {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`api:${apiKey}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ query: 'query Viewer { viewer { id } }' }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  };
  const response = await fetch(`${baseUrl}/graphql`, request).catch(() => null);
  return response !== null && REFUSALS.includes(response.status);
}
