/** A helper's row for the generator: how it is called, good and bad, from a kind of program. */
import type { HelperName } from '../../../src/spec/helpers/params.ts';
import type { Random } from '../../../test/random.ts';
import type { Hook } from '../hooks.ts';
import type { MapSet } from '../maps.ts';
import type { Arg, CallStep, Result, Step } from '../steps.ts';

export interface Gen {
  /** The text at FORMAT in the input map. */
  readonly format: string;
  readonly r: Random;
  readonly hook: Hook;
  readonly maps: MapSet;
  call(name: HelperName, args: readonly Arg[], result?: Result): CallStep;
}

export type Maker = (g: Gen) => readonly Step[];
export type RowTable = { readonly [N in HelperName]?: Maker };
