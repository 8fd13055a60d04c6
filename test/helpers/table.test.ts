import { describe, expect, it } from 'vitest';
import { HELPER_IMPLS, LOOP_HELPERS, MACHINE_HELPERS, NOT_SIMULATED } from '../../src/helpers/index.ts';
import { HELPERS } from '../../src/spec/helpers/index.ts';
import { argWidths } from '../../src/spec/helpers/params.ts';

describe('the helper table', () => {
  it('has every helper of the profile exactly once', () => {
    const listed = [
      ...Object.keys(HELPER_IMPLS),
      ...Object.keys(LOOP_HELPERS),
      ...(MACHINE_HELPERS as readonly string[]),
      ...(NOT_SIMULATED as readonly string[]),
    ];
    expect([...listed].sort()).toEqual(Object.keys(HELPERS).sort());
  });

  it('takes no more arguments than a row has', () => {
    for (const [name, impl] of Object.entries(HELPER_IMPLS)) {
      const widths = argWidths(HELPERS[name as keyof typeof HELPERS]);
      const words = widths.reduce((sum, width) => sum + (width === 'pair' ? 2 : 1), 1);
      expect((impl as (...args: never[]) => unknown).length, name).toBeLessThanOrEqual(words);
    }
  });
});
