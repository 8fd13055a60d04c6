import type { Arena } from '../mem/arena.ts';

/** What the BTF given with a map says of its key and value, as far as the maps need it. */
export interface MapBtf {
  /** True when btf_key_type_id or btf_value_type_id is given. */
  readonly hasBtf: boolean;
  readonly keyTypeId?: number;
  readonly valueTypeId?: number;
  /** Offset of the `struct bpf_spin_lock` in the value. */
  readonly spinLockOff?: number;
  /** Offset of the `struct bpf_timer` in the value. */
  readonly timerOff?: number;
  /** Byte size and kind of the key's type, for the checks of map_check_btf; not checked when absent. */
  readonly keySize?: number;
  readonly keyKind?: 'int32' | 'struct' | 'other';
  readonly valueSize?: number;
  readonly valueIsDatasec?: boolean;
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
  /** Is there a cgroup of this id? Without an answer there is none. */
  readonly cgroupExists?: (id: number) => boolean;
  /** LRU maps take 128 free nodes at a time whatever their size, as kernels before the 6.12.y clamp did. */
  readonly lruFixedTarget?: boolean;
}
