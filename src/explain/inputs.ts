/** What a packet must hold so that a program's branches go as they do on a path: bytes, lengths, map entries. */
import { earlier } from './lineage.ts';
import type { Path, PathStep } from './log/path.ts';

/** A place in the packet or the context that the path reads, and what it should hold. */
interface Wish {
  readonly where: 'packet' | 'ctx';
  readonly off: number;
  readonly size: number;
  /** Unset: free, to be filled with whatever is tried. */
  readonly value?: bigint;
}

export interface Wishes {
  readonly bytes: readonly Wish[];
  /** Whether a lookup at a slot must find something. */
  readonly found: ReadonlyMap<number, boolean>;
}

/** A number whose comparison with `k` goes the wanted way. */
function satisfying(op: string, k: bigint, taken: boolean): bigint {
  switch (op.replace('s', '')) {
    case '==':
      return taken ? k : k + 1n;
    case '!=':
      return taken ? k + 1n : k;
    case '>':
      return taken ? k + 1n : k;
    case '>=':
      return taken ? k : k === 0n ? 0n : k - 1n;
    case '<':
      return taken ? (k === 0n ? 0n : k - 1n) : k;
    case '<=':
      return taken ? k : k + 1n;
    default:
      return taken ? k : 0n;
  }
}

function swapped(value: bigint, size: number): bigint {
  let out = 0n;
  for (let i = 0; i < size; i++) out = (out << 8n) | ((value >> BigInt(8 * i)) & 0xffn);
  return out;
}

/** The load that a register's number came from, and the number that must have been loaded to give `value` there. */
function loaded(path: Path, before: number, register: number, value: bigint | undefined): Wish | undefined {
  let reg = register;
  let wanted = value;
  const depth = path.steps[before]!.depth;
  for (let i = before - 1; i >= 0; i--) {
    const step = path.steps[i]!;
    const { does } = step;
    if (step.depth !== depth) continue;
    if (does.kind === 'copy' && does.dst === reg) reg = does.src;
    else if (does.kind === 'alu' && does.dst === reg) {
      const swap = /= (?:be|bswap)(\d+) /.exec(step.text);
      if (wanted === undefined) continue;
      if (swap) wanted = swapped(wanted, Number(swap[1]) / 8);
      else if (does.imm === undefined) return undefined;
      else if (does.op === '>>') wanted <<= does.imm;
      else if (does.op === '<<') wanted >>= does.imm;
      else if (does.op === '+') wanted -= does.imm;
      else if (does.op === '-') wanted += does.imm;
      else if (does.op === '*' && does.imm !== 0n) wanted /= does.imm;
      else if (does.op !== '&') return undefined;
    } else if (does.kind === 'load' && does.reg === reg) {
      const base = earlier(path, i, { place: `R${does.base}`, depth });
      if (base?.type !== 'pkt' && base?.type !== 'ctx') return undefined;
      const where = base.type === 'pkt' ? 'packet' : 'ctx';
      return { where, off: base.off + does.off, size: does.size, ...(wanted !== undefined && { value: wanted }) };
    } else if (does.kind === 'packet' && reg === 0) {
      const at = /skb\[(\d+)\]/.exec(step.text);
      return at
        ? { where: 'packet', off: Number(at[1]), size: 4, ...(wanted !== undefined && { value: swapped(wanted, 4) }) }
        : undefined;
    } else if (('dst' in does && does.kind !== 'if' && does.dst === reg) || (does.kind === 'helper' && reg <= 5))
      return undefined;
  }
  return undefined;
}

/** The lookup that a register's pointer came from. */
function lookup(path: Path, before: number, register: number): PathStep | undefined {
  let reg = register;
  for (let i = before - 1; i >= 0; i--) {
    const step = path.steps[i]!;
    const { does } = step;
    if (does.kind === 'copy' && does.dst === reg) reg = does.src;
    else if (does.kind === 'helper') return reg === 0 && does.name === 'bpf_map_lookup_elem' ? step : undefined;
    else if ('dst' in does && does.kind !== 'if' && does.dst === reg) return undefined;
  }
  return undefined;
}

/** What the path asks of its input: its branches, then the numbers that went into the `register` in question. */
export function wishesOf(path: Path, register: number | undefined): Wishes {
  const bytes: Wish[] = [];
  const found = new Map<number, boolean>();
  path.steps.forEach((step, i) => {
    const { does, taken } = step;
    if (does.kind !== 'if' || does.imm === undefined || taken === undefined) return;
    const call = does.imm === 0n ? lookup(path, i, does.dst) : undefined;
    if (call) found.set(call.slot, (does.op === '!=') === taken);
    else {
      const wish = loaded(path, i, does.dst, satisfying(does.op, does.imm, taken));
      if (wish) bytes.push(wish);
    }
  });
  const free: Wish[] = [];
  if (register !== undefined && path.steps.length > 0) {
    const last = path.steps.length - 1;
    const registers = new Set([register]);
    for (let i = last; i >= 0; i--) {
      const { does } = path.steps[i]!;
      if (does.kind === 'alu' && registers.has(does.dst) && does.src !== undefined) registers.add(does.src);
      if (does.kind === 'copy' && registers.has(does.dst)) registers.add(does.src);
    }
    for (const r of registers) {
      const wish = loaded(path, last, r, undefined);
      if (wish && !bytes.some((b) => b.where === wish.where && b.off === wish.off)) free.push(wish);
    }
  }
  return { bytes: [...free, ...bytes], found };
}

/** Bytes of `length` that fulfil the wishes for one place; what is free is filled. */
export function fulfil(wishes: Wishes, where: Wish['where'], length: number, fill: number): Uint8Array {
  const out = new Uint8Array(length);
  for (const wish of wishes.bytes) {
    if (wish.where !== where) continue;
    for (let i = 0; i < wish.size; i++) {
      const at = wish.off + i;
      if (at >= 0 && at < length)
        out[at] = wish.value === undefined ? fill : Number((BigInt.asUintN(64, wish.value) >> BigInt(8 * i)) & 0xffn);
    }
  }
  return out;
}
