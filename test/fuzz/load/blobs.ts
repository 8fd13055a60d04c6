/** Random BTF blobs: types of all kinds that mostly refer to each other, some of them broken; and headers that lie. */
import { BTF_KINDS, type BtfKind } from '../../../src/btf/kinds.ts';
import type { Random } from '../../random.ts';
import { mutate } from '../mutate.ts';

const NAMES = [
  '',
  'a',
  'int',
  'foo',
  'bar',
  '_x',
  '.data',
  'a.b',
  'x1',
  '9x',
  'a b',
  'kptr',
  'kptr_untrusted',
  'percpu_kptr',
  'tag',
  'x\ny',
  'é',
  'bpf_spin_lock',
  'bpf_timer',
  'bpf_wq',
  'bpf_list_head',
  'bpf_list_node',
  'bpf_rb_root',
  'bpf_rb_node',
  'bpf_refcount',
  'contains:foo:node',
  'contains:foo',
  'contains:bar:a',
  'node',
  'task_struct',
  'prog_test_ref_kfunc',
  'arg:ctx',
  'n'.repeat(511),
  'n'.repeat(512),
  'n'.repeat(1100),
] as const;
const KINDS = Object.keys(BTF_KINDS) as BtfKind[];
const SIZED: readonly BtfKind[] = [
  'int',
  'int',
  'ptr',
  'array',
  'struct',
  'union',
  'enum',
  'typedef',
  'const',
  'float',
  'enum64',
];
const MODIFIERS: readonly BtfKind[] = ['typedef', 'const', 'volatile', 'restrict', 'type_tag', 'ptr'];
const FLAG = 2 ** 31;

/** Offsets of the names in a string section, and the section. */
function strings(): { offsets: number[]; bytes: Uint8Array } {
  const bytes: number[] = [0];
  const offsets = NAMES.map((name) => {
    if (name === '') return 0;
    const at = bytes.length;
    bytes.push(...new TextEncoder().encode(name), 0);
    return at;
  });
  return { offsets, bytes: Uint8Array.from(bytes) };
}
const STRINGS = strings();

class Blob {
  readonly words: number[] = [];
  private readonly random: Random;
  private readonly kinds: readonly BtfKind[];
  /** How often a field is broken. */
  private readonly wild: number;

  constructor(random: Random, kinds: readonly BtfKind[], wild: number) {
    this.random = random;
    this.kinds = kinds;
    this.wild = wild;
  }

  private odd(value: number): number {
    const { random } = this;
    if (!random.bool(this.wild)) return value;
    return random.pick([
      0,
      1,
      7,
      8,
      31,
      0xff,
      0x100,
      0xffff,
      0xfffff,
      0x100000,
      2 ** 31,
      2 ** 32 - 1,
      random.below(64),
      random.next(),
    ]);
  }

  /** Mostly one of the usual names, or none. */
  private name(kind: 'any' | 'named' | 'none'): number {
    const { random } = this;
    if (random.bool(this.wild))
      return random.pick([...STRINGS.offsets, STRINGS.bytes.length, STRINGS.bytes.length - 1, 1000000]);
    if (kind === 'none') return 0;
    return STRINGS.offsets[kind === 'named' ? 1 + random.below(5) : random.below(6)]!;
  }

  /** An id, mostly of a type of one of these kinds. */
  private id(wanted: readonly BtfKind[] = SIZED): number {
    const { kinds, random } = this;
    const fitting = kinds.flatMap((kind, i) => (wanted.includes(kind) ? [i + 1] : []));
    if (fitting.length > 0 && random.bool(0.97)) return this.odd(random.pick(fitting));
    return this.odd(1 + random.below(kinds.length + 1));
  }

  private put(
    kind: BtfKind,
    name: number,
    vlen: number,
    size: number,
    extra: readonly number[] = [],
    flag = false,
  ): void {
    const info = ((flag ? FLAG : 0) + BTF_KINDS[kind] * 2 ** 24 + vlen) >>> 0;
    this.words.push(name, this.random.bool(this.wild / 4) ? this.random.next() : info, size, ...extra);
  }

  private offsetOf(kind: BtfKind): number {
    const { random } = this;
    return kind === 'union' && random.bool(0.9)
      ? 0
      : this.odd(random.pick([0, 0, 8, 32, 64, 128, 3, random.below(256)]));
  }

