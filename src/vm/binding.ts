/**
 * How a helper is called: which register words become which arguments, and what must hold of the pointers among them.
 * All of it is derived from the helper's row, so an unverified program is as safe to run as a verified one.
 */
import { dynptrSound } from '../helpers/dynptrObject.ts';
import type { HelperEnv, LoopHelper } from '../helpers/env.ts';
import { HELPER_IMPLS, LOOP_HELPERS } from '../helpers/index.ts';
import { holdsSockets } from '../helpers/map.ts';
import { MAP } from '../maps/object.ts';
import { isRingbufSample } from '../maps/ringbuf.ts';
import { PERM_READ, PERM_WRITE } from '../mem/arena.ts';
import { kindNumber, type RegionKind } from '../mem/kinds.ts';
import { HELPERS } from '../spec/helpers/index.ts';
import { argKind } from '../spec/helpers/kinds.ts';
import type { HelperName } from '../spec/helpers/params.ts';
import { argWidths } from '../spec/helpers/params.ts';
import type { ArgBase, HelperRow } from '../spec/helpers/row.ts';
import { joinHalves } from '../util/bits.ts';
import type { Problem } from '../util/problem.ts';
import { vmProblem } from './messages.ts';

type Impl = (env: HelperEnv, ...args: number[]) => number | undefined;

export interface Binding {
  readonly id: number;
  readonly name: HelperName;
  readonly row: HelperRow;
  /** Calls the implementation with its arguments taken from the frame at word `fp`. */
  readonly impl?: (env: HelperEnv, words: Int32Array, fp: number) => number | undefined;
  readonly loop?: LoopHelper;
  readonly checks: readonly ArgCheck[];
}

/** The pointer in a register, checked; `fp` is the frame's first word, registers follow each other by two words. */
type ArgCheck = (env: HelperEnv, words: Int32Array, fp: number) => Problem | undefined;

const CTX_KIND = kindNumber('ctx');
const CTX_MEMORY_KIND = kindNumber('ctx memory');

const register = (n: number): number => 2 * n;

/** Gathers the implementation's arguments: each a word of the frame, read signed or unsigned. */
function caller(impl: Impl, row: HelperRow): NonNullable<Binding['impl']> {
  const offsets: number[] = [];
  const unsigned: boolean[] = [];
  argWidths(row).forEach((width, i) => {
    offsets.push(register(i + 1));
    unsigned.push(width === 'unsigned');
    if (width === 'pair') {
      offsets.push(register(i + 1) + 1);
      unsigned.push(false);
    }
  });
  const count = offsets.length;
  return (env, words, fp) => {
    const args = new Array<number>(count);
    for (let i = 0; i < count; i++) {
      const word = words[fp + offsets[i]!]!;
      args[i] = unsigned[i] ? word >>> 0 : word;
    }
    return impl(env, ...args);
  };
}

function badArg(name: string, n: number, what: string, lo: number, hi: number): Problem {
  const value = `0x${joinHalves(lo, hi).toString(16)}`;
  return vmProblem('helper-arg', {}, { name, reg: `R${n}`, what, value });
}

/** Bytes that a memory argument must reach over, read from the other arguments. */
type SizeOf = (env: HelperEnv, words: Int32Array, fp: number) => number;

function sizeOf(row: HelperRow, index: number, base: ArgBase): SizeOf | undefined {
  const mapArg = row.args.findIndex((a) => argKind(a).base === 'ARG_CONST_MAP_PTR');
  const ofMap =
    (field: number): SizeOf =>
    (env, words, fp) =>
      env.arena.getU32((words[fp + register(mapArg + 1)]! >>> 0) + field);
  if (base === 'ARG_PTR_TO_MAP_KEY') return ofMap(MAP.keySize);
  if (base === 'ARG_PTR_TO_MAP_VALUE') return ofMap(MAP.valueSize);
  if (base === 'ARG_PTR_TO_SPIN_LOCK') return () => 4;
  if (base === 'ARG_KPTR_XCHG_DEST') return () => 8;
  if (base === 'ARG_PTR_TO_TIMER' || base === 'ARG_PTR_TO_DYNPTR') return () => 16;
  if (base === 'ARG_PTR_TO_CONST_STR') return () => 1;
  if (base !== 'ARG_PTR_TO_MEM') return undefined;
  const fixed = row.argSize?.[(index + 1) as 1];
  if (fixed !== undefined) return () => fixed;
  const next = row.args[index + 1];
  const nextBase = next === undefined ? undefined : argKind(next).base;
  if (nextBase !== 'ARG_CONST_SIZE' && nextBase !== 'ARG_CONST_SIZE_OR_ZERO') return () => 1;
  return (_env, words, fp) => words[fp + register(index + 2)]! >>> 0;
}

