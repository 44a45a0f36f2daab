import { buildSchema, GraphQLScalarType, type GraphQLSchema } from 'graphql';
import { artifactsSdl } from './sdl/artifacts.js';
import { commonSdl } from './sdl/common.js';
import { mutationsSdl } from './sdl/mutations.js';
import { runsSdl } from './sdl/runs.js';

/** The schema: the operations of the official client and nothing it doesn't ask for. */
export const schema: GraphQLSchema = build();

function build(): GraphQLSchema {
  const built = buildSchema([commonSdl, runsSdl, artifactsSdl, mutationsSdl].join('\n'));
  const int64 = built.getType('Int64');
  if (int64 instanceof GraphQLScalarType) int64.parseValue = parseInt64;
  return built;
}

/** The client writes 64-bit integers as numbers or as strings. */
function parseInt64(value: unknown): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number))
    throw new TypeError(`${String(value)} is not an Int64`);
  return number;
}
