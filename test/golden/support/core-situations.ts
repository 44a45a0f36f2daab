import { RunningSidecar } from '../../support/sidecar-process.js';
import { type SilentSidecar, startMute, startStuck } from './silent-sidecars.js';

/** A named environment that the harness runs its tests in. */
export interface CoreContext {
  readonly name: string;
  readonly decorated: boolean;
  readonly env: Readonly<Record<string, string>>;
}

/** What may be the matter with the sidecar of a decorated flow. */
export const SIDECARS = ['up', 'absent', 'mute', 'stuck'] as const;

/** How long a step waits for a sidecar that doesn't answer. */
const HANGING_TIMEOUT_S = '2';

export interface Situations {
  /** The undecorated one first. */
  readonly contexts: readonly CoreContext[];
  /** Says what the sidecar that is up has taken in. */
  recorded(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts what each situation needs: `up` is a real sidecar with the embedded
 * W&B, `absent` is nothing, `mute` accepts connections and is silent, `stuck`
 * speaks HTTP/2 and never answers.
 */
export async function startSituations(wanted: readonly string[]): Promise<Situations> {
  const unknown = wanted.filter((name) => !(SIDECARS as readonly string[]).includes(name));
  if (unknown.length > 0) throw new Error(`no such --sidecar: ${unknown.join(', ')}`);
  const contexts: CoreContext[] = [{ name: 'plain', decorated: false, env: {} }];
  const silent: SilentSidecar[] = [];
  const add = (name: string, env: CoreContext['env']) => contexts.push({ name, decorated: true, env });
  let up: RunningSidecar | undefined;
  if (wanted.includes('up')) {
    up = await RunningSidecar.start();
    add('up', sidecarVariables(up));
  }
  if (wanted.includes('absent')) add('absent', { METAFLOW_WANDB_SIDECAR: 'unix:/nonexistent/sidecar.sock' });
  for (const [name, start] of [
    ['mute', startMute],
    ['stuck', startStuck],
  ] as const) {
    if (!wanted.includes(name)) continue;
    const sidecar = await start();
    silent.push(sidecar);
    add(name, { METAFLOW_WANDB_SIDECAR: sidecar.address, METAFLOW_WANDB_TIMEOUT: HANGING_TIMEOUT_S });
  }
  return {
    contexts,
    recorded: async () => (up ? up.status() : 'no sidecar was up'),
    stop: async () => {
      for (const sidecar of silent) sidecar.stop();
      await up?.stop();
    },
  };
}

function sidecarVariables(sidecar: RunningSidecar): Record<string, string> {
  const { METAFLOW_WANDB_SIDECAR = '', METAFLOW_WANDB_TOKEN = '' } = sidecar.flowEnvironment();
  return { METAFLOW_WANDB_SIDECAR, METAFLOW_WANDB_TOKEN };
}
