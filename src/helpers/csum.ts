/** Checksum helpers. Offsets count from the packet's data; `from` and `to` are taken as the program loaded them. */
import type { Arena } from '../mem/arena.ts';
import { CHECKSUM, setSkbField, skbEnsureWritable, skbField } from '../net/skb.ts';
import {
  csumAdd,
  csumFold,
  csumPartial,
  csumSub,
  skbDecrChecksumUnnecessary,
  skbIncrChecksumUnnecessary,
  skbResetChecksumUnnecessary,
} from '../net/skbCsum.ts';
import { UAPI } from '../spec/constants.ts';
import { EACCES, EFAULT, EINVAL, ENOTSUPP, type ImplTable } from './impl.ts';

const { BPF_F_HDR_FIELD_MASK, BPF_F_IPV6, BPF_F_MARK_ENFORCE, BPF_F_MARK_MANGLED_0, BPF_F_PSEUDO_HDR } = UAPI;
const CSUM_MANGLED_0 = 0xffff;

/** sizeof(struct bpf_scratchpad): what bpf_csum_diff takes, both buffers together. */
const MAX_BPF_STACK = 512;

/** ~x of a folded 16-bit checksum as an unsigned 32-bit sum. */
function unfold(sum: number): number {
  return ~sum >>> 0;
}

/** Address of the checksum field, or -EFAULT. */
function field(arena: Arena, skb: number, offset: number): number {
  if (offset > 0xffff || (offset & 1) !== 0 || skbEnsureWritable(arena, skb, offset + 2) !== 0) return -EFAULT;
  return skbField(arena, skb, 'data') + offset;
}

/** Replaces a difference in a header checksum. @kernel csum_replace_by_diff */
function csumReplaceByDiff(sum: number, diff: number): number {
  return csumFold(csumAdd(diff, unfold(sum)));
}

/** @kernel csum_replace4 */
function csumReplace4(sum: number, from: number, to: number): number {
  return csumFold(csumAdd(csumSub(unfold(sum), from), to));
}

/** A transport checksum after 32 bits under it changed; the sum of the whole packet changes with a pseudo header. */
function protoReplace4(arena: Arena, skb: number, sum: number, from: number, to: number, pseudo: boolean): number {
  const summed = skbField(arena, skb, 'ip_summed');
  if (summed === CHECKSUM.partial) return pseudo ? ~csumFold(csumAdd(csumSub(sum, from), to)) & 0xffff : sum;
  if (summed === CHECKSUM.complete && pseudo) {
    const csum = csumAdd(csumSub(unfold(skbField(arena, skb, 'csum')), from), to);
    setSkbField(arena, skb, 'csum', unfold(csum));
  }
  return csumReplace4(sum, from, to);
}

/** As `protoReplace4` with a difference; with `ipv6` the addresses' change is in the packet's sum already. */
function protoReplaceByDiff(
  arena: Arena,
  skb: number,
  sum: number,
  diff: number,
  pseudo: boolean,
  ipv6: boolean,
): number {
  const summed = skbField(arena, skb, 'ip_summed');
  if (summed === CHECKSUM.partial) return pseudo ? ~csumFold(csumAdd(diff, sum)) & 0xffff : sum;
  if (summed === CHECKSUM.complete && pseudo && !ipv6) {
    setSkbField(arena, skb, 'csum', unfold(csumSub(diff, skbField(arena, skb, 'csum'))));
  }
  return csumReplaceByDiff(sum, diff);
}

export const csumImpls = {
  bpf_l3_csum_replace(env, ctx, offset, fromLo, fromHi, toLo, _toHi, flags, flagsHi) {
    const { arena } = env;
    if ((flags & ~BPF_F_HDR_FIELD_MASK) !== 0 || flagsHi !== 0) return -EINVAL;
    const at = field(arena, env.object(ctx), offset);
    if (at < 0) return at;
    const sum = arena.getU16(at);
    if (flags === 0) {
      if ((fromLo | fromHi) !== 0) return -EINVAL;
      arena.setU16(at, csumReplaceByDiff(sum, toLo >>> 0));
    } else if (flags === 2) arena.setU16(at, csumReplace4(sum, fromLo & 0xffff, toLo & 0xffff));
    else if (flags === 4) arena.setU16(at, csumReplace4(sum, fromLo >>> 0, toLo >>> 0));
    else return -EINVAL;
    return 0;
  },

  bpf_l4_csum_replace(env, ctx, offset, fromLo, fromHi, toLo, _toHi, flags, flagsHi) {
    const { arena } = env;
    const known = BPF_F_HDR_FIELD_MASK | BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE | BPF_F_IPV6;
    if ((flags & ~known) !== 0 || flagsHi !== 0) return -EINVAL;
    const skb = env.object(ctx);
    const at = field(arena, skb, offset);
    if (at < 0) return at;
    const pseudo = (flags & BPF_F_PSEUDO_HDR) !== 0;
    const mangledZero = (flags & BPF_F_MARK_MANGLED_0) !== 0;
    const before = arena.getU16(at);
    if (mangledZero && (flags & BPF_F_MARK_ENFORCE) === 0 && before === 0) return 0;
    const size = flags & BPF_F_HDR_FIELD_MASK;
    let sum: number;
    if (size === 0) {
      if ((fromLo | fromHi) !== 0) return -EINVAL;
      sum = protoReplaceByDiff(arena, skb, before, toLo >>> 0, pseudo, (flags & BPF_F_IPV6) !== 0);
    } else if (size === 2) sum = protoReplace4(arena, skb, before, fromLo & 0xffff, toLo & 0xffff, pseudo);
    else if (size === 4) sum = protoReplace4(arena, skb, before, fromLo >>> 0, toLo >>> 0, pseudo);
    else return -EINVAL;
    arena.setU16(at, mangledZero && sum === 0 ? CSUM_MANGLED_0 : sum);
    return 0;
  },

  bpf_csum_diff(env, from, fromSize, to, toSize, seed) {
    if (((fromSize | toSize) & 3) !== 0 || fromSize + toSize > MAX_BPF_STACK) return env.ret64(-EINVAL, -1);
    const { arena } = env;
    let sum = seed;
    // The complement of each word of what was there, then the words of what is there now.
    for (let i = 0; i < fromSize; i += 4) sum = csumAdd(sum, ~arena.getU32(from + i) >>> 0);
    env.ret64(csumPartial(arena, to, toSize, sum), 0);
  },

  bpf_csum_update(env, ctx, csum) {
    const { arena } = env;
    const skb = env.object(ctx);
    if (skbField(arena, skb, 'ip_summed') !== CHECKSUM.complete) return env.ret64(-ENOTSUPP, -1);
    const sum = csumAdd(skbField(arena, skb, 'csum'), csum);
    setSkbField(arena, skb, 'csum', sum);
    env.ret64(sum, 0);
  },

  bpf_csum_level(env, ctx, level, levelHi) {
    const { arena } = env;
    const skb = env.object(ctx);
    if (levelHi !== 0) return -EINVAL;
    switch (level) {
      case 0: {
        const unnecessary = skbField(arena, skb, 'ip_summed') === CHECKSUM.unnecessary;
        return unnecessary ? skbField(arena, skb, 'csum_level') : -EACCES;
      }
      case 1:
        skbIncrChecksumUnnecessary(arena, skb);
        return 0;
      case 2:
        skbDecrChecksumUnnecessary(arena, skb);
        return 0;
      case 3:
        skbResetChecksumUnnecessary(arena, skb);
        return 0;
      default:
        return -EINVAL;
    }
  },
} satisfies ImplTable;
