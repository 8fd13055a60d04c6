/** Open-coded iterators over numbers and over the bits of words. */
import { PERM_NONE, PERM_READ } from '../../mem/arena.ts';
import { kindNumber } from '../../mem/kinds.ts';
import { E2BIG, EFAULT, EINVAL, ENOMEM } from '../impl.ts';
import { kfunc } from './row.ts';

/** BPF_MAX_LOOPS */
const MAX_LOOPS = 8 * 1024 * 1024;
/** BITS_ITER_NR_WORDS_MAX */
const MAX_WORDS = 511;
const KERNEL = kindNumber('kernel');

/** struct bpf_iter_bits: the only word itself or the address of a copy of the words, number of bits, the bit last seen. */
const BITS = { words: 0, count: 8, bit: 12 } as const;

export const iterKfuncs = {
  bpf_iter_num_new: kfunc(['iter8', 's32', 's32'], 'int', ({ arena }, it, start, end) => {
    const refused = start > end ? -EINVAL : end - start > MAX_LOOPS ? -E2BIG : 0;
    arena.setU64(it, refused ? 0 : start - 1, refused ? 0 : end);
    return refused;
  }),
  bpf_iter_num_next: kfunc(['iter8'], 'pointer', ({ arena }, it) => {
    const next = (arena.getU32(it) + 1) | 0;
    if (next >= (arena.getU32(it + 4) | 0)) {
      arena.setU64(it, 0, 0);
      return 0;
    }
    arena.setU32(it, next);
    return it;
  }),
  bpf_iter_num_destroy: kfunc(['iter8'], 'void', ({ arena }, it) => arena.setU64(it, 0, 0)),

  bpf_iter_bits_new: kfunc(['iter16', 'pointer', 'u32'], 'int', ({ arena }, it, lo, hi, words) => {
    arena.fill(it, 0, 12);
    arena.setU32(it + BITS.bit, 0xffff_ffff);
    if ((lo | hi) === 0 || words === 0) return -EINVAL;
    if (words > MAX_WORDS) return -E2BIG;
    if (hi !== 0 || arena.check(lo >>> 0, 8 * words, PERM_READ) < 0) return -EFAULT;
    if (words === 1) arena.copy(it + BITS.words, lo >>> 0, 8);
    else {
      const copy = arena.alloc({ kind: 'kernel', size: 8 * words, perm: PERM_NONE });
      if (!copy.ok) return -ENOMEM;
      arena.copy(copy.value, lo >>> 0, 8 * words);
      arena.setU64(it + BITS.words, copy.value, 0);
    }
    arena.setU32(it + BITS.count, 64 * words);
    return 0;
  }),
  bpf_iter_bits_next: kfunc(['iter16'], 'pointer', ({ arena }, it) => {
    const count = arena.getU32(it + BITS.count);
    const bit = arena.getU32(it + BITS.bit) | 0;
    if (count === 0 || bit >= count) return 0;
    const words = count === 64 ? it + BITS.words : arena.getU32(it + BITS.words);
    if (count !== 64 && arena.kindAt(words) !== KERNEL) return 0;
    let next = bit + 1;
    while (next < count && ((arena.u8[words + (next >> 3)]! >> (next & 7)) & 1) === 0) next++;
    arena.setU32(it + BITS.bit, next);
    return next < count ? it + BITS.bit : 0;
  }),
  bpf_iter_bits_destroy: kfunc(['iter16'], 'void', ({ arena }, it) => {
    const words = arena.getU32(it + BITS.words);
    if (arena.getU32(it + BITS.count) > 64 && arena.kindAt(words) === KERNEL && arena.baseAt(words) === words) {
      arena.free(words);
      arena.setU64(it + BITS.words, 0, 0);
    }
  }),
};
