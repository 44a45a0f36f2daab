import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { queryLineage } from '../app/query-lineage.js';
import { type StatusView, taskDetailView, taskView } from '../app/views.js';
import { SidecarError } from '../domain/errors.js';
import type { HttpDeps } from './build-http-app.js';
import { parse } from './parse.js';

const FAILURES_SHOWN = 20;

const limit = z.coerce.number().int().min(1).max(1000).default(100);
const name = z.string().min(1).max(1024);
const state = z.enum(['open', 'held', 'pending', 'done', 'failed', 'unlogged']).optional();
// Routes also take the token in the query.
const token = z.string().optional();

const FLOWS = z.strictObject({ limit, token });
const RUNS = z.strictObject({ flow: name.optional(), limit, token });
const TASKS = z.strictObject({ pathspec: name.optional(), state, limit, token });
const UPLOADS = z.strictObject({
  state: z.enum(['held', 'pending', 'done', 'failed']).default('pending'),
  problems: z.enum(['only']).optional(),
  limit,
  token,
});
const LINEAGE = z.strictObject({ of: name, token });
const RETRY = z.strictObject({ pathspec: name.nullable().default(null) });
const KEY = z.strictObject({
  key: z.string().regex(/^[0-9a-f]{1,64}$/, 'must be the key of a task attempt'),
});

/** The routes under `/api/v1`. */
export function registerApi(app: FastifyInstance, deps: HttpDeps): void {
  registerStatus(app, deps);
  registerLists(app, deps);
  registerTask(app, deps);
  registerRetry(app, deps);
}

function registerStatus(app: FastifyInstance, { ledger, status }: HttpDeps): void {
  app.get('/status', async (): Promise<StatusView> => {
    const failures = await ledger.listAttempts({ pathspecPrefix: null, state: 'failed' }, FAILURES_SHOWN);
    return {
      ...(await status()),
      attempts: await ledger.counts(),
      oldestPendingAtMs: await ledger.oldestPendingAtMs(),
      linksDue: await ledger.countDueLinks(),
      failures: failures.map(taskView),
    };
  });
}

function registerLists(app: FastifyInstance, { ledger }: HttpDeps): void {
  app.get('/flows', async (request) => {
    const query = parse(FLOWS, request.query);
    return { flows: await ledger.listFlows(query.limit) };
  });
  app.get('/runs', async (request) => {
    const query = parse(RUNS, request.query);
    return { runs: await ledger.listRuns(query.flow ?? null, query.limit) };
  });
  app.get('/tasks', async (request) => {
    const query = parse(TASKS, request.query);
    const filter = { pathspecPrefix: query.pathspec ?? null, state: query.state ?? null };
    return { tasks: (await ledger.listAttempts(filter, query.limit)).map(taskView) };
  });
  app.get('/uploads', async (request) => {
    const query = parse(UPLOADS, request.query);
    const withProblems = query.problems === 'only';
    const filter = { pathspecPrefix: null, state: query.state, withProblems };
    return { uploads: (await ledger.listAttempts(filter, query.limit)).map(taskView) };
  });
}

function registerTask(app: FastifyInstance, { ledger }: HttpDeps): void {
  app.get('/tasks/:key', async (request) => {
    const { key } = parse(KEY, request.params);
    const detail = await ledger.getAttempt(key);
    if (!detail) throw new SidecarError('not-found', `the ledger knows no attempt ${key}`);
    return taskDetailView(detail);
  });
  app.get('/lineage', async (request) => {
    const { of } = parse(LINEAGE, request.query);
    const lineage = await queryLineage(ledger, of);
    if (!lineage)
      throw new SidecarError('not-found', `the ledger knows no task and no artifact version ${of}`);
    return lineage;
  });
}

function registerRetry(app: FastifyInstance, { ledger, onRetry, releaseTo }: HttpDeps): void {
  app.post('/retry', async (request) => {
    const { pathspec } = parse(RETRY, request.body);
    const retried = await ledger.retryFailed(pathspec);
    const destination = await releaseTo();
    const nowhere = destination === 'hold' || destination === 'none';
    const released = nowhere ? 0 : await ledger.releaseHeld(pathspec, destination);
    if (retried + released > 0) onRetry();
    return { retried, released };
  });
}
