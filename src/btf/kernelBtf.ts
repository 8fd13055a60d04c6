/** BTF of a kernel, vmlinux or a module on top of it: types read one by one when somebody asks, looked up by id or name. */

import type { Problem, Result } from '../util/problem.ts';
import { fail, ok } from '../util/problem.ts';
import type { BtfKind } from './kinds.ts';
import { btfProblem } from './messages.ts';
import type { BtfType } from './parse.ts';
import { EXTRA, KIND_NAMES, MAX_TYPES, readHeader, readType, stringReader } from './parse.ts';

/** A type with its id. */
export interface BtfFound<K extends BtfKind = BtfKind> {
  readonly id: number;
  readonly type: BtfType & { readonly kind: K };
}

/** Where a `KernelBtf` comes from; the words of a problem about a missing name depend on it. */
export interface KernelBtfOrigin {
  /** `vmlinux` or the module's name. */
  readonly name: string;
  /** The built-in BTF of a profile: what is missing there may be in a file. */
  readonly builtin?: boolean;
}

export interface KernelBtf extends KernelBtfOrigin {
  /** BTF that this one continues: ids below `firstId` are its types. */
  readonly base: KernelBtf | undefined;
  /** Id of the first type of its own, 1 without a base. */
  readonly firstId: number;
  /** Highest id plus 1. */
  readonly endId: number;
  /** Bytes of strings, the base's included: where a BTF on top of this one begins. */
  readonly endString: number;
  /** The type with this id; undefined for 0 (void) and ids that there are not. */
  type(id: number): BtfType | undefined;
  /** The string at an offset, the base's included; '' beyond the end. */
  string(offset: number): string;
  /** Id of the first type of this kind and name, the base's first; undefined if there is none. Anonymous types have no name. */
  find(kind: BtfKind, name: string): number | undefined;
}

/** The types of a running kernel: its own and those of its modules. */
export interface KernelTypes {
  /** BTF of the kernel itself. */
  vmlinux(): KernelBtf;
  /** Undefined when there is no such module. */
  module(name: string): KernelBtf | undefined;
}

/**
 * Opens a BTF blob: checks that every type lies inside its section, in one pass, and reads nothing else yet. References are not
 * checked: `type` answers undefined for those that lead nowhere. With `base`, `blob` is a split BTF on top of it (a module's).
 */
export function openKernelBtf(blob: Uint8Array, origin: KernelBtfOrigin, base?: KernelBtf): Result<KernelBtf> {
  const sections = readHeader(blob);
  if (!sections.ok) return sections;
  const { view, types, strings } = sections.value;
  const offsets = typeOffsets(view, types.start, types.start + types.length, base?.endId ?? 1);
  if (!offsets.ok) return offsets;
  return ok(new BtfView(origin, base, view, offsets.value, strings));
}

function typeOffsets(view: DataView, start: number, end: number, firstId: number): Result<Uint32Array> {
  const offsets = new Uint32Array(Math.min(MAX_TYPES, Math.floor((end - start) / 12)));
  let count = 0;
  for (let at = start; at < end; count++) {
    const id = firstId + count;
    if (id > MAX_TYPES) return fail(btfProblem('too-many-types', { byte: at }, { limit: MAX_TYPES }));
    if (at + 12 > end) return fail(btfProblem('type-cut', { byte: at }, { id }));
    const info = view.getUint32(at + 4, true);
    const kind = KIND_NAMES.get((info >>> 24) & 31);
    if (!kind) return fail(btfProblem('bad-kind', { byte: at }, { id, kind: (info >>> 24) & 31 }));
    const [once, each] = EXTRA[kind] ?? [0, 0];
    offsets[count] = at;
    at += 12 + once + each * (info & 0xffff);
    if (at > end) return fail(btfProblem('type-cut', { byte: offsets[count]! }, { id }));
  }
  return ok(offsets.subarray(0, count));
}

class BtfView implements KernelBtf {
  readonly name: string;
  readonly builtin: boolean;
  readonly base: KernelBtf | undefined;
  readonly firstId: number;
  readonly endId: number;
  readonly endString: number;
  private readonly view: DataView;
  private readonly offsets: Uint32Array;
  private readonly firstString: number;
  private readonly ownString: (offset: number) => string;
  private readonly known = new Map<number, BtfType>();
  private readonly names = new Map<BtfKind, ReadonlyMap<string, number>>();

