import { type DocumentNode, type ExecutionResult, execute, GraphQLError, parse, validate } from 'graphql';
import { Refusal } from '../errors.js';
import { asObject, type Json, type JsonObject } from '../json.js';
import type { Logger } from '../logger.js';
import type { Context } from './context.js';
import { artifactChangeMutations } from './mutations/artifact-changes.js';
import { artifactWriteMutations } from './mutations/artifact-writes.js';
import { collectionMutations } from './mutations/collections.js';
import { projectMutations } from './mutations/projects.js';
import { runMutations } from './mutations/runs.js';
import { queries } from './queries.js';
import { schema } from './schema.js';

const root = {
  ...queries,
  ...projectMutations,
  ...runMutations,
  ...artifactWriteMutations,
  ...artifactChangeMutations,
  ...collectionMutations,
};

const rememberedDocuments = 500;
const maxQueryTokens = 20_000;
const documents = new Map<string, DocumentNode | readonly GraphQLError[]>();

/** Answers one GraphQL request; refusals and unknown operations come back as GraphQL errors, never thrown. */
export async function answer(body: Json, context: Context, logger: Logger): Promise<ExecutionResult> {
  const request = asObject(body);
  const query = request?.query;
  if (!request || typeof query !== 'string') {
    return { errors: [new GraphQLError('The request has no "query".')] };
  }
  const document = prepare(query);
  if (isErrors(document)) {
    logger.warn({ query: query.slice(0, 500) }, 'operation not implemented');
    return { errors: document.map((error) => explain(error, query)) };
  }
  const result = await execute({
    schema,
    document,
    rootValue: root,
    contextValue: context,
    variableValues: variablesOf(request),
    operationName: typeof request.operationName === 'string' ? request.operationName || null : null,
  });
  return result.errors ? { ...result, errors: result.errors.map((error) => present(error, logger)) } : result;
}

function isErrors(document: DocumentNode | readonly GraphQLError[]): document is readonly GraphQLError[] {
  return Array.isArray(document);
}

/** The client repeats few distinct documents, so parsing and validation are remembered. */
function prepare(query: string): DocumentNode | readonly GraphQLError[] {
  const known = documents.get(query);
  if (known) return known;
  const prepared = parseAndValidate(query);
  if (documents.size >= rememberedDocuments) documents.delete(documents.keys().next().value as string);
  documents.set(query, prepared);
  return prepared;
}

function parseAndValidate(query: string): DocumentNode | readonly GraphQLError[] {
  try {
    const document = parse(query, { maxTokens: maxQueryTokens });
    const errors = validate(schema, document);
    return errors.length > 0 ? errors : document;
  } catch (error) {
    return [error instanceof GraphQLError ? error : new GraphQLError(String(error))];
  }
}

function explain(error: GraphQLError, query: string): GraphQLError {
  const operation = /\b(?:query|mutation)\s+(\w+)/.exec(query)?.[1] ?? 'this operation';
  return new GraphQLError(`wandb-local does not implement ${operation}: ${error.message}`, {
    extensions: { code: 'UNSUPPORTED' },
  });
}

function present(error: GraphQLError, logger: Logger): GraphQLError {
  const cause = error.originalError;
  if (cause instanceof Refusal) {
    return new GraphQLError(cause.message, { path: error.path ?? null, extensions: { code: cause.code } });
  }
  if (!cause) return error;
  logger.error({ err: cause, path: error.path }, 'a GraphQL resolver failed');
  return new GraphQLError('internal error; see the log of wandb-local', { path: error.path ?? null });
}

function variablesOf(request: JsonObject): JsonObject {
  return asObject(request.variables) ?? {};
}
