/** The first pass: each type by itself. */
import { ERRNO } from '../../spec/errno.ts';
import { INT_BOOL, INT_CHAR, INT_SIGNED } from '../kinds.ts';
import { EXTRA, KIND_NAMES, MAX_TYPES } from '../parse.ts';
import { intParts, logBasic, logMember, logType, logVar, memberAt, memberBits, varAt } from './describe.ts';
import type { Sections } from './header.ts';
import { cut } from './log.ts';
import type { BtfEnv, Errno, RawType } from './raw.ts';
import { nameOffsetValid, nameText, rawType, validIdentifier, validSection } from './raw.ts';

const BASE = 12;
const INFO_MASK = 0x9f00ffff;
const INT_MASK = 0x0fffffff;
const MAX_BITS = 128;
const FLOAT_SIZES = [2, 4, 8, 12, 16];
const LINKAGE_GLOBAL = 1;

const { EINVAL, ENOTSUPP, E2BIG } = ERRNO;

export const bytesOfBits = (bits: number): number => Math.ceil(bits / 8);
const isTypeId = (id: number): boolean => id <= MAX_TYPES;

function refuse(env: BtfEnv, t: RawType, what: string, errno: number = EINVAL): Errno {
  logType(env, t, what);
  return -errno;
}

/** What holds for many kinds: nothing where nothing may stand. */
const noVlen = (t: RawType): string | undefined => (t.vlen !== 0 ? 'vlen != 0' : undefined);
const noFlag = (t: RawType): string | undefined => (t.kflag ? 'Invalid btf_info kind_flag' : undefined);

function checkInt(env: BtfEnv, t: RawType): Errno {
  const plain = noVlen(t) ?? noFlag(t);
  if (plain !== undefined) return refuse(env, t, plain);
  const data = t.word(0);
  if (data > INT_MASK) {
    logBasic(env, t, `Invalid int_data:${data.toString(16)}`);
    return -EINVAL;
  }
  const { encoding, offset, bits } = intParts(t);
  if (bits + offset > MAX_BITS) return refuse(env, t, `nr_bits exceeds ${MAX_BITS}`);
  if (bytesOfBits(bits + offset) > t.size) return refuse(env, t, 'nr_bits exceeds type_size');
  if (![0, INT_SIGNED, INT_CHAR, INT_BOOL].includes(encoding)) return refuse(env, t, 'Unsupported encoding', ENOTSUPP);
  return 0;
}

/** What is wrong with a type that has neither members nor an INT's word; undefined when nothing is. */
function plainDefect(env: BtfEnv, t: RawType): string | undefined {
  const named = validIdentifier(env, t.nameOff);
  const badName = 'Invalid name';
  switch (t.kind) {
    case 'ptr':
    case 'volatile':
    case 'const':
    case 'restrict':
    case 'typedef':
    case 'type_tag': {
      const plain = noVlen(t) ?? noFlag(t);
      if (plain !== undefined) return plain;
      if (!isTypeId(t.size)) return 'Invalid type_id';
      if (t.kind === 'typedef') return named ? undefined : badName;
      const empty = t.nameOff === 0;
      if (t.kind === 'type_tag') return env.strings[t.nameOff] === 0 ? badName : undefined;
      return empty ? undefined : badName;
    }
    case 'fwd':
      return noVlen(t) ?? (t.size !== 0 ? 'type != 0' : named ? undefined : badName);
    case 'array': {
      if (t.nameOff !== 0) return badName;
      const plain = noVlen(t) ?? noFlag(t);
      if (plain !== undefined) return plain;
      if (t.size !== 0) return 'size != 0';
      const [elem, index] = [t.word(0), t.word(1)];
      if (elem === 0 || !isTypeId(elem)) return 'Invalid elem';
      return index === 0 || !isTypeId(index) ? 'Invalid index' : undefined;
    }
    case 'func_proto':
      return t.nameOff !== 0 ? badName : noFlag(t);
    case 'func':
      if (!named) return badName;
      return t.vlen > LINKAGE_GLOBAL ? 'Invalid func linkage' : noFlag(t);
    case 'var': {
      const plain = noVlen(t) ?? noFlag(t);
      if (plain !== undefined) return plain;
      if (!named) return badName;
      if (t.size === 0 || !isTypeId(t.size)) return 'Invalid type_id';
      return t.word(0) > LINKAGE_GLOBAL ? 'Linkage not supported' : undefined;
    }
    case 'float':
      return noVlen(t) ?? noFlag(t) ?? (FLOAT_SIZES.includes(t.size) ? undefined : 'Invalid type_size');
    case 'decl_tag':
      if (env.strings[t.nameOff] === 0) return 'Invalid value';
      return noVlen(t) ?? noFlag(t) ?? ((t.word(0) | 0) < -1 ? 'Invalid component_idx' : undefined);
    case 'struct':
    case 'union':
      return t.nameOff !== 0 && !named ? badName : undefined;
    case 'enum':
    case 'enum64':
      if (t.size > 8 || t.size === 0 || (t.size & (t.size - 1)) !== 0) return 'Unexpected size';
      return t.nameOff !== 0 && !named ? badName : undefined;
    case 'datasec':
      if (t.size === 0) return 'size == 0';
      return noFlag(t) ?? (validSection(env, t.nameOff) ? undefined : badName);
    default:
      return undefined;
  }
}