  type(kind: BtfKind): void {
    const { random } = this;
    const vlen = random.below(4);
    const repeat = (make: (i: number) => number[]): number[] => Array.from({ length: vlen }, (_, i) => make(i)).flat();
    const flag = random.bool(0.3);
    switch (kind) {
      case 'int': {
        const size = random.pick([1, 2, 4, 4, 8, 16]);
        const bits = random.bool(0.97) ? size * 8 : random.below(140);
        const encoding = random.bool(0.02) ? 3 : random.pick([0, 1, 2, 4]);
        this.put(kind, this.name('any'), this.odd(0) & 3, this.odd(size), [
          this.odd((encoding << 24) | ((random.bool(0.02) ? 3 : 0) << 16) | bits),
        ]);
        return;
      }
      case 'array':
        this.put(kind, this.name('none'), 0, this.odd(0), [
          this.id(),
          random.bool(0.85) ? this.odd(1) : this.id(),
          this.odd(random.below(5)),
        ]);
        return;
      case 'struct':
      case 'union': {
        let at = 0;
        const members = repeat(() => {
          const offset = random.bool(0.8) && kind === 'struct' ? at : this.offsetOf(kind);
          at += random.pick([8, 32, 32, 64, 64]);
          return [
            this.name('any'),
            this.id(),
            flag && random.bool(0.5) ? (random.below(40) << 24) | (offset & 0xffffff) : offset,
          ];
        });
        this.put(
          kind,
          random.bool(0.2) ? random.pick(STRINGS.offsets) : this.name('any'),
          vlen,
          this.odd(random.pick([0, 4, 8, 16, 16, 24, 32, 64])),
          members.map((w) => w >>> 0),
          flag,
        );
        return;
      }
      case 'enum':
        this.put(
          kind,
          this.name('any'),
          vlen,
          this.odd(random.pick([1, 4, 4, 4, 8])),
          repeat(() => [this.name('named'), random.next()]),
          flag,
        );
        return;
      case 'enum64':
        this.put(
          kind,
          this.name('any'),
          vlen,
          this.odd(random.pick([1, 4, 8, 8])),
          repeat(() => [this.name('named'), random.next(), random.next()]),
          flag,
        );
        return;
      case 'fwd':
        this.put(kind, this.name('named'), 0, this.odd(0), [], flag);
        return;
      case 'func':
        this.put(kind, this.name('named'), random.below(20) === 0 ? 2 : random.below(2), this.id(['func_proto']));
        return;
      case 'func_proto':
        this.put(
          kind,
          this.name('none'),
          vlen,
          random.bool(0.3) ? 0 : this.id(),
          repeat((i) => [this.name('named'), i === vlen - 1 && random.bool(0.2) ? 0 : this.id()]),
        );
        return;
      case 'var':
        this.put(kind, this.name('named'), 0, this.id(), [this.odd(random.below(2))]);
        return;
      case 'datasec': {
        let at = 0;
        const vars = repeat(() => {
          const size = random.pick([1, 4, 4, 8, 16]);
          const info = [this.id(['var']), this.odd(at), this.odd(size)];
          at += size;
          return info;
        });
        this.put(
          kind,
          random.bool(0.5) ? STRINGS.offsets[6]! : this.name('named'),
          vlen,
          this.odd(at + random.below(8)),
          vars,
        );
        return;
      }
      case 'float':
        this.put(kind, this.name('named'), 0, this.odd(random.pick([2, 4, 8, 12, 16, 16])));
        return;
      case 'decl_tag':
        this.put(
          kind,
          random.bool(0.5) ? random.pick(STRINGS.offsets) : this.name('named'),
          0,
          this.id(['func', 'struct', 'union', 'var', 'typedef']),
          [random.bool(0.4) ? 2 ** 32 - 1 : this.odd(random.below(4))],
        );
        return;
      default: {
        const named = kind === 'typedef' || kind === 'type_tag' ? 'named' : 'none';
        const name =
          kind === 'type_tag' && random.bool(0.7) ? STRINGS.offsets[11 + random.below(4)]! : this.name(named);
        this.put(
          kind,
          name,
          0,
          random.bool(0.1) ? 0 : this.id(kind === 'ptr' ? [...SIZED, 'type_tag', 'fwd', 'func_proto'] : SIZED),
        );
      }
    }
  }
}

/** A header over types and strings. */
function withHeader(random: Random, types: Uint8Array, wild: number): Uint8Array {
  const header = random.bool(wild / 8) ? random.pick([24, 28, 25, 20, 8, 23, 40, 7, 4, 1000]) : 24;
  const bytes = new Uint8Array(Math.max(header, 24) + types.length + STRINGS.bytes.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xeb9f | (1 << 16), true);
  const odd = (v: number): number =>
    random.bool(wild / 20) ? random.pick([0, 1, 2, 4, v + 1, v - 1, v + 4, 2 ** 31, 2 ** 32 - 1]) >>> 0 : v;
  view.setUint32(4, header, true);
  [0, types.length, types.length, STRINGS.bytes.length].forEach((v, i) => {
    view.setUint32(8 + 4 * i, odd(v), true);
  });
  bytes.set(types, header);
  bytes.set(STRINGS.bytes, Math.min(header + types.length, bytes.length - STRINGS.bytes.length));
  return bytes;
}

/** One blob. */
export function randomBtf(random: Random): Uint8Array {
  const wild = random.pick([0, 0, 0.005, 0.02, 0.1]);
  const count = 1 + random.below(random.pick([3, 8, 8, 40]));
  const chain = random.bool(0.15);
  const rest = Array.from({ length: count - 1 }, () =>
    random.pick(chain ? MODIFIERS : ([...KINDS, 'int', 'int', 'struct'] as const)),
  );
  const kinds: readonly BtfKind[] = ['int', ...rest];
  const blob = new Blob(random, kinds, wild);
  for (const kind of kinds) blob.type(kind);
  const types = new Uint8Array(Uint32Array.from(blob.words).buffer);
  const whole = withHeader(random, types, wild);
  return random.bool(wild) ? mutate(random, whole) : whole;
}
