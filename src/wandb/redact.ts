const MASK = '[key]';

/** Returns a function that masks an API key, plain or as in a Basic header, in any text. */
export function redactor(apiKey: string): (text: string) => string {
  if (apiKey === '') return (text) => text;
  const forms = [apiKey, encodeURIComponent(apiKey), Buffer.from(`api:${apiKey}`).toString('base64')];
  return (text) => forms.reduce((masked, form) => masked.replaceAll(form, MASK), text);
}
