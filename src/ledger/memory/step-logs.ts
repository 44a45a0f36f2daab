import type { StepLogs } from '../../ports/step-logs.js';
import { type AttemptRecord, type Records, stillOpen } from './records.js';

const ENTRIES_PER_PAGE = 1000;

/** The part of the ledger in memory that keeps what steps log themselves. */
export function stepLogs(records: Records): StepLogs {
  return {
    appendLog: async (key, entries) => {
      stillOpen(records, key).log.push(...entries);
    },
    readLog: async (key, from) => {
      const entries = records.get(key)?.log.slice(from, from + ENTRIES_PER_PAGE) ?? [];
      return { entries, next: from + entries.length };
    },
    countPendingLoggers: async (key, artifactName) => {
      const own = records.get(key);
      const others = [...records.values()].filter((other) => own && isEarlierOfRun(other, own));
      return others.filter((other) => other.state === 'pending' && logs(other, artifactName)).length;
    },
  };
}

function isEarlierOfRun(other: AttemptRecord, own: AttemptRecord): boolean {
  const [a, b] = [other.opening.opened.task, own.opening.opened.task];
  const sameRun =
    a.metadataProvider === b.metadataProvider && a.flowName === b.flowName && a.runId === b.runId;
  return sameRun && other.seq < own.seq && other.opening.destination === own.opening.destination;
}

function logs({ variables, log }: AttemptRecord, artifactName: string): boolean {
  const asVariable = variables.some(
    ({ described, decision }) => described.name === artifactName && decision.action === 'artifact',
  );
  return asVariable || log.some((entry) => entry.kind === 'artifact' && entry.artifact.name === artifactName);
}
