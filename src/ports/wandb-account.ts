import type { Target } from './uploader.js';

/** The W&B account that the sidecar was given, if any. */
export interface WandbAccount {
  /** Looked up anew each time, so that a later `wandb login` takes effect. Null: no API key is configured. */
  current(): Promise<Target | null>;
}
