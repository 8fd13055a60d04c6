/** Types, members and variables as the log describes them. */
import { INT_BOOL, INT_CHAR, INT_SIGNED } from '../kinds.ts';
import { cut } from './log.ts';
import { type BtfEnv, nameText, type RawType } from './raw.ts';

const ENCODINGS: Readonly<Record<number, string>> = {
  0: '(none)',
  [INT_SIGNED]: 'SIGNED',
  [INT_CHAR]: 'CHAR',
  [INT_BOOL]: 'BOOL',
};

/** An INT's word. */
export const intParts = (t: RawType): { encoding: number; offset: number; bits: number } => {
  const data = t.word(0);
  return { encoding: (data >>> 24) & 0xf, offset: (data >>> 16) & 0xff, bits: data & 0xff };
};

function protoText(env: BtfEnv, t: RawType): string {
  const args = Array.from({ length: t.vlen }, (_, i) => {
    const [name, type] = [t.word(2 * i), t.word(2 * i + 1)];
    const last = i === t.vlen - 1;
    const comma = i === 0 ? '' : ', ';
    return last && type === 0 ? `${comma}vararg` : cut(`${comma}${type} ${nameText(env, name)}`);
  });
  return `return=${t.size} args=(${args.length > 0 ? args.join('') : 'void'})`;
}

function details(env: BtfEnv, t: RawType): string {
  switch (t.kind) {
    case 'int': {
      const { encoding, offset, bits } = intParts(t);
      return `size=${t.size} bits_offset=${offset} nr_bits=${bits} encoding=${ENCODINGS[encoding] ?? 'UNKN'}`;
    }
    case 'array':
      return `type_id=${t.word(0)} index_type_id=${t.word(1)} nr_elems=${t.word(2)}`;
    case 'struct':
    case 'union':
    case 'enum':
    case 'enum64':
    case 'datasec':
      return `size=${t.size} vlen=${t.vlen}`;
    case 'float':
      return `size=${t.size}`;
    case 'fwd':
      return t.kflag ? 'union' : 'struct';
    case 'func_proto':
      return protoText(env, t);
    case 'var':
      return `type_id=${t.size} linkage=${t.word(0)}`;
    case 'decl_tag':
      return `type=${t.size} component_idx=${t.word(0) | 0}`;
    default:
      return `type_id=${t.size}`;
  }
}

const head = (env: BtfEnv, t: RawType, id: number, more: string): string =>
  cut(`[${id}] ${t.kind.toUpperCase()} ${nameText(env, t.nameOff)}${more}`);
const tail = (what: string): string => (what === '' ? '\n' : ` ${what}\n`);

/** A type without its details, where they may be cut off. @kernel btf_verifier_log_basic */
export function logBasic(env: BtfEnv, t: RawType, what: string): void {
  if (env.log.on) env.log.write(head(env, t, t.id, '') + tail(what));
}

/** @kernel btf_verifier_log_type */
export function logType(env: BtfEnv, t: RawType, what = '', id = t.id): void {
  if (env.log.on) env.log.write(head(env, t, id, ' ') + details(env, t) + tail(what));
}

/** A struct's member as it is judged: a modifier's type is looked through. */
export interface RawMember {
  readonly nameOff: number;
  readonly type: number;
  readonly offset: number;
}

export function memberAt(t: RawType, i: number): RawMember {
  return { nameOff: t.word(3 * i), type: t.word(3 * i + 1), offset: t.word(3 * i + 2) };
}

const BIT_OFFSET_MASK = 0xffffff;

/** Where a member begins, and its width if it is a bitfield. */
export function memberBits(t: RawType, m: RawMember): { offset: number; bits: number } {
  if (!t.kflag) return { offset: m.offset, bits: 0 };
  return { offset: m.offset & BIT_OFFSET_MASK, bits: m.offset >>> 24 };
}

/** @kernel btf_verifier_log_member */
export function logMember(env: BtfEnv, t: RawType, m: RawMember, what = '', id = t.id): void {
  if (!env.log.on) return;
  // The first pass has printed the struct just before.
  if (env.resolving) logType(env, t, '', id);
  const { offset, bits } = memberBits(t, m);
  const width = t.kflag ? ` bitfield_size=${bits}` : '';
  env.log.write(cut(`\t${nameText(env, m.nameOff)} type_id=${m.type}${width} bits_offset=${offset}`) + tail(what));
}

/** A DATASEC's variable (btf_var_secinfo). */
export interface RawVar {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

export function varAt(t: RawType, i: number): RawVar {
  return { type: t.word(3 * i), offset: t.word(3 * i + 1), size: t.word(3 * i + 2) };
}

/** @kernel btf_verifier_log_vsi */
export function logVar(env: BtfEnv, t: RawType, v: RawVar, what = ''): void {
  if (!env.log.on) return;
  if (env.resolving) logType(env, t);
  env.log.write(`\t type_id=${v.type} offset=${v.offset} size=${v.size}${tail(what)}`);
}
