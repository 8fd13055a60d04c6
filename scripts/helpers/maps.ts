/** The maps that generated programs use, each made when a program first names it. */
import type { MapRequest } from '../../src/spec/request.ts';
import type { Random } from '../../test/random.ts';

const plain = (type: string, max_entries = 3): MapRequest => ({
  name: type,
  type,
  key_size: 4,
  value_size: 8,
  max_entries,
});
const BPF_F_NO_PREALLOC = 1;
const BPF_F_RDONLY_PROG = 128;

/** A BTF blob with two types: 1, `int` of 4 bytes, and 2, `long` of 8. */
function intBtf(): string {
  const strings = '\0int\0long\0';
  const types = [1, 1 << 24, 4, 32, 5, 1 << 24, 8, 64];
  const words = [0x0001eb9f, 24, 0, 4 * types.length, 4 * types.length, strings.length, ...types];
  const bytes = Buffer.alloc(4 * words.length + strings.length);
  for (const [i, word] of words.entries()) bytes.writeUInt32LE(word, 4 * i);
  bytes.write(strings, 4 * words.length, 'latin1');
  return bytes.toString('hex');
}

/**
 * A BTF blob of a map value: 1 is `int`, 2 a struct of the kernel's (whose members say nothing), 3 a struct with one of
 * these at its beginning and two ints at offset 16.
 */
function objectBtf(kernelStruct: string, size: number): string {
  const names = ['int', kernelStruct, 'val', 'object', 'a', 'b'];
  const at = names.map((_, i) => 1 + names.slice(0, i).reduce((sum, name) => sum + name.length + 1, 0));
  const struct = (name: number, members: readonly (readonly [number, number, number])[], bytes: number): number[] => [
    ...[at[name]!, (4 << 24) | members.length, bytes],
    ...members.flatMap(([member, type, off]) => [at[member]!, type, 8 * off]),
  ];
  const value = [[3, 2, 0] as const, [4, 1, 16] as const, [5, 1, 20] as const];
  const types = [
    ...[at[0]!, 1 << 24, 4, 0x01000020],
    ...struct(
      1,
      Array.from({ length: size / 4 }, (_, i) => [4, 1, 4 * i] as const),
      size,
    ),
    ...struct(2, value, 24),
  ];
  const strings = `\0${names.join('\0')}\0`;
  const words = [0x0001eb9f, 24, 0, 4 * types.length, 4 * types.length, strings.length, ...types];
  const bytes = Buffer.alloc(4 * words.length + strings.length);
  for (const [i, word] of words.entries()) bytes.writeUInt32LE(word, 4 * i);
  bytes.write(strings, 4 * words.length, 'latin1');
  return bytes.toString('hex');
}

const withObject = (name: string, kernelStruct: string, size: number): MapRequest => ({
  ...{ ...plain('array'), name, value_size: 24 },
  ...{ btf: objectBtf(kernelStruct, size), btf_key_type_id: 1, btf_value_type_id: 3 },
});

const entry = (key: number, value: string): { key: string; value: string } => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(key);
  return { key: bytes.toString('hex'), value };
};

const CATALOGUE = {
  hash: () => plain('hash'),
  array: () => plain('array'),
  lru_hash: () => plain('lru_hash', 4),
  percpu_hash: () => plain('percpu_hash'),
  percpu_array: () => plain('percpu_array'),
  lru_percpu_hash: () => plain('lru_percpu_hash', 4),
  lpm_trie: () => ({ ...plain('lpm_trie'), key_size: 8, map_flags: BPF_F_NO_PREALLOC }),
  queue: () => ({ ...plain('queue'), key_size: 0 }),
  stack: () => ({ ...plain('stack'), key_size: 0 }),
  bloom_filter: () => ({ ...plain('bloom_filter', 8), key_size: 0 }),
  ringbuf: () => ({ ...plain('ringbuf', 4096), key_size: 0, value_size: 0 }),
  perf_event_array: () => ({ ...plain('perf_event_array', 2), value_size: 4 }),
  prog_array: () => ({ ...plain('prog_array', 4), value_size: 4, updates: [{ key: '01000000', value_prog_index: 0 }] }),
  cgroup_array: () => ({ ...plain('cgroup_array', 2), value_size: 4 }),
  cgroup_storage: () => ({ ...plain('cgroup_storage', 0), key_size: 8 }),
  locked: () => withObject('locked', 'bpf_spin_lock', 4),
  timed: () => withObject('timed', 'bpf_timer', 16),
  task_storage: () => ({
    ...plain('task_storage', 0),
    map_flags: BPF_F_NO_PREALLOC,
    btf: intBtf(),
    btf_key_type_id: 1,
    btf_value_type_id: 2,
  }),
  stack_trace: () => ({ ...plain('stack_trace', 16), value_size: 64 }),
  devmap: () => ({ ...plain('devmap', 4), value_size: 4, updates: [entry(1, '01000000')] }),
  devmap_hash: () => ({ ...plain('devmap_hash', 4), value_size: 4, updates: [entry(7, '01000000')] }),
  cpumap: () => ({ ...plain('cpumap', 4), value_size: 4, updates: [entry(0, 'c0000000')] }),
  xskmap: () => ({ ...plain('xskmap', 4), value_size: 4 }),
  sk_storage: () => ({
    ...plain('sk_storage', 0),
    map_flags: BPF_F_NO_PREALLOC,
    btf: intBtf(),
    btf_key_type_id: 1,
    btf_value_type_id: 2,
  }),
} as const satisfies Readonly<Record<string, () => MapRequest>>;
export type MapName = keyof typeof CATALOGUE;

/** Of these a program can look up elements. */
const WITH_ELEMENTS = ['hash', 'array', 'lru_hash', 'percpu_hash', 'percpu_array', 'lru_percpu_hash'] as const;

/** Programs that may sleep cannot use these; what stands in for them. */
const NOT_SLEEPABLE: { readonly [N in MapName]?: MapName } = {
  lpm_trie: 'hash',
  bloom_filter: 'queue',
  cgroup_storage: 'hash',
};

export class MapSet {
  readonly #sleepable: boolean;
  readonly #made = new Map<string, MapRequest>();

  constructor(sleepable: boolean) {
    this.#sleepable = sleepable;
  }

  get(wanted: MapName): MapRequest {
    const name = (this.#sleepable ? NOT_SLEEPABLE[wanted] : undefined) ?? wanted;
    const known = this.#made.get(name);
    if (known) return known;
    const made = CATALOGUE[name]();
    this.#made.set(name, made);
    return made;
  }

  any(r: Random): MapRequest {
    return this.get(r.pick(WITH_ELEMENTS));
  }

  /** The array map that holds a text for ARG_PTR_TO_CONST_STR. */
  text(text: string): MapRequest {
    const known = this.#made.get(`text ${text}`);
    if (known) return known;
    const bytes = Buffer.alloc(128);
    bytes.write(text.slice(0, 127), 'latin1');
    const made: MapRequest = {
      name: 'text',
      type: 'array',
      key_size: 4,
      value_size: 128,
      max_entries: 1,
      map_flags: BPF_F_RDONLY_PROG,
      freeze: true,
      updates: [entry(0, bytes.toString('hex'))],
    };
    this.#made.set(`text ${text}`, made);
    return made;
  }
}
