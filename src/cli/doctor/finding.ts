/** How bad a finding is: `fail` means that the sidecar can't do its work here. */
export type Severity = 'ok' | 'warn' | 'fail';

/** What one check found. */
export interface Finding {
  readonly check: string;
  readonly severity: Severity;
  /** What was found, for people. */
  readonly detail: string;
  /** What to do about it; empty where nothing needs doing. */
  readonly advice: string;
}

/** Finding that is as it should be. */
export function ok(check: string, detail: string): Finding {
  return { check, severity: 'ok', detail, advice: '' };
}

/** Finding that hinders something, or may later. */
export function warn(check: string, detail: string, advice: string): Finding {
  return { check, severity: 'warn', detail, advice };
}

/** Finding that the sidecar can't work with. */
export function fail(check: string, detail: string, advice: string): Finding {
  return { check, severity: 'fail', detail, advice };
}
