import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effectiveOptions, type LogOptions } from '../../../src/domain/precedence.js';
import { logOptions } from '../../support/builders.js';

const a = logOptions({ datasets: true });
const b = logOptions({ models: true });
const c = logOptions({ others: true });

describe('effectiveOptions', () => {
  it('takes the step before the flow before --with', () => {
    expect(effectiveOptions({ step: [a], flow: [b], with: [c] })).toEqual({ layer: 'step', options: a });
    expect(effectiveOptions({ step: [], flow: [b], with: [c] })).toEqual({ layer: 'flow', options: b });
    expect(effectiveOptions({ step: [], flow: [], with: [c] })).toEqual({ layer: 'with', options: c });
  });

  it("takes a subclass's decoration before its base's", () => {
    expect(effectiveOptions({ step: [], flow: [a, b], with: [] }).options).toBe(a);
  });

  it('logs nothing where nothing is decorated', () => {
    expect(effectiveOptions({ step: [], flow: [], with: [] })).toMatchObject({
      layer: 'none',
      options: { enabled: false },
    });
  });

  it('lets datasets=False on a step override a flow that logs datasets, whole', () => {
    const flow = logOptions({ datasets: true, models: true, settings: { entity: 'team' } });
    const { options } = effectiveOptions({ step: [logOptions()], flow: [flow], with: [] });
    expect(options).toMatchObject({ datasets: false, models: false, settings: {} });
  });

  it('never mixes two decorations', () => {
    const options: fc.Arbitrary<LogOptions> = fc
      .record({ datasets: fc.boolean(), models: fc.boolean(), others: fc.boolean(), enabled: fc.boolean() })
      .map((flags) => logOptions(flags));
    const layer = fc.array(options, { maxLength: 3 });
    fc.assert(
      fc.property(layer, layer, layer, (step, flow, withLayer) => {
        const written = [...step, ...flow, ...withLayer];
        if (written.length > 0) {
          expect(written[0]).toBe(effectiveOptions({ step, flow, with: withLayer }).options);
        }
      }),
    );
  });
});