function checkMembers(env: BtfEnv, t: RawType): Errno {
  for (let i = 0, last = 0; i < t.vlen; i++) {
    const m = memberAt(t, i);
    const { offset } = memberBits(t, m);
    const bad = !nameOffsetValid(env, m.nameOff)
      ? `Invalid member name_offset:${m.nameOff}`
      : m.nameOff !== 0 && !validIdentifier(env, m.nameOff)
        ? 'Invalid name'
        : m.type === 0 || !isTypeId(m.type)
          ? 'Invalid type_id'
          : (t.kind === 'union' && offset !== 0) || last > offset
            ? 'Invalid member bits_offset'
            : bytesOfBits(offset) > t.size
              ? 'Member bits_offset exceeds its struct size'
              : undefined;
    logMember(env, t, m, bad);
    if (bad !== undefined) return -EINVAL;
    last = offset;
  }
  return 0;
}

function checkValues(env: BtfEnv, t: RawType): Errno {
  const words = t.kind === 'enum' ? 2 : 3;
  for (let i = 0; i < t.vlen; i++) {
    const [name, low] = [t.word(words * i), t.word(words * i + 1)];
    if (!nameOffsetValid(env, name)) {
      env.log.write(`\tInvalid name_offset:${name}`);
      return -EINVAL;
    }
    if (!validIdentifier(env, name)) return refuse(env, t, 'Invalid name');
    if (!env.log.on) continue;
    const wide = words === 3 ? (BigInt(t.word(words * i + 2)) << 32n) | BigInt(low) : BigInt(low);
    const value = t.kflag ? BigInt.asIntN(words === 3 ? 64 : 32, wide) : wide;
    env.log.write(cut(`\t${nameText(env, name)} val=${value}\n`));
  }
  return 0;
}

function checkVars(env: BtfEnv, t: RawType): Errno {
  let end = 0;
  let sum = 0;
  for (let i = 0; i < t.vlen; i++) {
    const v = varAt(t, i);
    const bad =
      v.type === 0 || !isTypeId(v.type)
        ? 'Invalid type_id'
        : v.offset < end || v.offset >= t.size
          ? 'Invalid offset'
          : v.size === 0 || v.size > t.size
            ? 'Invalid size'
            : v.offset + v.size > t.size
              ? 'Invalid offset+size'
              : undefined;
    logVar(env, t, v, bad);
    if (bad !== undefined) return -EINVAL;
    end = v.offset + v.size;
    sum += v.size;
  }
  return t.size < sum ? refuse(env, t, 'Invalid btf_info size') : 0;
}

/** The type's own check, all of its bytes being there. */
function checkKind(env: BtfEnv, t: RawType): Errno {
  if (t.kind === 'int') {
    const err = checkInt(env, t);
    if (err) return err;
  }
  const defect = plainDefect(env, t);
  if (defect !== undefined) return refuse(env, t, defect);
  logType(env, t);
  switch (t.kind) {
    case 'struct':
    case 'union':
      return checkMembers(env, t);
    case 'enum':
    case 'enum64':
      return checkValues(env, t);
    case 'datasec':
      return checkVars(env, t);
    default:
      return 0;
  }
}

/** All types in order. @kernel btf_check_all_metas */
export function checkAllMetas(env: BtfEnv, blob: Uint8Array, { types }: Sections): Errno {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  const end = types.off + types.len;
  const refuseRaw = (text: string, errno: number = EINVAL): Errno => {
    env.log.write(text);
    return -errno;
  };
  for (let at = types.off; at < end; ) {
    const id = env.types.length;
    if (end - at < BASE) return refuseRaw(`[${id}] meta_left:${end - at} meta_needed:${BASE}`);
    const t = rawType(view, at, id);
    if ((t.info & ~INFO_MASK) !== 0) return refuseRaw(`[${id}] Invalid btf_info:${t.info.toString(16)}`);
    const kind = (t.info >>> 24) & 31;
    if (!KIND_NAMES.has(kind)) return refuseRaw(`[${id}] Invalid kind:${kind}`);
    if (!nameOffsetValid(env, t.nameOff)) return refuseRaw(`[${id}] Invalid name_offset:${t.nameOff}`);
    const [once, each] = EXTRA[t.kind] ?? [0, 0];
    const needed = once + each * t.vlen;
    const left = end - at - BASE;
    if (left < needed) {
      logBasic(env, t, `meta_left:${left} meta_needed:${needed}`);
      return -EINVAL;
    }
    const err = checkKind(env, t);
    if (err) return err;
    if (id >= MAX_TYPES) return refuseRaw('Exceeded max num of types', E2BIG);
    env.types.push(t);
    at += BASE + needed;
  }
  return 0;
}