const mapArgOf = (row: HelperRow): number => row.args.findIndex((a) => argKind(a).base === 'ARG_CONST_MAP_PTR');

function memoryCheck(row: HelperRow, name: string, index: number): ArgCheck | undefined {
  const kind = argKind(row.args[index]!);
  const size = sizeOf(row, index, kind.base);
  if (!size) return undefined;
  const at = register(index + 1);
  const writes =
    kind.flags.has('MEM_UNINIT') ||
    kind.flags.has('MEM_WRITE') ||
    kind.base === 'ARG_PTR_TO_SPIN_LOCK' ||
    kind.base === 'ARG_KPTR_XCHG_DEST';
  const mapArg = kind.base === 'ARG_PTR_TO_MAP_VALUE' ? mapArgOf(row) : -1;
  const socket = socketCheck(name, index, true, false);
  return (env, words, fp) => {
    // The values of maps of sockets are sockets.
    if (mapArg >= 0 && holdsSockets(env, words[fp + register(mapArg + 1)]! >>> 0)) return socket(env, words, fp);
    const bytes = size(env, words, fp);
    const lo = words[fp + at]! >>> 0;
    const hi = words[fp + at + 1]!;
    if ((lo | hi) === 0 && (kind.flags.has('PTR_MAYBE_NULL') || bytes === 0)) return undefined;
    if (bytes === 0) return undefined;
    const perm = writes ? PERM_WRITE : PERM_READ;
    const found = hi === 0 ? env.arena.check(lo, bytes, perm) : -1;
    if (found < 0 || found === CTX_KIND) {
      return badArg(name, index + 1, `${bytes} ${writes ? 'writable' : 'readable'} bytes`, lo, hi);
    }
    return undefined;
  };
}

/** The argument must be the first address of a region of this kind. */
function regionCheck(name: string, index: number, kind: RegionKind, what: string, nullable: boolean): ArgCheck {
  const wanted = kindNumber(kind);
  const at = register(index + 1);
  return (env, words, fp) => {
    const lo = words[fp + at]! >>> 0;
    const hi = words[fp + at + 1]!;
    if (nullable && (lo | hi) === 0) return undefined;
    const fits = hi === 0 && env.arena.kindAt(lo) === wanted && env.arena.baseAt(lo) === lo;
    return fits ? undefined : badArg(name, index + 1, what, lo, hi);
  };
}

/** The argument must be a context: views of sockets are of its kind, and marked. */
function ctxCheck(name: string, index: number, nullable: boolean): ArgCheck {
  const at = register(index + 1);
  return ({ arena }, words, fp) => {
    const lo = words[fp + at]! >>> 0;
    const hi = words[fp + at + 1]!;
    if (nullable && (lo | hi) === 0) return undefined;
    const found = hi === 0 ? arena.kindAt(lo) : 0;
    const kind = found === CTX_MEMORY_KIND || (found === CTX_KIND && arena.tagAt(lo) === 0);
    return kind && arena.baseAt(lo) === lo ? undefined : badArg(name, index + 1, 'the context', lo, hi);
  };
}

/** The argument must be the address of a function. */
function functionCheck(name: string, index: number): ArgCheck {
  const at = register(index + 1);
  const text = kindNumber('text');
  return (env, words, fp) => {
    const lo = words[fp + at]! >>> 0;
    const hi = words[fp + at + 1]!;
    const fits = hi === 0 && env.arena.kindAt(lo) === text && (lo & 7) === 0;
    return fits ? undefined : badArg(name, index + 1, 'a function of the program', lo, hi);
  };
}

/** The argument must be the seq_file that the iterator prints to. */
function seqFileCheck(name: string, index: number): ArgCheck {
  const at = register(index + 1);
  return (env, words, fp) => {
    const lo = words[fp + at]! >>> 0;
    const hi = words[fp + at + 1]!;
    const fits = hi === 0 && lo !== 0 && lo === env.seqFile;
    return fits ? undefined : badArg(name, index + 1, 'a struct seq_file', lo, hi);
  };
}

/** The argument must be a sample of a ring buffer, reserved and not yet committed. */
function sampleCheck(name: string, index: number): ArgCheck {
  const at = register(index + 1);
  return (env, words, fp) => {
    const lo = words[fp + at]! >>> 0;
    const hi = words[fp + at + 1]!;
    return hi === 0 && isRingbufSample(env.maps, lo) ? undefined : badArg(name, index + 1, 'a reserved sample', lo, hi);
  };
}

