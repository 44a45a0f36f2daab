import type { OpenedAttempt, TaskAttempt } from '../domain/attempt.js';
import { type EffectiveOptions, effectiveOptions } from '../domain/precedence.js';
import { type RunSettings, resolveSettings, type SidecarSettings } from '../domain/settings.js';
import { tenantOf } from '../domain/tenant.js';
import type { Destination } from '../ports/ledger.js';
import type { Target } from '../ports/uploader.js';
import type { WandbAccount } from '../ports/wandb-account.js';

/** What the operator chose with `--destination`. */
export type DestinationPolicy = 'auto' | 'wandb' | 'local' | 'hold';

/** The embedded W&B, where it runs. */
export interface EmbeddedWandb {
  readonly target: Target;
  readonly entity: string;
}

/** One of several that share a sidecar, each with a W&B account of its own. */
export interface Tenant extends Target {
  readonly name: string;
  /** Wins over what a step says; null: the step's, else the key's own. */
  readonly entity: string | null;
  /** Wins over what a step says; null: the step's. */
  readonly project: string | null;
}

/** Whose an attempt is. */
type Whose = Pick<TaskAttempt, 'metadataProvider'>;

/** Decides where an attempt's data goes, and reaches it. */
export class Destinations {
  private readonly tenants: ReadonlyMap<string, Tenant>;

  constructor(
    private readonly policy: DestinationPolicy,
    private readonly account: WandbAccount,
    private readonly embedded: EmbeddedWandb | null,
    private readonly sidecarSettings: SidecarSettings,
    tenants: readonly Tenant[] = [],
  ) {
    this.tenants = new Map(tenants.map((tenant) => [tenant.name, tenant]));
  }

  /** Options and settings that hold for an attempt. */
  settingsFor(opened: OpenedAttempt): { effective: EffectiveOptions; settings: RunSettings } {
    const effective = effectiveOptions(opened.layers);
    const { wandbEnv, derivedProject } = opened.environment;
    const isTenants = tenantOf(opened.task) !== null;
    const lowest = isTenants ? { entity: null, project: null } : this.sidecarSettings;
    const settings = resolveSettings(effective, wandbEnv, derivedProject, lowest);
    const tenant = this.tenantOf(opened.task);
    const { entity = null, project = null } = tenant ?? {};
    return {
      effective,
      settings: { ...settings, entity: entity ?? settings.entity, project: project ?? settings.project },
    };
  }

  /**
   * Chooses for one attempt: `auto` is W&B where a key is configured at this
   * moment, else the embedded one. A tenant has a W&B of its own.
   */
  async choose(mode: RunSettings['mode'], whose: Whose | null = null): Promise<Destination> {
    if (mode === 'offline') return 'hold';
    if (whose && tenantOf(whose) !== null) return this.policy === 'hold' ? 'hold' : 'wandb';
    if (this.policy !== 'auto') return this.policy;
    return (await this.account.current()) ? 'wandb' : 'local';
  }

  /**
   * How to reach a destination now; null where it can't be reached until
   * somebody configures it. What is a tenant's goes out under its key only.
   *
   * @param whose null: the sidecar's own
   */
  async target(destination: Destination, whose: Whose | null): Promise<Target | null> {
    if (destination === 'hold' || destination === 'none') return null;
    if (whose && tenantOf(whose) !== null) {
      const tenant = this.tenantOf(whose);
      return tenant && { baseUrl: tenant.baseUrl, apiKey: tenant.apiKey };
    }
    return destination === 'wandb' ? this.account.current() : (this.embedded?.target ?? null);
  }

  /** Says why there is no way to reach the W&B of an attempt, and what to do. */
  whyNoTarget(whose: Whose): string {
    const tenant = tenantOf(whose);
    if (tenant !== null)
      return `the file of --tenants names no tenant ${tenant}; add it and restart the sidecar`;
    return 'no W&B API key is configured; run `wandb login` or set WANDB_API_KEY for the sidecar';
  }

  /** Entity to log to; the embedded W&B has one of its own, whatever a step asks for. */
  entity(destination: Destination, settings: RunSettings, whose: Whose): string | null {
    if (destination !== 'local' || tenantOf(whose) !== null) return settings.entity;
    return this.embedded?.entity ?? null;
  }

  /** URL of a run where it is known before the run is in W&B; else empty. */
  runUrl(destination: Destination, settings: RunSettings, runId: string): string {
    if (destination !== 'local' || !this.embedded) return '';
    const { target, entity } = this.embedded;
    return `${target.baseUrl}/${entity}/${encodeURIComponent(settings.project)}/runs/${runId}`;
  }

  /** Whether all data goes to accounts that the file of tenants names. */
  get servesTenants(): boolean {
    return this.tenants.size > 0;
  }

  private tenantOf(whose: Whose): Tenant | null {
    const name = tenantOf(whose);
    return name === null ? null : (this.tenants.get(name) ?? null);
  }
}
