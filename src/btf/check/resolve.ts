/** The second pass: what types refer to, followed with a stack of at most 32 so that loops are found. */
import { ERRNO } from '../../spec/errno.ts';
import { logMember, logType, logVar, memberAt, varAt } from './describe.ts';
import { checkMember } from './member.ts';
import { checkFunc, checkFuncProto } from './proto.ts';
import type { BtfEnv, Errno, RawType } from './raw.ts';
import {
  hasNoSize,
  isModifier,
  isRegularInt,
  isSourceOnly,
  isStruct,
  needsResolve,
  type Resolved,
  typeIdSize,
} from './sizes.ts';

const MAX_DEPTH = 32;
const U32_MAX = 0xffffffff;
const { EINVAL, E2BIG, EEXIST } = ERRNO;

interface Vertex {
  readonly t: RawType;
  next: number;
}

/** Which types end a chain: pointers do where a struct's size is asked for, structs where a pointer's target is. */
type Mode = 'any' | 'pointer' | 'struct';

/** The state of the second pass. */
export class Resolver implements Resolved {
  readonly env: BtfEnv;
  readonly ids: Uint32Array;
  readonly sizes: Uint32Array;
  private readonly visits: Uint8Array;
  private stack: Vertex[] = [];
  private mode: Mode = 'any';

  constructor(env: BtfEnv) {
    this.env = env;
    this.ids = new Uint32Array(env.types.length);
    this.sizes = new Uint32Array(env.types.length);
    this.visits = new Uint8Array(env.types.length);
  }

  isResolved(id: number): boolean {
    return this.visits[id] === 2;
  }

  /** @kernel env_type_is_resolve_sink */
  private isSink(t: RawType | undefined): boolean {
    if (this.mode === 'any') return !needsResolve(t);
    if (isModifier(t)) return false;
    return this.mode === 'pointer' ? t?.kind !== 'ptr' : t?.kind !== 'array' && !isStruct(t);
  }

  /** @kernel env_stack_push */
  private push(t: RawType): Errno {
    if (this.stack.length === MAX_DEPTH) return -E2BIG;
    if (this.visits[t.id] !== 0) return -EEXIST;
    this.visits[t.id] = 1;
    this.stack.push({ t, next: 0 });
    if (this.mode === 'any') {
      if (t.kind === 'ptr') this.mode = 'pointer';
      else if (isStruct(t) || t.kind === 'array') this.mode = 'struct';
    }
    return 0;
  }

  /** @kernel env_stack_pop_resolved */
  private pop(id: number, size: number): Errno {
    const { t } = this.stack.pop()!;
    this.ids[t.id] = id;
    this.sizes[t.id] = size;
    this.visits[t.id] = 2;
    return 0;
  }

  private refuse(t: RawType, what: string): Errno {
    logType(this.env, t, what);
    return -EINVAL;
  }

  /** Whether a type has to be followed first. */
  private mustPush(t: RawType | undefined): boolean {
    return t !== undefined && !this.isSink(t) && !this.isResolved(t.id);
  }

  /** Follows a type with all that it needs. @kernel btf_resolve */
  resolve(t: RawType): Errno {
    this.mode = 'any';
    let err = this.push(t);
    for (let v = this.stack.at(-1); err === 0 && v; v = this.stack.at(-1)) err = this.step(v);
    if (err === -E2BIG) logType(this.env, t, `Exceeded max resolving depth:${MAX_DEPTH}`);
    else if (err === -EEXIST) logType(this.env, t, 'Loop detected');
    if (err === 0 && !this.isValid(t)) return this.refuse(t, 'Invalid resolve state');
    return err;
  }

  /** @kernel btf_resolve_valid */
  private isValid(t: RawType): boolean {
    if (!this.isResolved(t.id)) return false;
    if (!isModifier(t) && t.kind !== 'ptr' && t.kind !== 'var') return true;
    const to = this.env.types[this.ids[t.id]!];
    return !isModifier(to) && to?.kind !== 'var' && to?.kind !== 'datasec';
  }

  private step(v: Vertex): Errno {
    switch (v.t.kind) {
      case 'struct':
      case 'union':
        return this.struct(v);
      case 'array':
        return this.array(v.t);
      case 'datasec':
        return this.datasec(v);
      case 'decl_tag':
        return this.declTag(v.t);
      case 'func':
        return checkFunc(this.env, v.t) || this.pop(v.t.size, 0);
      default:
        return this.reference(v.t);
    }
  }

