/**
 * Which insns go through the context, and which through pointers to kernel objects that came out of it, as the verifier
 * knows it: values are followed through moves, additions of constants, spills, calls and jumps.
 */
import type { Insn } from '../isa/insn.ts';
import { HELPERS } from '../spec/helpers/index.ts';
import { retKind } from '../spec/helpers/kinds.ts';

/** Insns by slot, as an Executable has them. */
type Insns = readonly (Insn | undefined)[];

/** Stands for a pointer to a kernel object (PTR_TO_BTF_ID) among the offsets into the context. */
const BTF = Number.NEGATIVE_INFINITY;

/** Offset from the context, or BTF, for each register and stack slot that holds such a pointer. */
type Held = ReadonlyMap<string, number>;

const REG = (n: number): string => `r${n}`;
const SLOT = (off: number): string => `fp${off}`;
const ARGS = [1, 2, 3, 4, 5].map(REG);

/** Prog types whose context holds pointers to kernel objects. */
const BTF_CONTEXTS: ReadonlySet<string> = new Set(['netfilter', 'tracing', 'lsm', 'struct_ops', 'ext']);
/** Helpers that return such pointers. */
const BTF_HELPERS: ReadonlySet<number> = new Set(
  Object.values(HELPERS)
    .filter(({ ret }) => /BTF_ID$/.test(retKind(ret).base))
    .map(({ id }) => id),
);

function withPlace(held: Held, name: string, value: number | undefined): Held {
  if (value !== undefined) return new Map(held).set(name, value);
  if (!held.has(name)) return held;
  const next = new Map(held);
  next.delete(name);
  return next;
}

/** What the call leaves in R0 to R5. */
function afterCall(held: Held, insn: Insn): Held {
  const { row } = insn;
  const btf =
    row?.kind === 'call' && (row.target === 'kfunc' || (row.target === 'helper' && BTF_HELPERS.has(insn.imm)));
  const cleared = ARGS.reduce((h, name) => withPlace(h, name, undefined), held);
  return withPlace(cleared, REG(0), btf ? BTF : undefined);
}

/** Are the 8 bytes at an offset of the context such a pointer? */
type IsBtf = (offset: number) => boolean;

/** What is held behind an insn. */
function step(insn: Insn, held: Held, btf: IsBtf): Held {
  const { row, dst, src, off, imm } = insn;
  switch (row?.kind) {
    case 'alu': {
      if (row.name === 'mov64_reg' && off === 0) return withPlace(held, REG(dst), held.get(REG(src)));
      const base = held.get(REG(dst));
      return withPlace(held, REG(dst), base !== undefined && row.name === 'add64_imm' ? base + imm : undefined);
    }
    case 'load': {
      if (src === 10) return withPlace(held, REG(dst), row.size === 8 ? held.get(SLOT(off)) : undefined);
      const base = held.get(REG(src));
      const pointer = row.size === 8 && base !== undefined && (base === BTF || btf(base + off));
      return withPlace(held, REG(dst), pointer ? BTF : undefined);
    }
    case 'store':
      if (dst !== 10) return held;
      return withPlace(held, SLOT(off), row.operand === 'reg' && row.size === 8 ? held.get(REG(src)) : undefined);
    case 'ld_imm64':
      return withPlace(held, REG(dst), undefined);
    case 'atomic':
      return row.fetch ? withPlace(held, REG(row.op === 'cmpxchg' ? 0 : src), undefined) : held;
    case 'call':
      return afterCall(held, insn);
    default:
      return held;
  }
}

type Place = readonly [slot: number, held: Held];

/** Where execution goes on, and with what: a function of the program starts with its arguments. */
function successors(insn: Insn, slot: number, before: Held, after: Held): readonly Place[] {
  const { row } = insn;
  if (row?.kind === 'exit') return [];
  const next: Place = [slot + (row?.kind === 'ld_imm64' ? 2 : 1), after];
  if (row?.kind === 'goto') return [[slot + 1 + (row.distance === 'off' ? insn.off : insn.imm), after]];
  if (row?.kind === 'jump' || row?.kind === 'may_goto') return [next, [slot + 1 + insn.off, after]];
  if (row?.kind !== 'call' || row.target !== 'local') return [next];
  const args = new Map([...before].filter(([name]) => ARGS.includes(name)));
  return [next, [slot + 1 + insn.imm, args]];
}

/** Both: where two paths hold different offsets in one place, the larger one. */
function merged(a: Held, b: Held): Held {
  const both = new Map(a);
  for (const [name, offset] of b) both.set(name, Math.max(offset, both.get(name) ?? offset));
  return both;
}

function same(a: Held, b: Held): boolean {
  return a.size === b.size && [...a].every(([name, offset]) => b.get(name) === offset);
}

/** Times that an insn is looked at again because more is held there: loops that move the pointer end so. */
const MAX_VISITS = 16;

/** Calls `visit` for every memory access through a pointer that is followed, with what the pointer is. */
function follow(insns: Insns, btf: IsBtf, visit: (slot: number, insn: Insn, base: number) => void): void {
  const known = new Map<number, { held: Held; visits: number }>();
  const open: Place[] = [[0, new Map([[REG(1), 0]])]];
  for (let at = open.pop(); at; at = open.pop()) {
    const [slot, arriving] = at;
    const insn = insns[slot];
    const before = known.get(slot);
    const held = before ? merged(before.held, arriving) : arriving;
    const visits = (before?.visits ?? 0) + 1;
    if (!insn || visits > MAX_VISITS || (before && same(before.held, held))) continue;
    known.set(slot, { held, visits });
    const kind = insn.row?.kind;
    const base = held.get(REG(kind === 'load' ? insn.src : insn.dst));
    if (base !== undefined && (kind === 'load' || kind === 'store' || kind === 'atomic')) visit(slot, insn, base);
    open.push(...successors(insn, slot, held, step(insn, held, btf)));
  }
}

/** Bytes from the context's beginning to the end of the furthest access, where it is plain memory. @kernel max_ctx_offset */
export function maxCtxOffset(insns: Insns): number {
  let furthest = 0;
  follow(
    insns,
    () => false,
    (_slot, { row, off }, base) => {
      if (base !== BTF && row && 'size' in row) furthest = Math.max(furthest, base + off + row.size);
    },
  );
  return furthest;
}

/**
 * Slots of the loads through pointers to kernel objects: at a bad address they read 0. `buffers`: offsets of the context
 * where there are pointers to plain memory instead.
 * @kernel BPF_PROBE_MEM
 */
export function probeLoads(progType: string, insns: Insns, buffers: readonly number[]): ReadonlySet<number> {
  const probes = new Set<number>();
  const btf = BTF_CONTEXTS.has(progType);
  const calls = insns.some(
    (insn) => insn?.row?.kind === 'call' && (insn.row.target === 'kfunc' || BTF_HELPERS.has(insn.imm)),
  );
  if (!btf && !calls) return probes;
  const isBtf: IsBtf = (offset) => btf && !buffers.includes(offset);
  follow(insns, isBtf, (slot, { row }, base) => {
    if (base === BTF && row?.kind === 'load') probes.add(slot);
  });
  return probes;
}
