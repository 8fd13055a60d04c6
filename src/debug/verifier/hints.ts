/** Where the verifier knew less than one might think who sees the concrete value: one row for each kind. */
import { isPacketPointer, mayBeNull, type Reg, S64_MAX, S64_MIN } from '../../verifier/value/reg.ts';

/** What a hint looks at. */
export interface HintCase {
  readonly reg: Reg;
  readonly concrete: bigint;
  /** What the number is the address of, as far as that is known. */
  readonly pointsTo: string | undefined;
}

interface HintRow {
  readonly when: (c: HintCase) => boolean;
  readonly text: (c: HintCase) => string;
}

const scalar = (r: Reg): boolean => r.type === 'SCALAR_VALUE';
const unbounded = (r: Reg): boolean => r.smin_value === S64_MIN && r.smax_value === S64_MAX && r.umax_value > S64_MAX;

const ROWS: readonly HintRow[] = [
  {
    when: ({ reg, pointsTo }) => scalar(reg) && reg.var_off.mask !== 0n && pointsTo !== undefined,
    text: ({ pointsTo }) => `points to ${pointsTo}, but is a number to the verifier: no access goes through it`,
  },
  {
    when: ({ reg }) => mayBeNull(reg),
    text: ({ concrete }) =>
      concrete === 0n
        ? 'is NULL here; elsewhere it need not be'
        : 'may be NULL for the verifier: compare it with 0 first',
  },
  {
    when: ({ reg }) => isPacketPointer(reg) && reg.range === 0,
    text: () => 'r=0: no byte behind it is proven to be packet; compare with data_end first',
  },
  {
    when: ({ reg }) => isPacketPointer(reg) && reg.range < 0,
    text: () => 'is known to lie at or behind the end of the packet',
  },
  {
    when: ({ reg }) => scalar(reg) && !unbounded(reg) && reg.smin_value < 0n && reg.umax_value > S64_MAX,
    text: () => 'may be negative for the verifier: as an offset it has no lower bound that counts',
  },
  {
    when: ({ reg }) => scalar(reg) && unbounded(reg) && reg.u32_max_value < 0xffff_ffff,
    text: () => 'only its lower 32 bits are bounded: use them with a 32-bit move',
  },
];

/** What to say of a value, most telling first. */
export function hintsFor(c: HintCase): string[] {
  return ROWS.flatMap((row) => (row.when(c) ? [row.text(c)] : []));
}
