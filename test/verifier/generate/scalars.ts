/** Statements on numbers: arithmetic, bounds, comparisons, blocks, loops. */
import type { Builder } from './model.ts';
import { SCALAR } from './model.ts';

const OPS = ['+=', '-=', '*=', '&=', '|=', '^=', '<<=', '>>=', 's>>=', '/=', '%=', 's/=', 's%='];
const CONDS = ['==', '!=', '>', '>=', '<', '<=', 's>', 's>=', 's<', 's<=', '&'];

export function alu(b: Builder): void {
  const { random } = b;
  const dst = b.scalar(true);
  if (b.isPinned(dst)) return;
  const wide = random.bool(0.65);
  const name = wide ? 'r' : 'w';
  const op = random.pick(OPS);
  const shift = op.includes('<<') || op.includes('>>');
  if (random.bool(0.45)) {
    const src = b.scalar();
    if (shift && !b.slip()) b.emit(`${name}${dst} ${op} ${random.below(wide ? 64 : 32)}`);
    else b.emit(`${name}${dst} ${op} ${name}${src}`);
  } else {
    let imm = shift ? random.below(wide ? 64 : 32) : b.constant();
    if (/[/%]/.test(op) && imm === 0) imm = 3;
    b.emit(`${name}${dst} ${op} ${imm}`);
  }
  b.set(dst, SCALAR);
}

export function unary(b: Builder): void {
  const { random } = b;
  const src = b.scalar();
  const dst = b.free();
  if (b.isPinned(dst)) return;
  const text = random.weighted<() => string>([
    [4, () => () => `r${dst} = r${src}`],
    [3, () => () => `w${dst} = w${src}`],
    [2, () => () => `r${dst} = (s${random.pick([8, 16, 32])})r${src}`],
    [2, () => () => `w${dst} = (s${random.pick([8, 16])})w${src}`],
    [2, () => () => `r${dst} = ${b.constant()}`],
    [1, () => () => `w${dst} = ${b.constant()}`],
    [1, () => () => `r${dst} = ${(BigInt(random.next()) << 32n) | BigInt(random.next())} ll`],
  ])();
  const kind = b.kind(src);
  b.emit(text);
  b.set(dst, text === `r${dst} = r${src}` ? kind : SCALAR);
  if (random.bool(0.15)) {
    b.emit(
      random.pick([
        `r${dst} = -r${dst}`,
        `w${dst} = -w${dst}`,
        `r${dst} = bswap16 r${dst}`,
        `r${dst} = be32 r${dst}`,
        `r${dst} = le16 r${dst}`,
      ]),
    );
    b.set(dst, SCALAR);
  }
}

/** A number becomes at most `max`, in one of several ways. */
function bound(b: Builder, r: number, max: number): void {
  const { random } = b;
  if (b.slip()) {
    b.set(r, { is: 'scalar', max });
    return;
  }
  const ways: (() => void)[] = [
    () => b.emit(`r${r} &= ${2 ** Math.floor(Math.log2(max + 1)) - 1}`),
    () => b.emit(`w${r} &= ${2 ** Math.floor(Math.log2(max + 1)) - 1}`),
    () => b.emit(`r${r} %= ${max + 1}`, `r${r} &= ${2 ** Math.floor(Math.log2(max + 1)) - 1}`),
    () => b.emit(`r${r} <<= 32`, `r${r} >>= ${32 + Math.ceil(32 - Math.log2(max + 1))}`),
  ];
  if (b.held === 0) {
    ways.push(
      () => b.emit(`if r${r} > ${max} goto out`),
      () => b.emit(`if r${r} >= ${max + 1} goto out`),
      () => b.emit(`if r${r} s< 0 goto out`, `if r${r} s> ${max} goto out`),
      () => b.emit(`w${r} = w${r}`, `if w${r} > ${max} goto out`),
      () => b.emit(`w${r} = w${r}`, `if w${r} s< 0 goto out`, `if w${r} s> ${max} goto out`),
    );
  }
  random.pick(ways)();
  b.set(r, { is: 'scalar', max });
}

/** A fresh number of at most `max` in a register of its own. */
export function bounded(b: Builder, max: number): number {
  const have = b.having('scalar', true).filter((r) => {
    const k = b.kind(r);
    return k.is === 'scalar' && k.max !== undefined && k.max <= max;
  });
  if (have.length > 0 && b.random.bool(0.5)) return b.random.pick(have);
  const src = b.scalar();
  let dst = src;
  if (b.isPinned(src) || b.random.bool(0.4)) {
    dst = b.free();
    b.emit(`r${dst} = r${src}`);
  }
  bound(b, dst, max);
  return dst;
}

