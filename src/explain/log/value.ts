/** Register values as logs of all eras print them, read into one shape. */
import { U64_MASK } from '../../util/bits.ts';

/** What a log says of a register or stack slot. Bounds are those of the number, or of a pointer's variable part. */
export interface LogValue {
  /** As printed. */
  readonly text: string;
  /** `scalar`, `ctx`, `fp`, `pkt`, `pkt_end`, `map_value`, `ptr_sock` …, without `_or_null`; `slot` for raw stack bytes. */
  readonly type: string;
  readonly orNull: boolean;
  /** The number, where it is known. */
  readonly known?: bigint;
  readonly id: number;
  readonly refObjId: number;
  /** Fixed offset of a pointer. */
  readonly off: number;
  /** Packet bytes proven to be there, counted from the packet pointer's base. */
  readonly range?: number;
  readonly map?: string;
  readonly ks?: number;
  readonly vs?: number;
  /** Size of the memory that a `mem` pointer points to. */
  readonly size?: number;
  readonly umin: bigint;
  readonly umax: bigint;
  readonly smin: bigint;
  readonly smax: bigint;
}

const S64_MIN = -(1n << 63n);
const S64_MAX = (1n << 63n) - 1n;

export function makeValue(text: string, type: string, with_: Partial<LogValue> = {}): LogValue {
  const plain = { orNull: false, id: 0, refObjId: 0, off: 0, umin: 0n, umax: U64_MASK, smin: S64_MIN, smax: S64_MAX };
  return { text, type, ...plain, ...with_ };
}

/** A number that is known. */
export function knownNumber(value: bigint, text = `${value}`): LogValue {
  const unsigned = value & U64_MASK;
  const signed = BigInt.asIntN(64, value);
  return makeValue(text, 'scalar', { known: signed, umin: unsigned, umax: unsigned, smin: signed, smax: signed });
}

const number = (text: string): bigint => {
  const negative = text.startsWith('-');
  const digits = negative ? text.slice(1) : text;
  const value = BigInt(digits);
  return negative ? -value : value;
};

/** The names that one bound has had. */
const BOUND: Readonly<Record<string, 'umin' | 'umax' | 'smin' | 'smax'>> = {
  umin: 'umin',
  umin_value: 'umin',
  umax: 'umax',
  umax_value: 'umax',
  smin: 'smin',
  smin_value: 'smin',
  min_value: 'smin',
  smax: 'smax',
  smax_value: 'smax',
  max_value: 'smax',
};

const NUMBER = /^-?(?:0x[0-9a-f]+|\d+)$/;

/** `id=1,umin=umin32=2,var_off=(0x0; 0xff)`: names and values; names that share a value get it each. */
function fields(text: string): Map<string, string> {
  const out = new Map<string, string>();
  for (const part of text.match(/(?:[^,(]|\([^)]*\))+/g) ?? []) {
    const names = part.split('=');
    const value = names.pop()!;
    for (const name of names) out.set(name.trim(), value);
  }
  return out;
}

function tnumBounds(text: string | undefined): { umin: bigint; umax: bigint } | undefined {
  const m = text && /^\((0x[0-9a-f]+); (0x[0-9a-f]+)\)$/.exec(text);
  if (!m) return undefined;
  const [value, mask] = [BigInt(m[1]!), BigInt(m[2]!)];
  return { umin: value, umax: value | mask };
}

function fromFields(text: string, type: string, orNull: boolean, inner: string): LogValue {
  const all = fields(inner);
  const int = (name: string): number | undefined => {
    const v = all.get(name);
    return v !== undefined && NUMBER.test(v) ? Number(number(v)) : undefined;
  };
  const bounds: Partial<Record<'umin' | 'umax' | 'smin' | 'smax', bigint>> = { ...tnumBounds(all.get('var_off')) };
  for (const [name, value] of all) {
    const bound = BOUND[name];
    if (bound && NUMBER.test(value)) bounds[bound] = BigInt.asIntN(65, number(value));
  }
  for (const name of ['smin', 'smax'] as const)
    if (bounds[name] !== undefined) bounds[name] = BigInt.asIntN(64, bounds[name]);
  // A number that cannot be negative has equal bounds of both kinds, of which logs may print one.
  if ((bounds.smin ?? S64_MIN) >= 0n) {
    bounds.umin ??= bounds.smin!;
    if (bounds.smax !== undefined) bounds.umax ??= bounds.smax;
  } else if ((bounds.umax ?? U64_MASK) <= S64_MAX) {
    bounds.smax ??= bounds.umax!;
    bounds.smin ??= bounds.umin ?? 0n;
  }
  const range = int('r');
  const ks = int('ks');
  const vs = int('vs');
  const size = int('sz') ?? int('mem_size');
  const map = all.get('map');
  const imm = int('imm') ?? 0;
  return makeValue(text, type, {
    orNull,
    id: int('id') ?? 0,
    refObjId: int('ref_obj_id') ?? int('ref_id') ?? 0,
    off: (int('off') ?? 0) + imm,
    ...bounds,
    ...(range !== undefined && { range }),
    ...(ks !== undefined && { ks }),
    ...(vs !== undefined && { vs }),
    ...(size !== undefined && { size }),
    ...(map !== undefined && { map }),
  });
}

const SCALARS = new Set(['scalar', 'inv', 'invP', 'unknown_value', 'Pscalar']);

/** Reads one value. `old`: the log is of Linux before 4.14, where `inv56` counts zero bits and `imm5` is a number. */
export function readValue(text: string, old = false): LogValue {
  const stripped = text.replace(/^P(?=scalar|-?\d)/, '');
  if (NUMBER.test(stripped)) return knownNumber(BigInt.asIntN(64, number(stripped)), text);
  const constant = /^(?:inv|invP|imm)(-?(?:0x[0-9a-f]+|\d+))$/.exec(stripped);
  if (constant) {
    if (!old || stripped.startsWith('imm')) return knownNumber(number(constant[1]!), text);
    return makeValue(text, 'scalar', { umax: U64_MASK >> number(constant[1]!) });
  }
  const frame = /^fp(?:\[\d+\])?([+-]?\d+)?$/.exec(stripped);
  if (frame) return makeValue(text, 'fp', { off: Number(frame[1] ?? 0) });
  if (/^[m0?rdi]{2,8}$/.test(stripped) && !/^(?:mem|imm)/.test(stripped)) return makeValue(text, 'slot');
  const [, head, inner] = /^(?:[m0?]{4,7}(?=scalar|inv))?(\w+(?:\[\d+\])?)(?:\((.*)\))?(?:,.*)?$/.exec(stripped) ?? [];
  if (head === undefined) return makeValue(text, 'unknown');
  const comma = inner === undefined ? stripped.slice(stripped.indexOf(',') + 1) : '';
  const details = inner ?? (stripped.includes(',') ? comma : '');
  const orNull = head.includes('_or_null');
  const type = SCALARS.has(head)
    ? 'scalar'
    : head
        .replace(/\[\d+\]$/, '')
        .replace('_or_null', '')
        .replace(/_$/, '');
  return fromFields(text, type, orNull, details);
}

/** Whether a value is any kind of pointer. */
export function isPointer(v: LogValue): boolean {
  return v.type !== 'scalar' && v.type !== 'slot' && v.type !== 'unknown';
}
