/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** A JSON object. */
export type JsonObject = { [key: string]: Json };

const bareNonFinite = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/**
 * Parses JSON as the W&B client writes it: bare `NaN`, `Infinity` and `-Infinity` become the strings of that
 * name, which is how the official service hands them out again.
 * @throws SyntaxError on anything else that is not JSON
 */
export function parseLooseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const quoted = text.replace(bareNonFinite, (token) => (token.startsWith('"') ? token : `"${token}"`));
    if (quoted === text) throw error;
    return JSON.parse(quoted) as Json;
  }
}

/** `value` where it is a JSON object, else undefined. */
export function asObject(value: Json | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

/** Parses text that should hold a JSON object; anything else counts as empty. */
export function parseObject(text: string | null | undefined): JsonObject {
  if (!text) return {};
  try {
    return asObject(parseLooseJson(text)) ?? {};
  } catch {
    return {};
  }
}

/** Reads `a.b.c` from an object: a literal key of that name wins over the nested path. */
export function readPath(object: JsonObject, path: string): Json | undefined {
  if (Object.hasOwn(object, path)) return object[path];
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const inner = asObject(object[path.slice(0, dot)]);
    const found = inner && readPath(inner, path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}
