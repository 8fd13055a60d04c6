/** Random structs with special fields, right and wrong, as values of maps. */
import { BtfBuilder } from '../../../src/btf/builder.ts';
import { FIELD_KINDS } from '../../../src/btf/fields.ts';
import { MAP_TYPES } from '../../../src/spec/mapTypes.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import { toHex } from '../../../src/util/hex.ts';
import type { Random } from '../../random.ts';

const TAGS = ['kptr', 'kptr', 'kptr_untrusted', 'percpu_kptr', 'other'] as const;
const TARGETS = ['task_struct', 'cgroup', 'bpf_cpumask', 'sk_buff', 'own', 'own', 'prog_test_ref_kfunc'] as const;
const STRUCTS = Object.values(FIELD_KINDS).flatMap(({ struct, size, align }) =>
  struct ? [{ struct, size, align }] : [],
);
const TYPES = [
  'hash',
  'hash',
  'array',
  'array',
  'lru_hash',
  'percpu_hash',
  'percpu_array',
  'sk_storage',
  ...Object.keys(MAP_TYPES),
];

interface Part {
  readonly type: number;
  readonly size: number;
  readonly align: number;
  readonly contains?: string;
}

class Maker {
  readonly b = new BtfBuilder();
  readonly random: Random;
  readonly int = this.b.int('int', 4, { signed: true });
  readonly index = this.b.int('unsigned int', 4);
  readonly wide = this.b.int('long', 8);
  private readonly made = new Map<string, number>();

  constructor(random: Random) {
    this.random = random;
  }

  once(key: string, make: () => number): number {
    const id = this.made.get(key) ?? make();
    this.made.set(key, id);
    return id;
  }

  private special(): Part {
    const { b, random } = this;
    const { struct, size, align } = random.pick(STRUCTS);
    const wrong = random.bool(0.03);
    const id = this.once(`${struct} ${wrong}`, () => b.struct(struct, wrong ? size + 4 : size));
    const type = random.bool(0.04) ? b.typedef(random.pick(['other', struct]), id) : id;
    const root = struct === 'bpf_list_head' || struct === 'bpf_rb_root';
    const contains = random.pick(['node0:n', 'node0:n', 'node1:n', 'node1:m', 'node0:', 'node0', 'absent:n']);
    return { type, size: wrong ? size + 4 : size, align, ...(root && random.bool(0.95) && { contains }) };
  }

  private pointer(): Part {
    const { b, random } = this;
    const name = random.pick(TARGETS);
    const target = random.bool(0.95) ? this.once(`to ${name}`, () => b.struct(name, 8)) : this.int;
    const inner = random.bool(0.1) ? b.const(target) : target;
    const tagged = random.bool(0.9) ? b.typeTag(random.pick(TAGS), inner) : inner;
    const twice = random.bool(0.03) ? b.typeTag('kptr', tagged) : tagged;
    const ptr = b.ptr(twice);
    return { type: random.bool(0.1) ? b.volatile(ptr) : ptr, size: 8, align: 8 };
  }

  private part(depth: number): Part {
    const { b, random } = this;
    const plain = (): Part =>
      random.bool(0.5) ? { type: this.int, size: 4, align: 4 } : { type: this.wide, size: 8, align: 8 };
    const nested = (): Part => {
      if (depth > 2) return plain();
      const { id, size } = this.struct(`in${depth}`, depth + 1, 1 + random.below(2));
      return { type: id, size, align: 8 };
    };
    const one = random.weighted([
      [3, plain],
      [4, () => this.special()],
      [3, () => this.pointer()],
      [2, nested],
    ]);
    if (!random.bool(0.12)) return one;
    const count = random.pick([0, 1, 2, 3, 12]);
    return { ...one, type: b.array(one.type, this.index, count), size: one.size * count };
  }

  struct(name: string, depth: number, count: number, more: readonly Part[] = []): { id: number; size: number } {
    const { b, random } = this;
    const id = b.struct(name, 0);
    let at = 0;
    const parts = [...Array.from({ length: count }, () => this.part(depth)), ...more];
    const members = parts.map(({ type, size, align, contains }, i) => {
      const to = random.bool(0.97) ? align : 1;
      at = Math.ceil(at / to) * to;
      const offset = random.bool(0.02) ? 0 : at;
      at += size;
      if (contains !== undefined) b.declTag(`contains:${contains}`, id, i);
      return { name: i >= count ? 'n' : `f${i}`, type, bitOffset: offset * 8 };
    });
    b.setMembers(id, members);
    const size = Math.ceil(at / 8) * 8;
    b.setSize(id, size);
    return { id, size };
  }
}

/** A map whose value is such a struct; no program. */
export function randomRecordRequest(random: Random, name: string): LoadRequest {
  const m = new Maker(random);
  for (const [i, struct] of (['bpf_list_node', 'bpf_rb_node'] as const).entries()) {
    const size = struct === 'bpf_list_node' ? 24 : 32;
    const type = m.once(`${struct} false`, () => m.b.struct(struct, size));
    if (random.bool(0.6)) m.struct(`node${i}`, 2, random.below(3), [{ type, size, align: 8 }]);
  }
  const lock = m.once('bpf_spin_lock false', () => m.b.struct('bpf_spin_lock', 4));
  const more = random.bool(0.4) ? [{ type: lock, size: 4, align: 4 }] : [];
  const value = m.struct('value', 0, 1 + random.below(4), more);
  const variable = m.b.var('v', value.id, true);
  const section = m.b.datasec('.data', value.size || 1, [{ type: variable, offset: 0, size: value.size || 1 }]);
  const key = random.pick([m.int, m.int, m.int, m.int, m.wide, value.id, 0]);
  const asSection = random.bool(0.1);
  const valueId = random.bool(0.05)
    ? random.pick([0, m.int, 9999, variable])
    : asSection
      ? section
      : random.bool(0.1)
        ? m.b.typedef('v_t', value.id)
        : value.id;
  const type = random.pick(TYPES);
  const storage = type.endsWith('_storage');
  return {
    name,
    maps: [
      {
        name: 'm',
        type,
        key_size: key === m.wide ? 8 : random.bool(0.03) ? 8 : 4,
        value_size: random.bool(0.03) ? 8 : Math.max(value.size, 1),
        max_entries: storage ? 0 : asSection ? 1 : 1 + random.below(2),
        map_flags: (storage || type === 'lpm_trie' ? 1 : 0) | (random.bool(0.05) ? 128 : 0),
        btf: toHex(m.b.build()),
        btf_key_type_id: key,
        btf_value_type_id: valueId,
      },
    ],
  };
}
