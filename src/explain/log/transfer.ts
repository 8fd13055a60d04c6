/** What an insn does to what is known, for logs that do not print it: roughly, and never more than is certain. */
import type { LogInsn } from './insn.ts';
import type { LogValue } from './value.ts';
import { isPointer, knownNumber, makeValue } from './value.ts';

const ARGUMENTS = ['R1', 'R2', 'R3', 'R4', 'R5'];

/** Helpers that answer with a pointer, by name. */
const POINTERS: Readonly<Record<string, string>> = {
  bpf_map_lookup_elem: 'map_value',
  bpf_map_lookup_percpu_elem: 'map_value',
  bpf_get_local_storage: 'map_value',
  bpf_sk_storage_get: 'map_value',
  bpf_task_storage_get: 'map_value',
  bpf_inode_storage_get: 'map_value',
  bpf_sk_lookup_tcp: 'sock',
  bpf_sk_lookup_udp: 'sock',
  bpf_skc_lookup_tcp: 'sock_common',
  bpf_sk_fullsock: 'sock',
  bpf_tcp_sock: 'tcp_sock',
  bpf_get_listener_sock: 'sock',
  bpf_ringbuf_reserve: 'ringbuf_mem',
};

function unknown(): LogValue {
  return makeValue('scalar()', 'scalar');
}

function moved(value: LogValue, by: bigint): LogValue {
  if (value.known !== undefined) return knownNumber(BigInt.asIntN(64, value.known + by));
  if (!isPointer(value)) return unknown();
  const { text: _, ...rest } = value;
  const off = value.off + Number(by);
  return { ...rest, off, text: value.type === 'fp' ? `fp${off}` : `${value.type}(off=${off})` };
}

/** Changes a frame's values as the insn does. */
export function transfer(frame: Map<string, LogValue>, does: LogInsn): void {
  const put = (place: string, value: LogValue | undefined): void => {
    if (value) frame.set(place, value);
    else frame.delete(place);
  };
  switch (does.kind) {
    case 'copy':
      put(`R${does.dst}`, does.narrow ? unknown() : frame.get(`R${does.src}`));
      break;
    case 'set':
      put(`R${does.dst}`, does.wide ? makeValue('?', 'unknown') : knownNumber(does.value));
      break;
    case 'alu': {
      const before = frame.get(`R${does.dst}`);
      const constant = does.imm !== undefined && (does.op === '+' || does.op === '-');
      const now = before && constant ? moved(before, does.op === '+' ? does.imm! : -does.imm!) : undefined;
      put(`R${does.dst}`, now ?? (before && isPointer(before) ? before : unknown()));
      break;
    }
    case 'load': {
      const filled = does.size === 8 && does.base === 10 ? frame.get(`fp${does.off}`) : undefined;
      put(`R${does.reg}`, filled && filled.type !== 'slot' ? filled : unknown());
      break;
    }
    case 'store':
      if (does.base === 10 && does.size === 8) {
        put(`fp${does.off}`, does.reg === undefined ? knownNumber(does.imm ?? 0n) : frame.get(`R${does.reg}`));
      }
      break;
    case 'helper': {
      for (const r of ARGUMENTS) frame.delete(r);
      const type = POINTERS[does.name];
      frame.set('R0', type === undefined ? unknown() : makeValue(`${type}_or_null()`, type, { orNull: true }));
      break;
    }
    case 'packet':
      for (const r of ARGUMENTS) frame.delete(r);
      frame.set('R0', unknown());
  }
}
