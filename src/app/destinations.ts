import type { OpenedAttempt } from '../domain/attempt.js';
import { type EffectiveOptions, effectiveOptions } from '../domain/precedence.js';
import { type RunSettings, resolveSettings, type SidecarSettings } from '../domain/settings.js';
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

/** Decides where an attempt's data goes, and reaches it. */
export class Destinations {
  constructor(
    private readonly policy: DestinationPolicy,
    private readonly account: WandbAccount,
    private readonly embedded: EmbeddedWandb | null,
    private readonly sidecarSettings: SidecarSettings,
  ) {}

  /** Options and settings that hold for an attempt. */
  settingsFor(opened: OpenedAttempt): { effective: EffectiveOptions; settings: RunSettings } {
    const effective = effectiveOptions(opened.layers);
    const { wandbEnv, derivedProject } = opened.environment;
    return {
      effective,
      settings: resolveSettings(effective, wandbEnv, derivedProject, this.sidecarSettings),
    };
  }

  /** Chooses for one attempt: `auto` is W&B where a key is configured at this moment, else the embedded one. */
  async choose(mode: RunSettings['mode']): Promise<Destination> {
    if (mode === 'offline') return 'hold';
    if (this.policy !== 'auto') return this.policy;
    return (await this.account.current()) ? 'wandb' : 'local';
  }

  /** How to reach a destination now; null where it can't be reached until somebody configures it. */
  async target(destination: Destination): Promise<Target | null> {
    if (destination === 'wandb') return this.account.current();
    return destination === 'local' ? (this.embedded?.target ?? null) : null;
  }

  /** Entity to log to; the embedded W&B has one of its own, whatever a step asks for. */
  entity(destination: Destination, settings: RunSettings): string | null {
    return destination === 'local' ? (this.embedded?.entity ?? null) : settings.entity;
  }

  /** URL of a run where it is known before the run is in W&B; else empty. */
  runUrl(destination: Destination, settings: RunSettings, runId: string): string {
    if (destination !== 'local' || !this.embedded) return '';
    const { target, entity } = this.embedded;
    return `${target.baseUrl}/${entity}/${encodeURIComponent(settings.project)}/runs/${runId}`;
  }
}
