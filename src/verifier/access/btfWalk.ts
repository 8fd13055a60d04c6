/** Which member of a kernel struct an access meets, by BTF. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import { btfTypeSkipModifiers } from '../../btf/kernelBtf.ts';
import type { BtfMember, BtfType } from '../../btf/parse.ts';
import { btfResolveSize } from '../../btf/size.ts';
import type { Env, Err } from '../env.ts';
import { reject } from '../env.ts';
import { FLAG } from '../value/reg.ts';

type Composite = BtfType & { readonly kind: 'struct' | 'union' };

/** What a walk found so far. */
export interface WalkState {
  /** Type behind the pointer, or the nested struct. */
  id: number;
  /** Modifiers that the way there gives a pointer. */
  flags: number;
  /** Name of the pointer member. */
  field: string;
}

/** `PTR`: a pointer to a struct; `STRUCT`: the access begins where a nested struct begins. */
export type Walked = 'PTR' | 'SCALAR' | 'STRUCT';

export function isComposite(type: BtfType | undefined): type is Composite {
  return type?.kind === 'struct' || type?.kind === 'union';
}

const named = (t: { readonly name: string } | undefined): string => t?.name || '(anon)';

/** Unions give untrusted pointers, but for those of a single member. */
const isRealUnion = (t: Composite): boolean => t.kind === 'union' && t.members.length !== 1;

/** An access behind the end may be one to the flexible array there. */
function flexibleArray(btf: KernelBtf, t: Composite, off: number): { at: number; elem: BtfType } | undefined {
  const last = t.members[t.members.length - 1];
  const array = last && btfTypeSkipModifiers(btf, last.type)?.type;
  if (array?.kind !== 'array' || array.count !== 0 || off < last!.bitOffset >>> 3) return undefined;
  const elem = btfTypeSkipModifiers(btf, array.type)?.type;
  return elem && { at: last!.bitOffset >>> 3, elem };
}

const POINTER_TAGS: Readonly<Record<string, number>> = {
  user: FLAG.MEM_USER,
  percpu: FLAG.MEM_PERCPU,
  rcu: FLAG.MEM_RCU,
};

/** Modifiers that the type tag behind a pointer gives. */
export function pointerTag(btf: KernelBtf, target: number): number {
  const tag = btf.type(target);
  return tag?.kind === 'type_tag' && Object.hasOwn(POINTER_TAGS, tag.name) ? POINTER_TAGS[tag.name]! : 0;
}

type Step = Walked | Err | { readonly into: Composite; readonly off: number };

/** The member at hand, undefined when the access does not meet it. */
function meet(
  env: Env,
  btf: KernelBtf,
  t: Composite,
  m: BtfMember,
  off: number,
  size: number,
  out: WalkState,
): Step | undefined {
  let moff = m.bitOffset >>> 3;
  if (m.bits !== 0) {
    return off <= moff && Math.ceil((m.bitOffset + m.bits) / 8) <= off + size ? 'SCALAR' : undefined;
  }
  const found = btfResolveSize(btf, m.type);
  if (!found) return reject(env, 'walk-no-size', { name: named(m) });
  const end = moff + found.size;
  if (off >= end) return undefined;
  let one = found.size;
  if (found.array) {
    one /= found.count;
    moff += Math.floor((off - moff) / one) * one;
  }
  const { type } = found;
  if (isComposite(type)) {
    if (isRealUnion(type)) out.flags |= FLAG.PTR_UNTRUSTED;
    if (off !== moff) return { into: type, off: off - moff };
    out.id = found.id;
    return 'STRUCT';
  }
  if (type.kind === 'ptr') {
    if (one !== size || off !== moff)
      return reject(env, 'walk-pointer', { name: named(m), moff, struct: named(t), off, size });
    const target = btfTypeSkipModifiers(btf, type.type);
    if (target && isComposite(target.type)) {
      out.id = target.id;
      out.flags |= pointerTag(btf, type.type);
      out.field = m.name;
      return 'PTR';
    }
  }
  if (off + size > end && !(out.flags & FLAG.PTR_UNTRUSTED)) {
    return reject(env, 'walk-member-end', { name: named(m), end, struct: named(t), off, size });
  }
  return 'SCALAR';
}

function within(env: Env, btf: KernelBtf, t: Composite, off: number, size: number, out: WalkState): Step {
  if (isRealUnion(t)) out.flags |= FLAG.PTR_UNTRUSTED;
  if (off + size > t.size) {
    const flexible = flexibleArray(btf, t, off);
    if (flexible?.elem.kind === 'int') return 'SCALAR';
    if (!flexible || !isComposite(flexible.elem)) return reject(env, 'walk-beyond', { struct: named(t), off, size });
    return { into: flexible.elem, off: (off - flexible.at) % flexible.elem.size };
  }
  for (const m of t.members) {
    const moff = m.bitOffset >>> 3;
    if (off + size <= moff) break;
    if (m.bits === 0 && off < moff) break;
    const step = meet(env, btf, t, m, off, size, out);
    if (step !== undefined) return step;
  }
  return reject(env, 'walk-no-field', { struct: named(t), off });
}

/** One struct, and those nested in it around the access. @kernel btf_struct_walk */
export function btfStructWalk(
  env: Env,
  btf: KernelBtf,
  id: number,
  off: number,
  size: number,
  out: WalkState,
): Walked | Err {
  const start = btfTypeSkipModifiers(btf, id)?.type;
  if (!isComposite(start)) return reject(env, 'walk-not-struct', { name: named(start) });
  let t: Composite = start;
  for (;;) {
    const step = within(env, btf, t, off, size, out);
    if (typeof step !== 'object') return step;
    t = step.into;
    off = step.off;
  }
}

/**
 * Whether an object of type `id` has one of type `need` at this offset; `strict`: it must be one itself.
 * @kernel btf_struct_ids_match
 */
export function btfStructIdsMatch(
  env: Env,
  btf: KernelBtf,
  id: number,
  off: number,
  needBtf: KernelBtf,
  need: number,
  strict: boolean,
): boolean {
  const same = (at: number): boolean => at === need && (btf === needBtf || at < btf.firstId);
  if (off === 0 && same(id)) return true;
  if (strict) return false;
  const out: WalkState = { id, flags: 0, field: '' };
  for (;;) {
    if (btfStructWalk(env, btf, out.id, off, 1, out) !== 'STRUCT') return false;
    if (same(out.id)) return true;
    off = 0;
  }
}
