/** What a user can turn on with `wandb_log`. */
export interface OptionFlags {
  readonly datasets: boolean;
  readonly models: boolean;
  readonly others: boolean;
}

/** Where a decoration was written. */
export type LayerName = 'step' | 'flow' | 'with';

/** Options of one decoration. */
export interface LogOptions extends OptionFlags {
  readonly enabled: boolean;
  /** W&B settings by field name; empty when none were given. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Fields of `settings` that the step kept to itself since they are secret. */
  readonly settingsWithheld: readonly string[];
}

/** The decorations that cover a step, nearest first within each layer. */
export interface OptionLayers {
  readonly step: readonly LogOptions[];
  readonly flow: readonly LogOptions[];
  readonly with: readonly LogOptions[];
}

/** The decoration that wins, and where it was written. */
export interface EffectiveOptions {
  readonly layer: LayerName | 'none';
  readonly options: LogOptions;
}

const NONE: LogOptions = {
  datasets: false,
  models: false,
  others: false,
  enabled: false,
  settings: {},
  settingsWithheld: [],
};

/**
 * Picks the decoration that decides for a step. The nearest wins as a whole,
 * never field by field: step, then flow (a subclass's before its base's), then
 * `--with`, then nothing.
 */
export function effectiveOptions(layers: OptionLayers): EffectiveOptions {
  for (const layer of ['step', 'flow', 'with'] as const) {
    const nearest = layers[layer][0];
    if (nearest) return { layer, options: nearest };
  }
  return { layer: 'none', options: NONE };
}
