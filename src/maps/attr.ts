import type { Btf } from '../btf/parse.ts';
import type { BtfRecord, KernelBtfSource, StructMetas } from '../btf/record.ts';
import type { Arena } from '../mem/arena.ts';
import type { LockHooks } from './lockPoints.ts';

/** The BTF given with a map: which of its types are those of key and value. */
export interface MapBtf {
  /** True when btf_key_type_id or btf_value_type_id is given. */
  readonly hasBtf: boolean;
  readonly keyTypeId?: number;
  readonly valueTypeId?: number;
  /** The types themselves, for map_check_btf; without them nothing is checked. */
  readonly types?: { readonly btf: Btf; readonly metas: StructMetas; readonly kernel: KernelBtfSource };
  /** The special fields of values, where no types tell them. */
  readonly record?: BtfRecord;
}

/** `union bpf_attr` of BPF_MAP_CREATE. */
export interface MapAttr {
  /** BPF_MAP_TYPE_ id. */
  readonly type: number;
  readonly name: string;
  readonly key_size: number;
  readonly value_size: number;
  readonly max_entries: number;
  readonly map_flags: number;
  readonly map_extra?: number;
  /** Address of the map object that stands as the inner map's template. */
  readonly inner_map?: number;
  readonly numa_node?: number;
  readonly btf?: MapBtf;
}

/** Where maps live: `kernel.maps`, the first argument of the map functions. */
export interface MapEnv {
  readonly arena: Arena;
  /** Possible CPUs; maps keep the number they were created with. */
  readonly cpus: number;
  /** Does an interface of this index exist? Without an answer only the loopback, 1, does. */
  readonly deviceExists?: (ifindex: number) => boolean;
  /** BPF_F_RDONLY or BPF_F_WRONLY of the descriptor that user space uses; without it that of the map's creator counts. */
  readonly fileFlags?: number;
  /** Is there a cgroup of this id? Without an answer there is none. */
  readonly cgroupExists?: (id: number) => boolean;
  /** The cookie of the socket at an address, given to it now where it has none: low and high half. */
  readonly sockCookie?: (sk: number) => readonly [lo: number, hi: number];
  /** Is the socket in a reuseport group? */
  readonly inReuseport?: (sk: number) => boolean;
  /** LRU maps take 128 free nodes at a time whatever their size, as kernels before the 6.12.y clamp did. */
  readonly lruFixedTarget?: boolean;
  /** Who suspends CPUs at lock points; nobody unless a plan is at work. */
  locks?: LockHooks | undefined;
}

/** The same maps for what has no lock points of its own; locks that others hold count. */
export function withoutLockPoints(env: MapEnv): MapEnv {
  return env.locks ? { ...env, locks: { ...env.locks, reached: () => undefined } } : env;
}
