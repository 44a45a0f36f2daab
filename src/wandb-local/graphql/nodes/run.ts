import { globalId } from '../../ids.js';
import { asObject, type Json, type JsonObject, parseObject } from '../../json.js';
import { decodeCursor, encodeCursor, type PageArgs, pageSize, paginate } from '../../page.js';
import { historyRange, parseHistorySpec, sampleHistory, sampleLines } from '../../runs/history.js';
import { logLines } from '../../runs/log-lines.js';
import type { RunRow } from '../../runs/run-store.js';
import type { Context } from '../context.js';
import { artifactNode } from './artifact.js';
import { projectNode } from './project.js';
import { runFileNode, uploadableFileNode } from './run-file.js';
import { userNode } from './session.js';

/** A run as GraphQL sees it. */
export function runNode(row: RunRow) {
  return {
    ...runFields(row),
    ...stateFields(row),
    ...lineFields(row),
    ...fileFields(row),
    ...lineageFields(row),
  };
}

function runFields(row: RunRow) {
  return {
    __typename: 'Run',
    id: globalId('Run', row.id),
    name: row.name,
    displayName: row.display_name,
    description: row.description,
    notes: row.notes,
    tags: JSON.parse(row.tags) as string[],
    config: row.config,
    summaryMetrics: row.summary,
    group: row.group_name,
    jobType: row.job_type,
    commit: row.commit_hash,
    host: row.host,
    jobProgram: row.program,
    jobRepo: row.repo,
    readOnly: false,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    heartbeatAt: new Date(row.heartbeat_ms).toISOString(),
    sweepName: row.sweep_name,
    projectId: row.project_id,
    project: (_: unknown, { services, viewer }: Context) => {
      const project = services.scopes.projectById(viewer, row.project_id);
      return project && projectNode(project);
    },
    user: userNode(row.user_name),
    wandbConfig: ({ keys }: { keys?: string[] | null }) => wandbConfig(row, keys),
  };
}

function stateFields(row: RunRow) {
  return {
    state: row.state,
    exitcode: row.exit_code,
    shouldStop: row.stop_requested === 1,
    stopped: row.state === 'killed',
    running: row.state === 'running',
    failed: row.state === 'failed' || row.state === 'crashed',
  };
}

function wandbConfig(row: RunRow, keys: string[] | null | undefined): string {
  const internal = asObject(asObject(parseObject(row.config)._wandb)?.value) ?? {};
  const picked = Object.entries(internal).filter(([key]) => !keys || keys.includes(key));
  return JSON.stringify(Object.fromEntries(picked));
}

interface HistoryArgs {
  minStep?: number | null;
  maxStep?: number | null;
  samples?: number | null;
}

function lineFields(row: RunRow) {
  return {
    historyLineCount: (_: unknown, { services }: Context) => services.lines.count(row.id, 'history'),
    eventsLineCount: (_: unknown, { services }: Context) => services.lines.count(row.id, 'events'),
    logLineCount: (_: unknown, { services }: Context) => services.lines.count(row.id, 'output'),
    historyTail: (_: unknown, { services }: Context) =>
      JSON.stringify(services.lines.tail(row.id, 'history')),
    eventsTail: (_: unknown, { services }: Context) => JSON.stringify(services.lines.tail(row.id, 'events')),
    historyKeys: (_: unknown, { services }: Context) => services.historyKeys.describe(row.id),
    systemMetrics: (_: unknown, { services }: Context) => services.lines.tail(row.id, 'events')[0] ?? '{}',
    history: ({ minStep, maxStep, samples }: HistoryArgs, { services }: Context) =>
      minStep == null && maxStep == null
        ? sampleLines(services.lines, row.id, 'history', samples ?? 500)
        : historyRange(services.lines, row.id, minStep ?? 0, maxStep ?? Number.MAX_SAFE_INTEGER),
    events: ({ samples }: HistoryArgs, { services }: Context) =>
      sampleLines(services.lines, row.id, 'events', samples ?? 500),
    sampledHistory: ({ specs }: { specs: string[] }, { services }: Context): JsonObject[][] =>
      specs.map((spec) => sampleHistory(services.lines, row.id, parseHistorySpec(spec))),
    parquetHistory: (_: unknown, { services }: Context): { parquetUrls: string[]; liveData: Json[] } => ({
      parquetUrls: [],
      liveData: services.lines.lastStep(row.id) >= 0 ? [{ _step: 0 }] : [],
    }),
    logLines: (args: PageArgs & { last?: number | null }, { services }: Context) =>
      logLines(services.lines, row.id, args),
  };
}

interface FileArgs extends PageArgs {
  names?: (string | null)[] | null;
  pattern?: string | null;
}

function fileFields(row: RunRow) {
  return {
    fileCount: (_: unknown, { services }: Context) => services.runFiles.list(row.id, null).length,
    files: (args: FileArgs, context: Context) => {
      const { services } = context;
      const names = (args.names ?? []).filter((name) => name !== null);
      const files = names.length
        ? names.map((name) => services.runFiles.get(row.id, name) ?? name)
        : services.runFiles.list(row.id, args.pattern);
      const start = args.after ? Number(decodeCursor(args.after)) : 0;
      const end = start + pageSize(args);
      const edges = files.slice(start, end).flatMap((file, index) => {
        const node = typeof file === 'string' ? uploadableFileNode(row, file) : runFileNode(row, file);
        return [{ node, cursor: encodeCursor(String(start + index + 1)) }];
      });
      return {
        edges,
        pageInfo: { endCursor: edges.at(-1)?.cursor ?? null, hasNextPage: end < files.length },
        totalCount: files.length,
      };
    },
  };
}

function lineageFields(row: RunRow) {
  return {
    inputArtifacts: (args: PageArgs, { services }: Context) =>
      paginate(services.lineage.inputs(row.id), args, artifactNode),
    outputArtifacts: (args: PageArgs, { services }: Context) =>
      paginate(services.lineage.outputs(row.id), args, artifactNode),
  };
}