  /** @kernel btf_modifier_resolve, btf_ptr_resolve, btf_var_resolve */
  private reference(t: RawType): Errno {
    const { types } = this.env;
    let next = types[t.size];
    if ((t.size !== 0 && !next) || isSourceOnly(next)) return this.refuse(t, 'Invalid type_id');
    if (next && this.mustPush(next)) return this.push(next);
    if (!isModifier(t) && isModifier(next)) {
      // It may have stopped at a pointer while the size of a struct was asked for.
      const behind = types[this.ids[t.size]!];
      if (behind?.kind === 'ptr' && this.mustPush(behind)) return this.push(behind);
    }
    const sized = typeIdSize(this, t.size);
    if (sized) return this.pop(sized.id, 0);
    let id = t.size;
    if (this.isResolved(id)) {
      id = this.ids[id]!;
      next = types[id];
    }
    const sizeless = id === 0 || next?.kind === 'fwd' || next?.kind === 'func_proto';
    return t.kind === 'var' || !sizeless ? this.refuse(t, 'Invalid type_id') : this.pop(id, 0);
  }

  /** @kernel btf_array_resolve */
  private array(t: RawType): Errno {
    const { types } = this.env;
    const [elemId, indexId, count] = [t.word(0), t.word(1), t.word(2)];
    const index = types[indexId];
    if (hasNoSize(index) || isSourceOnly(index)) return this.refuse(t, 'Invalid index');
    if (index && this.mustPush(index)) return this.push(index);
    const indexSize = typeIdSize(this, indexId);
    if (!isRegularInt(indexSize && types[indexSize.id])) return this.refuse(t, 'Invalid index');
    const elem = types[elemId];
    if (hasNoSize(elem) || isSourceOnly(elem)) return this.refuse(t, 'Invalid elem');
    if (elem && this.mustPush(elem)) return this.push(elem);
    const sized = typeIdSize(this, elemId);
    if (!sized) return this.refuse(t, 'Invalid elem');
    const one = types[sized.id]!;
    if (one.kind === 'int' && !isRegularInt(one)) return this.refuse(t, 'Invalid array of int');
    if (count !== 0 && sized.size > Math.floor(U32_MAX / count)) return this.refuse(t, 'Array size overflows U32_MAX');
    return this.pop(sized.id, sized.size * count);
  }

  /** @kernel btf_struct_resolve */
  private struct(v: Vertex): Errno {
    const { t } = v;
    if (v.next > 0) {
      const err = checkMember(this, t, memberAt(t, v.next - 1));
      if (err) return err;
    }
    for (let i = v.next; i < t.vlen; i++) {
      const m = memberAt(t, i);
      const type = this.env.types[m.type];
      if (hasNoSize(type) || isSourceOnly(type)) {
        logMember(this.env, t, m, 'Invalid member');
        return -EINVAL;
      }
      if (type && this.mustPush(type)) {
        v.next = i + 1;
        return this.push(type);
      }
      const err = checkMember(this, t, m);
      if (err) return err;
    }
    return this.pop(0, 0);
  }

  /** A variable that had to be followed is not measured afterwards. @kernel btf_datasec_resolve */
  private datasec(v: Vertex): Errno {
    const { t } = v;
    const { types } = this.env;
    this.mode = 'any';
    for (let i = v.next; i < t.vlen; i++) {
      const info = varAt(t, i);
      const variable = types[info.type];
      const refuse = (what: string): Errno => {
        logVar(this.env, t, info, what);
        return -EINVAL;
      };
      if (variable?.kind !== 'var') return refuse('Not a VAR kind member');
      if (this.mustPush(variable)) {
        v.next = i + 1;
        return this.push(variable);
      }
      const sized = typeIdSize(this, variable.size);
      if (!sized) return refuse('Invalid type');
      if (info.size < sized.size) return refuse('Invalid size');
    }
    return this.pop(0, 0);
  }

  /** @kernel btf_decl_tag_resolve */
  private declTag(t: RawType): Errno {
    const { types } = this.env;
    const target = types[t.size];
    const kinds = ['func', 'struct', 'union', 'var', 'typedef'];
    if (!target || !kinds.includes(target.kind)) return this.refuse(t, 'Invalid type_id');
    if (target && this.mustPush(target)) return this.push(target);
    const component = t.word(0);
    if ((component | 0) !== -1) {
      const whole = target.kind === 'var' || target.kind === 'typedef';
      const parts = target.kind === 'func' ? (types[target.size]?.vlen ?? 0) : target.vlen;
      if (whole || component >= parts) return this.refuse(t, 'Invalid component_idx');
    }
    return this.pop(t.size, 0);
  }
}

/** @kernel btf_check_all_types */
export function checkAllTypes(resolver: Resolver): Errno {
  const { env } = resolver;
  env.resolving = true;
  for (let id = 1; id < env.types.length; id++) {
    const t = env.types[id]!;
    if (needsResolve(t) && !resolver.isResolved(id)) {
      const err = resolver.resolve(t);
      if (err) return err;
    }
    if (t.kind !== 'func_proto') continue;
    const err = checkFuncProto(resolver, t);
    if (err) return err;
  }
  return 0;
}