function condition(b: Builder): string {
  const { random } = b;
  const name = random.bool(0.65) ? 'r' : 'w';
  const left = b.scalar();
  const right = random.bool(0.35) ? `${name}${b.scalar()}` : String(b.constant());
  return `${name}${left} ${random.pick(CONDS)} ${right}`;
}

/** Two numbers with one origin, one of them compared, the other used as an index on the stack. */
export function linked(b: Builder): void {
  const { random } = b;
  const from = b.scalar();
  const wasPinned = b.isPinned(from);
  b.pin(from);
  const to = b.free();
  b.pin(to);
  const p = b.free();
  b.unpin(to);
  if (!wasPinned) b.unpin(from);
  if (b.isPinned(to) || b.isPinned(p) || new Set([from, to, p]).size < 3) return;
  b.emit(`r${to} = r${from}`);
  const by = random.bool(0.7) ? random.pick([1, 4, 8, 16, -4, 0x7fffffff]) : 0;
  if (by !== 0) b.emit(`r${to} += ${by}`);
  b.set(to, SCALAR);
  const [checked, index] = random.bool(0.5) ? [from, to] : [to, from];
  const skip = b.label();
  b.emit(`if r${checked} ${random.pick(['>', '>=', '==', '!='])} ${8 + random.below(24)} goto ${skip}`);
  const before = b.snapshot();
  if (random.bool(0.6)) {
    if (b.slip()) b.emit(`if r${index} > 40 goto ${skip}`);
    else b.emit(`if r${index} s> 63 goto ${skip}`, `if r${index} s< 0 goto ${skip}`);
    b.emit(`r${p} = r10`, `r${p} += -64`, `r${p} += r${index}`, `r${p} = *(u8 *)(r${p} + 0)`);
    b.set(p, SCALAR);
  } else b.emit(`r${random.bool(0.5) ? to : from} ${random.pick(['&=', '+=', '>>='])} ${1 + random.below(9)}`);
  b.place(skip);
  b.merge(before);
}

/** Leaves the program early. */
export function early(b: Builder): void {
  if (b.held > 0 && !b.slip()) return;
  b.emit(`if ${condition(b)} goto out`);
}

/** `if … { } else { }` */
export function block(b: Builder, statement: (b: Builder) => void): void {
  const [skip, end] = [b.label(), b.label()];
  const otherwise = b.random.bool(0.5);
  b.emit(`if ${condition(b)} goto ${skip}`);
  const before = b.snapshot();
  b.depth++;
  const n = b.random.below(4);
  for (let i = otherwise ? 0 : -1; i < n; i++) statement(b);
  if (otherwise) {
    const after = b.snapshot();
    b.emit(`goto ${end}`);
    b.place(skip);
    b.model = before;
    for (let i = b.random.below(3); i >= 0; i--) statement(b);
    b.place(end);
    b.merge(after);
  } else {
    b.place(skip);
    b.merge(before);
  }
  b.depth--;
}

/** A loop with a counter, whose lines carry its label as a comment, so that they are left out together; its body keeps what registers and slots are for. */
export function loop(b: Builder, statement: (b: Builder) => void): void {
  const { random } = b;
  const counter = b.free(6);
  if (b.isPinned(counter)) return;
  const saved = b.pinned;
  const times = random.weighted<number>([
    [8, () => 2 + random.below(6)],
    [b.depth === 0 ? 1 : 0, () => 20 + random.below(40)],
  ]);
  const head = b.label();
  const down = random.bool(0.3);
  const tag = ` # ${head}`;
  b.emit(`r${counter} = ${down ? times : 0}${tag}`);
  b.set(counter, SCALAR);
  b.pin(counter);
  for (let r = 0; r < 10; r++) {
    const k = b.kind(r);
    if (k.is === 'scalar') b.set(r, SCALAR);
    else if (k.is !== 'none') b.pin(r);
  }
  const before = b.snapshot();
  b.place(head);
  b.depth++;
  for (let i = random.below(3); i >= 0; i--) statement(b);
  b.depth--;
  b.settle(before);
  const width = random.bool(0.75) ? 'r' : 'w';
  if (down) b.emit(`r${counter} -= 1${tag}`, `if ${width}${counter} != 0 goto ${head}${tag}`);
  else {
    b.emit(
      `r${counter} += ${b.slip() ? 0 : 1}${tag}`,
      `if ${width}${counter} ${random.pick(['<', 's<', '!='])} ${times} goto ${head}${tag}`,
    );
  }
  b.pinned = saved;
  b.set(counter, SCALAR);
}