  constructor(
    origin: KernelBtfOrigin,
    base: KernelBtf | undefined,
    view: DataView,
    offsets: Uint32Array,
    strings: Uint8Array,
  ) {
    this.name = origin.name;
    this.builtin = origin.builtin ?? false;
    this.base = base;
    this.firstId = base?.endId ?? 1;
    this.endId = this.firstId + offsets.length;
    this.firstString = base?.endString ?? 0;
    this.endString = this.firstString + strings.length;
    this.view = view;
    this.offsets = offsets;
    this.ownString = stringReader(strings);
  }

  type(id: number): BtfType | undefined {
    if (id < this.firstId) return this.base?.type(id);
    const at = this.offsets[id - this.firstId];
    if (at === undefined) return undefined;
    const before = this.known.get(id);
    if (before) return before;
    const info = this.view.getUint32(at + 4, true);
    const kind = KIND_NAMES.get((info >>> 24) & 31)!;
    const u32 = (offset: number): number => this.view.getUint32(at + offset, true);
    const type = readType(u32, kind, info & 0xffff, info >>> 31 === 1, (offset) => this.string(offset));
    this.known.set(id, type);
    return type;
  }

  string(offset: number): string {
    if (offset < this.firstString) return this.base?.string(offset) ?? '';
    return this.ownString(offset - this.firstString);
  }

  find(kind: BtfKind, name: string): number | undefined {
    if (name === '') return undefined;
    const below = this.base?.find(kind, name);
    if (below !== undefined) return below;
    const names = this.names.get(kind) ?? this.namesOf(kind);
    this.names.set(kind, names);
    return names.get(name);
  }

  private namesOf(kind: BtfKind): ReadonlyMap<string, number> {
    const names = new Map<string, number>();
    this.offsets.forEach((at, i) => {
      if (KIND_NAMES.get((this.view.getUint32(at + 4, true) >>> 24) & 31) !== kind) return;
      const name = this.string(this.view.getUint32(at, true));
      if (!names.has(name)) names.set(name, this.firstId + i);
    });
    return names;
  }
}

function missing(btf: KernelBtf, kind: BtfKind, name: string): Problem {
  return btfProblem(btf.builtin ? 'not-builtin' : 'no-name', {}, { kind: kind.toUpperCase(), name, btf: btf.name });
}

/** The first type of this kind and name, or a problem that names what is missing where. */
export function findKind<K extends BtfKind>(btf: KernelBtf, kind: K, name: string): Result<BtfFound<K>> {
  const id = btf.find(kind, name);
  if (id === undefined) return fail(missing(btf, kind, name));
  return ok({ id, type: btf.type(id) as BtfFound<K>['type'] });
}

/** A kernel function: `findFunc(btf, 'bpf_sk_storage_free')`. */
export const findFunc = (btf: KernelBtf, name: string): Result<BtfFound<'func'>> => findKind(btf, 'func', name);

/** How a program's attach_btf_id is looked for: kind, and prefix before the name that the user gives. */
const ATTACH_NAMES = {
  trace_raw_tp: ['typedef', 'btf_trace_'],
  trace_iter: ['func', 'bpf_iter_'],
  lsm_mac: ['func', 'bpf_lsm_'],
  lsm_cgroup: ['func', 'bpf_lsm_'],
  struct_ops: ['struct', ''],
} as const satisfies Readonly<Record<string, readonly [BtfKind, string]>>;

/**
 * What a program of this attach type is attached to, as libbpf looks it up from the name in SEC(): a raw tracepoint's typedef
 * `btf_trace_X`, the functions `bpf_lsm_X` and `bpf_iter_X`, a struct_ops struct, for all others the function itself.
 */
export function findAttachTarget(
  btf: KernelBtf,
  attachType: string,
  name: string,
): Result<BtfFound<'func' | 'typedef' | 'struct'>> {
  const rows: Readonly<Record<string, readonly ['func' | 'typedef' | 'struct', string]>> = ATTACH_NAMES;
  const [kind, prefix] = Object.hasOwn(rows, attachType) ? rows[attachType]! : (['func', ''] as const);
  return findKind(btf, kind, prefix + name);
}

/** Deeper chains of modifiers than the kernel's own limit do not load. */
const MAX_MODIFIERS = 32;

/**
 * The type behind typedefs and qualifiers; undefined for void and where a chain leads nowhere.
 * @kernel btf_type_skip_modifiers
 */
export function btfTypeSkipModifiers(btf: KernelBtf, id: number): BtfFound | undefined {
  for (let i = 0; i <= MAX_MODIFIERS; i++) {
    const type = btf.type(id);
    if (!type) return undefined;
    switch (type.kind) {
      case 'typedef':
      case 'const':
      case 'volatile':
      case 'restrict':
      case 'type_tag':
        id = type.type;
        break;
      default:
        return { id, type };
    }
  }
  return undefined;
}
