/** The kernels that answers are given for. */
import { LACKS_6_1, UNKNOWN_6_1 } from './helpers/lacks61.ts';
import type { HelperName } from './helpers/params.ts';
import type { HelperHook } from './helpers/row.ts';

/** Where kernels do something else at run time: one flag an idea, which a simulation can also be given alone. */
export interface KernelBehaviour {
  /** LRU maps take 128 free nodes at a time whatever their size; newer kernels at most half of what a CPU has. */
  readonly lruFixedTarget: boolean;
}

/** One kernel: what of it is covered, and where it differs from the newest one. */
export interface KernelProfile {
  /** The release that was asked. */
  readonly release: string;
  readonly arch: 'x86_64';
  /** `full`: every verdict; otherwise only what is named here, everything else is "not covered". */
  readonly covers: 'full' | 'helper availability';
  /** The words for a helper that such a program may not call: newer kernels say `program of this type cannot use helper`. */
  readonly saysUnknownFunc: boolean;
  /** Numbers of helpers end below this one. */
  readonly helpersEnd: number;
  /** Programs that lack a helper which 6.12 lets them call. */
  readonly lacks: Readonly<Partial<Record<HelperName, 'all' | readonly HelperHook[]>>>;
  /** Programs of which it is not known what they may call. */
  readonly unknown: readonly HelperHook[];
  readonly behaviour: KernelBehaviour;
}

/** The profiles by name. */
export const KERNELS = {
  '6.12': {
    release: '6.12.117',
    arch: 'x86_64',
    covers: 'full',
    saysUnknownFunc: false,
    helpersEnd: 212,
    lacks: {},
    unknown: [],
    behaviour: { lruFixedTarget: false },
  },
  '6.1': {
    release: '6.1.192',
    arch: 'x86_64',
    covers: 'helper availability',
    saysUnknownFunc: true,
    helpersEnd: 210,
    lacks: LACKS_6_1,
    unknown: UNKNOWN_6_1,
    behaviour: { lruFixedTarget: true },
  },
} as const satisfies Readonly<Record<string, KernelProfile>>;

/** Name of a profile, as `--kernel` takes it. */
export type KernelName = keyof typeof KERNELS;

/** The profile that answers are given for when nobody asks for another one. */
export const DEFAULT_KERNEL: KernelName = '6.12';

export function kernelProfile(name: KernelName): KernelProfile {
  return KERNELS[name];
}
