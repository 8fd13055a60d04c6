/** Members against the struct that holds them. */
import { ERRNO } from '../../spec/errno.ts';
import { intParts, logMember, memberBits, type RawMember } from './describe.ts';
import { bytesOfBits } from './meta.ts';
import type { Errno, RawType } from './raw.ts';
import { isModifier, isRegularInt, type Resolved, typeIdSize } from './sizes.ts';

const MAX_BITS = 128;
const ENUM_BITS = 32;
const U32_MAX = 0xffffffff;
const TOO_LARGE = 'Member exceeds struct_size';
const UNALIGNED = 'Member is not byte aligned';

/** @kernel btf_int_check_member, btf_int_check_kflag_member */
function intDefect(struct: RawType, m: RawMember, type: RawType): string | undefined {
  const int = intParts(type);
  let { offset, bits } = memberBits(struct, m);
  if (struct.kflag) {
    if (!isRegularInt(type)) return 'Invalid member base type';
    if (bits === 0 && (offset & 7) !== 0) return 'Invalid member offset';
    if (bits > int.bits) return 'Invalid member bitfield_size';
    bits ||= int.bits;
  } else {
    if (U32_MAX - offset < int.offset) return 'bits_offset exceeds U32_MAX';
    offset += int.offset;
    bits = int.bits;
  }
  const start = Math.floor(offset / 8);
  const copied = bits + (offset & 7);
  if (copied > MAX_BITS) return 'nr_copy_bits exceeds 128';
  return struct.size < start || struct.size - start < bytesOfBits(copied) ? TOO_LARGE : undefined;
}

/** @kernel btf_enum_check_kflag_member */
function enumBitsDefect(struct: RawType, m: RawMember): string | undefined {
  const { offset, bits } = memberBits(struct, m);
  if (bits === 0 && (offset & 7) !== 0) return UNALIGNED;
  if (bits > ENUM_BITS) return 'Invalid member bitfield_size';
  return struct.size < bytesOfBits(offset + (bits || ENUM_BITS)) ? TOO_LARGE : undefined;
}

/** @kernel btf_float_check_member */
function floatDefect(struct: RawType, m: RawMember, type: RawType): string | undefined {
  if (m.offset % (Math.min(8, type.size) * 8) !== 0) return 'Member is not properly aligned';
  return Math.floor(m.offset / 8) + type.size > struct.size ? TOO_LARGE : undefined;
}

function defect(r: Resolved, struct: RawType, m: RawMember, type: RawType): string | undefined {
  const isEnum = type.kind === 'enum' || type.kind === 'enum64';
  if (type.kind === 'int') return intDefect(struct, m, type);
  if (isEnum && struct.kflag) return enumBitsDefect(struct, m);
  if (struct.kflag && memberBits(struct, m).bits !== 0) return 'Invalid member bitfield_size';
  if (type.kind === 'float') return floatDefect(struct, m, type);
  const size = typeIdSize(r, m.type)?.size;
  if (size === undefined) return 'Invalid member';
  if ((m.offset & 7) !== 0) return UNALIGNED;
  return struct.size - Math.floor(m.offset / 8) < size ? TOO_LARGE : undefined;
}

/** A member whose type has been resolved. @kernel btf_modifier_check_member */
export function checkMember(r: Resolved, struct: RawType, m: RawMember): Errno {
  const { types } = r.env;
  const direct = types[m.type]!;
  const id = isModifier(direct) ? typeIdSize(r, m.type)?.id : m.type;
  const member = id === undefined ? m : { ...m, type: id };
  const bad = id === undefined ? 'Invalid member' : defect(r, struct, member, types[id]!);
  if (bad === undefined) return 0;
  logMember(r.env, struct, member, bad);
  return -ERRNO.EINVAL;
}
