/** Which kinds of pointers go with which kinds of helper arguments. */
import { argKind } from '../../spec/helpers/kinds.ts';
import type { ArgBase, HelperRow } from '../../spec/helpers/row.ts';
import type { Env, Err } from '../env.ts';
import { notCovered, reject } from '../env.ts';
import { regTypeStr } from '../log/print.ts';
import type { Reg, RegType } from '../value/reg.ts';
import { FLAG } from '../value/reg.ts';
import { checkBtfIdArg } from './btfArg.ts';
import type { CallMeta } from './meta.ts';

type Kind = readonly [RegType, flags?: number];

const SOCKS: readonly Kind[] = [['PTR_TO_SOCK_COMMON'], ['PTR_TO_SOCKET'], ['PTR_TO_TCP_SOCK'], ['PTR_TO_XDP_SOCK']];
const MEM: readonly Kind[] = [
  ['PTR_TO_STACK'],
  ['PTR_TO_PACKET'],
  ['PTR_TO_PACKET_META'],
  ['PTR_TO_MAP_KEY'],
  ['PTR_TO_MAP_VALUE'],
  ['PTR_TO_MEM'],
  ['PTR_TO_MEM', FLAG.MEM_RINGBUF],
  ['PTR_TO_BUF'],
  ['PTR_TO_BTF_ID', FLAG.PTR_TRUSTED],
];
const SCALAR: readonly Kind[] = [['SCALAR_VALUE']];

/** @kernel compatible_reg_types */
const COMPATIBLE: Readonly<Partial<Record<ArgBase, readonly Kind[]>>> = {
  ARG_PTR_TO_MAP_KEY: MEM,
  ARG_PTR_TO_MAP_VALUE: MEM,
  ARG_CONST_SIZE: SCALAR,
  ARG_CONST_SIZE_OR_ZERO: SCALAR,
  ARG_CONST_ALLOC_SIZE_OR_ZERO: SCALAR,
  ARG_SCALAR: SCALAR,
  ARG_CONST_MAP_PTR: [['CONST_PTR_TO_MAP']],
  ARG_PTR_TO_CTX: [['PTR_TO_CTX']],
  ARG_PTR_TO_SOCK_COMMON: SOCKS,
  ARG_PTR_TO_SOCKET: [['PTR_TO_SOCKET']],
  ARG_PTR_TO_BTF_ID_SOCK_COMMON: [...SOCKS, ['PTR_TO_BTF_ID'], ['PTR_TO_BTF_ID', FLAG.PTR_TRUSTED]],
  ARG_PTR_TO_BTF_ID: [['PTR_TO_BTF_ID'], ['PTR_TO_BTF_ID', FLAG.PTR_TRUSTED], ['PTR_TO_BTF_ID', FLAG.MEM_RCU]],
  ARG_PTR_TO_SPIN_LOCK: [['PTR_TO_MAP_VALUE'], ['PTR_TO_BTF_ID', FLAG.MEM_ALLOC]],
  ARG_PTR_TO_MEM: MEM,
  ARG_PTR_TO_RINGBUF_MEM: [['PTR_TO_MEM', FLAG.MEM_RINGBUF]],
  ARG_PTR_TO_PERCPU_BTF_ID: [
    ['PTR_TO_BTF_ID', FLAG.MEM_PERCPU],
    ['PTR_TO_BTF_ID', FLAG.MEM_PERCPU | FLAG.MEM_RCU],
    ['PTR_TO_BTF_ID', FLAG.MEM_PERCPU | FLAG.PTR_TRUSTED],
  ],
  ARG_PTR_TO_FUNC: [['PTR_TO_FUNC']],
  ARG_PTR_TO_STACK: [['PTR_TO_STACK']],
  ARG_PTR_TO_CONST_STR: [['PTR_TO_MAP_VALUE']],
  ARG_PTR_TO_TIMER: [['PTR_TO_MAP_VALUE']],
  ARG_KPTR_XCHG_DEST: [['PTR_TO_MAP_VALUE'], ['PTR_TO_BTF_ID', FLAG.MEM_ALLOC]],
  ARG_PTR_TO_DYNPTR: [['PTR_TO_STACK'], ['CONST_PTR_TO_DYNPTR']],
};

const DYNPTR_FLAGS = FLAG.DYNPTR_TYPE_SKB | FLAG.DYNPTR_TYPE_XDP | FLAG.DYNPTR_TYPE_LOCAL | FLAG.DYNPTR_TYPE_RINGBUF;

/**
 * `base` is the argument's kind, which for map values depends on the map.
 * @kernel check_reg_type
 */
export function checkRegType(env: Env, regno: number, r: Reg, base: ArgBase, row: HelperRow, meta: CallMeta): Err {
  const expected = COMPATIBLE[base];
  if (!expected) return notCovered(env, `argument kind ${base}`);
  const { flags } = argKind(row.args[regno - 1]!);
  let bits = r.flags;
  if (flags.has('MEM_RDONLY')) bits &= ~FLAG.MEM_RDONLY;
  if (flags.has('PTR_MAYBE_NULL')) bits &= ~FLAG.PTR_MAYBE_NULL;
  if (base === 'ARG_PTR_TO_MEM') bits &= ~DYNPTR_FLAGS;
  if (meta.name === 'bpf_kptr_xchg' && bits & FLAG.MEM_ALLOC && regno === 2)
    bits &= ~(FLAG.MEM_ALLOC | FLAG.MEM_PERCPU);
  if (!expected.some(([type, f = 0]) => type === r.type && f === bits)) {
    const names = expected.map(([type, f = 0]) => regTypeStr(type, f)).join(', ');
    return reject(env, 'arg-type', { r: regno, type: regTypeStr(r.type, r.flags), expected: names });
  }
  if (r.type !== 'PTR_TO_BTF_ID') return 0;
  if (expected === MEM) {
    if (flags.has('MEM_RDONLY')) return 0;
    return reject(env, 'arg-may-write', { func: meta.name, r: regno, type: regTypeStr(r.type, r.flags) });
  }
  return checkBtfIdArg(env, regno, r, base, row, meta);
}