/** The argument must be a view of a socket, or the socket's object where a program holds that with its BTF type. */
function socketCheck(name: string, index: number, nullable: boolean, mayBeCtx: boolean): ArgCheck {
  const at = register(index + 1);
  return (env, words, fp) => {
    const lo = words[fp + at]! >>> 0;
    const hi = words[fp + at + 1]!;
    if (nullable && (lo | hi) === 0) return undefined;
    const region = hi === 0 ? env.arena.region(lo) : undefined;
    const known = region?.kind === 'ctx' || region?.kind === 'kernel';
    // Views and objects of sockets are marked; the context of cgroup_sock programs is a socket too.
    const fits = known && region.base === lo && (region.tag !== 0 || mayBeCtx || env.progType === 'cgroup_sock');
    return fits ? undefined : badArg(name, index + 1, 'a socket', lo, hi);
  };
}

const SOCKETS: ReadonlySet<ArgBase> = new Set([
  'ARG_PTR_TO_SOCK_COMMON',
  'ARG_PTR_TO_SOCKET',
  'ARG_PTR_TO_BTF_ID_SOCK_COMMON',
]);

/** Types of kernel objects that stand in linear memory as they are, without a view. */
const KERNEL_OBJECTS: ReadonlySet<string> = new Set(['task_struct', 'cgroup', 'inode']);

/** The argument must be a dynptr that leads somewhere; one that is to be released holds a sample or nothing. */
function dynptrCheck(row: HelperRow, name: string, index: number, release: boolean): ArgCheck {
  const inStack = memoryCheck(row, name, index)!;
  const at = register(index + 1);
  return (env, words, fp) => {
    const problem = inStack(env, words, fp);
    if (problem) return problem;
    const lo = words[fp + at]! >>> 0;
    const data = env.arena.getU32(lo);
    const fits = dynptrSound(env.arena, lo) && (!release || data === 0 || isRingbufSample(env.maps, data));
    return fits ? undefined : badArg(name, index + 1, release ? 'the dynptr of a sample' : 'a dynptr', lo, 0);
  };
}

function checkOf(row: HelperRow, name: string, index: number): ArgCheck | undefined {
  const { base, flags } = argKind(row.args[index]!);
  if (base === 'ARG_PTR_TO_DYNPTR' && !flags.has('MEM_UNINIT')) {
    return dynptrCheck(row, name, index, flags.has('OBJ_RELEASE'));
  }
  const nullable = flags.has('PTR_MAYBE_NULL');
  if (base === 'ARG_PTR_TO_PERCPU_BTF_ID') return regionCheck(name, index, 'memory', 'memory of all CPUs', false);
  if (base === 'ARG_PTR_TO_FUNC') return functionCheck(name, index);
  if (base === 'ARG_CONST_MAP_PTR') return regionCheck(name, index, 'map', 'a map', false);
  const takesSocket = row.variants?.some(
    (v) => v.args?.[index] !== undefined && SOCKETS.has(argKind(v.args[index]).base),
  );
  if (base === 'ARG_PTR_TO_CTX' && takesSocket) return socketCheck(name, index, true, true);
  if (base === 'ARG_PTR_TO_CTX') return ctxCheck(name, index, nullable);
  if (base === 'ARG_PTR_TO_RINGBUF_MEM') return sampleCheck(name, index);
  const type = row.argBtf?.[(index + 1) as 1];
  if (base === 'ARG_PTR_TO_BTF_ID' && type !== undefined && KERNEL_OBJECTS.has(type)) {
    return regionCheck(name, index, 'kernel', `a struct ${type}`, true);
  }
  if (type === 'seq_file') return seqFileCheck(name, index);
  if (SOCKETS.has(base)) return socketCheck(name, index, nullable || base === 'ARG_PTR_TO_BTF_ID_SOCK_COMMON', false);
  return memoryCheck(row, name, index);
}

function bind(name: HelperName): Binding {
  const row: HelperRow = HELPERS[name];
  const impl = (HELPER_IMPLS as Partial<Record<HelperName, Impl>>)[name];
  const loop = (LOOP_HELPERS as Partial<Record<HelperName, LoopHelper>>)[name];
  // Maps first: key and value sizes are read from the map that was checked.
  const order = row.args
    .map((_, i) => i)
    .sort((a, b) => Number(row.args[b] === 'ARG_CONST_MAP_PTR') - Number(row.args[a] === 'ARG_CONST_MAP_PTR'));
  const checks = order.map((i) => checkOf(row, name, i)).filter((c) => c !== undefined);
  return { id: row.id, name, row, checks, ...(impl && { impl: caller(impl, row) }), ...(loop && { loop }) };
}

/** All helpers of the profile by number. */
export const bindings: ReadonlyMap<number, Binding> = new Map(
  (Object.keys(HELPERS) as HelperName[]).map((name) => [HELPERS[name].id, bind(name)]),
);

/** Why the arguments in the frame do not fit the helper, or undefined when they do. */
export function checkArgs(binding: Binding, env: HelperEnv, words: Int32Array, fp: number): Problem | undefined {
  for (const check of binding.checks) {
    const problem = check(env, words, fp);
    if (problem) return problem;
  }
  return undefined;
}
