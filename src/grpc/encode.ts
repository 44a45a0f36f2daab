import type { OpenedReply, StoredReply } from '../app/replies.js';
import type { VariableDecision } from '../domain/decision.js';
import type { Encoding } from '../domain/encoding.js';
import { malformed } from './decode-fields.js';
import * as wire from './gen/metaflow_wandb/v1/ingest.js';

type Answer = wire.RecordTaskResponse;

const TO_WIRE: Record<Encoding, wire.Encoding> = {
  parquet: wire.Encoding.PARQUET,
  pickle: wire.Encoding.PICKLE,
  torch: wire.Encoding.TORCH,
  files: wire.Encoding.FILES,
};

const FROM_WIRE = new Map(Object.entries(TO_WIRE).map(([own, theirs]) => [theirs, own as Encoding]));

/** An encoding as the peer names it. @throws SidecarError `malformed` */
export function decodeEncoding(encoding: wire.Encoding): Encoding {
  const own = FROM_WIRE.get(encoding);
  if (own === undefined) throw malformed('encoding', `${encoding} is none that this sidecar knows`);
  return own;
}

/** Answers Open. */
export function openedMessage(reply: OpenedReply): Answer {
  const value = {
    enabled: reply.enabled,
    wandbRunId: reply.runId,
    wandbRunUrl: reply.runUrl,
    notice: reply.notice,
    wandbProject: reply.project,
    wandbEntity: reply.entity,
  };
  return { message: { $case: 'opened', value } };
}

/** Answers Snapshot. @param handOverDirectory empty: files can only be sent */
export function planMessage(decisions: readonly VariableDecision[], handOverDirectory: string): Answer {
  const variables = decisions.map(({ name, reason, choices }) => ({
    name,
    reason,
    choices: choices.map(({ encoding, fileName }) => ({ encoding: TO_WIRE[encoding], fileName })),
  }));
  return { message: { $case: 'plan', value: { variables, handOverDirectory } } };
}

/** Answers PayloadEnd and PayloadSkipped. */
export function storedMessage(variable: string, reply: StoredReply): Answer {
  const value = { variable, digest: reply.digest, sizeBytes: BigInt(reply.sizeBytes) };
  return { message: { $case: 'stored', value } };
}

/** Says that what came last is being worked on. */
export const WORKING: Answer = { message: { $case: 'working', value: {} } };

/** Answers Close. */
export function committedMessage(counts: { logged: number; skipped: number }): Answer {
  const value = { loggedVariables: counts.logged, skippedVariables: counts.skipped, notice: '' };
  return { message: { $case: 'committed', value } };
}
