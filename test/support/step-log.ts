import type { StepArtifact } from '../../src/domain/step-log.js';

/** An artifact that a step logged, without files. */
export function stepArtifact(overrides: Partial<StepArtifact> = {}): StepArtifact {
  return {
    ...{ name: 'weights', type: 'model', description: '', metadata: '{}', aliases: [], tags: [] },
    ...{ clientId: 'client1', sequenceClientId: 'sequence1', files: [], references: [] },
    ...overrides,
  };
}
