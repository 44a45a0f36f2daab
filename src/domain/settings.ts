import type { EffectiveOptions } from './precedence.js';

/** What a step's `settings` and environment ask of its W&B run, after the rules of precedence. */
export interface RunSettings {
  readonly entity: string | null;
  readonly project: string;
  readonly group: string | null;
  readonly jobType: string | null;
  readonly displayName: string | null;
  readonly notes: string | null;
  readonly tags: readonly string[];
  readonly mode: 'online' | 'offline' | 'disabled';
  /** Fields that describe the step's host and process and win over what the step reported. */
  readonly origin: Readonly<Partial<Record<OriginField, string>>>;
  /** Names of fields that were left out, sorted. */
  readonly leftOut: readonly string[];
}

type OriginField = 'host' | 'program' | 'username' | 'git_commit' | 'git_remote_url';

/** W&B settings of the sidecar's own environment; the lowest rung. */
export interface SidecarSettings {
  readonly entity: string | null;
  readonly project: string | null;
}

/** A setting that cannot be read as what W&B takes it for. */
type Text = string | null;

const ORIGIN_FIELDS: readonly OriginField[] = ['host', 'program', 'username', 'git_commit', 'git_remote_url'];

const RUN_FIELDS = [
  'entity',
  'project',
  'run_group',
  'run_job_type',
  'run_name',
  'run_notes',
  'run_tags',
  'mode',
] as const;

/**
 * Fields that ask for what holds anyway: the uploader's process prints nothing
 * of a run, and captures no console, code or statistics.
 */
const MET_ANYWAY = new Set([
  'console',
  'disable_code',
  'disable_git',
  'disable_job_creation',
  'quiet',
  'reinit',
  'save_code',
  'show_colors',
  'show_emoji',
  'show_errors',
  'show_info',
  'show_warnings',
  'silent',
]);

/**
 * Resolves the settings of a run. For each field `settings` wins, then the
 * step's environment, then the sidecar's, then what W&B's client would derive
 * in the step. Fields that a step must not set for the sidecar, and unknown
 * ones, are left out and named.
 */
export function resolveSettings(
  effective: EffectiveOptions,
  stepEnv: Readonly<Record<string, string>>,
  derivedProject: string,
  sidecar: SidecarSettings,
): RunSettings {
  const { settings, settingsWithheld } = effective.options;
  const own = (field: string): Text => text(settings[field]);
  const env = (name: string): Text => text(stepEnv[name]);
  return {
    entity: own('entity') ?? env('WANDB_ENTITY') ?? sidecar.entity,
    project:
      own('project') ?? env('WANDB_PROJECT') ?? sidecar.project ?? text(derivedProject) ?? 'uncategorized',
    group: own('run_group') ?? env('WANDB_RUN_GROUP'),
    jobType: own('run_job_type') ?? env('WANDB_JOB_TYPE'),
    displayName: own('run_name') ?? env('WANDB_NAME'),
    notes: own('run_notes') ?? env('WANDB_NOTES'),
    tags: tagList(settings.run_tags) ?? tagList(stepEnv.WANDB_TAGS) ?? [],
    mode: mode(own('mode') ?? env('WANDB_MODE')),
    origin: Object.fromEntries(
      ORIGIN_FIELDS.map((field) => [field, own(field)]).filter(([, value]) => value !== null),
    ),
    leftOut: [...leftOutFields(settings), ...settingsWithheld].sort(),
  };
}

function leftOutFields(settings: Readonly<Record<string, unknown>>): string[] {
  const known = new Set<string>([...RUN_FIELDS, ...ORIGIN_FIELDS]);
  return Object.entries(settings)
    .filter(([, value]) => value !== null)
    .map(([field]) => field)
    .filter((field) => !known.has(field) && !MET_ANYWAY.has(field));
}

function text(value: unknown): Text {
  return typeof value === 'string' && value !== '' ? value : null;
}

function tagList(value: unknown): readonly string[] | null {
  if (typeof value === 'string') {
    return value === '' ? null : value.split(',').map((tag) => tag.trim());
  }
  return Array.isArray(value) ? value.map(String) : null;
}

function mode(value: Text): RunSettings['mode'] {
  if (value === 'disabled') return 'disabled';
  // `dryrun` is W&B's older name of offline.
  return value === 'offline' || value === 'dryrun' ? 'offline' : 'online';
}
