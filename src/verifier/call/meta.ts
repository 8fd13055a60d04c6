/** What the arguments of one call have told so far. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import type { HelperName } from '../../spec/helpers/params.ts';
import type { MapInfo } from '../maps.ts';

/** @kernel bpf_call_arg_meta */
export interface CallMeta {
  readonly name: HelperName;
  readonly pktAccess: boolean;
  map: MapInfo | undefined;
  map_uid: number;
  /** The memory argument need not be initialised. */
  raw_mode: boolean;
  /** Uninitialised stack that the helper fills. */
  access_size: number;
  regno: number;
  mem_size: number;
  ref_obj_id: number;
  dynptr_id: number;
  release_regno: number;
  msize_max_value: bigint;
  subprogno: number;
  ret_btf: KernelBtf | undefined;
  ret_btf_id: number;
  /** The argument of bpf_this_cpu_ptr was allocated by the program. */
  percpu_alloc: boolean;
  /** Field of a map value that bpf_kptr_xchg exchanges. */
  kptr_field: KptrTarget | undefined;
}

/** What a kptr field points to. */
export interface KptrTarget {
  readonly kind: 'unref' | 'ref' | 'percpu';
  readonly btf: KernelBtf;
  readonly btf_id: number;
}

export function newMeta(name: HelperName, pktAccess: boolean): CallMeta {
  return {
    name,
    pktAccess,
    map: undefined,
    map_uid: 0,
    raw_mode: false,
    access_size: 0,
    regno: 0,
    mem_size: 0,
    ref_obj_id: 0,
    dynptr_id: 0,
    release_regno: 0,
    msize_max_value: 0n,
    subprogno: 0,
    ret_btf: undefined,
    ret_btf_id: 0,
    percpu_alloc: false,
    kptr_field: undefined,
  };
}
