/** Output of iterators: a buffer that a reader of their descriptor gets. Full is full: what does not fit makes all of it overflow. */
import { ERRNO } from '../spec/errno.ts';
import { LAYOUTS } from '../spec/layouts.ts';
import { btfPrintf } from './btfShow/printf.ts';
import type { HelperEnv } from './env.ts';
import { formatBpf } from './format.ts';
import { EINVAL, type ImplTable } from './impl.ts';
import { memoryArgs } from './output.ts';

const { EOVERFLOW } = ERRNO;
const SEQ = LAYOUTS.seq_file.members;

function room({ arena, seqFile }: HelperEnv): number {
  return arena.getU32(seqFile + SEQ.size[0]) - arena.getU32(seqFile + SEQ.count[0]);
}

/** Adds bytes; 0 or -EOVERFLOW. One byte always stays free: a full buffer is one that overflowed. @kernel seq_write */
function seqWrite(env: HelperEnv, bytes: Uint8Array): number {
  const { arena, seqFile } = env;
  const count = arena.getU32(seqFile + SEQ.count[0]);
  const fits = bytes.length < room(env);
  if (fits) arena.put(arena.getU32(seqFile + SEQ.buf[0]) + count, bytes);
  arena.setU32(seqFile + SEQ.count[0], fits ? count + bytes.length : arena.getU32(seqFile + SEQ.size[0]));
  return fits ? 0 : -EOVERFLOW;
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

export const seqImpls = {
  bpf_seq_printf(env, _m, fmt, fmtSize, data, dataLen) {
    const args = memoryArgs(env, data, dataLen);
    const text = args ? formatBpf(env.arena, fmt, fmtSize, args, room(env)) : -EINVAL;
    return typeof text === 'number' ? text : seqWrite(env, latin1(text));
  },

  bpf_seq_write: (env, _m, data, len) => seqWrite(env, env.arena.bytes(data, len)),

  /** Whether it fits shows in the seq_file alone. */
  bpf_seq_printf_btf(env, _m, ...value) {
    const shown = btfPrintf(env, room(env), ...value);
    if (typeof shown === 'number') return shown;
    seqWrite(env, shown.result < room(env) ? latin1(shown.text) : new Uint8Array(room(env)));
    return Math.min(0, shown.result);
  },
} satisfies ImplTable;
