/** Calls by number, as no assembler writes them, and functions of the kernel that are no kfuncs. */
import { builtinBtf } from '../../../src/btf/builtin.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';

const hex = (value: number, bytes: number): string =>
  Array.from({ length: bytes }, (_, i) => ((value >> (8 * i)) & 0xff).toString(16).padStart(2, '0')).join('');
const call = (imm: number, off = 0, dst = 0): string => `85${(0x20 + dst).toString(16)}${hex(off, 2)}${hex(imm, 4)}`;
const EXIT = 'b700000000000000 9500000000000000';
const func = (name: string): number => builtinBtf().find('func', name) ?? 0;

type Raw = Partial<LoadRequest> & { readonly insns: string };

/** What the numbers of functions are is the same for every boot of the kernel, as its BTF is. */
const RAW: Readonly<Record<string, Raw>> = {
  'id zero': { insns: `${call(0)} ${EXIT}` },
  'id zero that is never reached': { insns: `0500010000000000 ${call(0)} ${EXIT}` },
  'id of a type': { insns: `${call(1)} ${EXIT}` },
  'id of a struct': { insns: `${call(builtinBtf().find('struct', 'task_struct') ?? 0)} ${EXIT}` },
  'id beyond all': { insns: `${call(0x7fffffff)} ${EXIT}` },
  'negative id': { insns: `${call(-1)} ${EXIT}` },
  'negative offset': { insns: `${call(func('bpf_rcu_read_lock'), -1)} ${EXIT}` },
  'offset without descriptors': { insns: `${call(func('bpf_rcu_read_lock'), 1)} ${EXIT}` },
  'offset zero with an id': {
    insns: `${call(func('bpf_rcu_read_lock'))} ${call(func('bpf_rcu_read_unlock'))} ${EXIT}`,
  },
  'offset without an id': { insns: `${call(0, 1)} ${EXIT}` },
  'destination register': { insns: `${call(func('bpf_rcu_read_lock'), 0, 1)} ${EXIT}` },
  'no licence': { license: 'MIT', insns: `${call(func('bpf_rcu_read_lock'))} ${EXIT}` },
  'no licence and id zero': { license: 'MIT', insns: `${call(0)} ${EXIT}` },
  'not a kfunc': { insns: `${call(func('vfs_read'))} ${EXIT}` },
  'not a kfunc, never reached': { insns: `0500010000000000 ${call(func('vfs_read'))} ${EXIT}` },
  'variable arguments': { insns: `${call(func('_printk'))} ${EXIT}` },
  'descriptor of no BTF': {
    maps: [
      { name: 'a', type: 'array', key_size: 4, value_size: 8, max_entries: 1 },
      { name: 'b', type: 'array', key_size: 4, value_size: 8, max_entries: 1 },
    ],
    use_fd_array: true,
    insns: `${call(func('bpf_rcu_read_lock'), 1)} ${EXIT}`,
  },
};

export function rawRequests(): Map<string, LoadRequest> {
  const names = Object.entries(RAW).map(([name, raw]): [string, LoadRequest] => [
    `raw: ${name}`,
    { prog_type: 'sched_cls', license: 'GPL', ...raw, name: `raw: ${name}` },
  ]);
  return new Map(names);
}
