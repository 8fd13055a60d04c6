/** `x`: memory, `COUNT FORMAT SIZE` after a slash as in gdb. */
import { fail, ok, type Result } from '../../util/problem.ts';
import { evaluate, parseExpr } from '../expr/index.ts';
import { describeText } from '../inspect/pointer.ts';
import { sessionProblem } from '../session/messages.ts';
import type { View } from '../view.ts';
import { commandProblem } from './messages.ts';

const SIZES: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, g: 8 };
const FORMATS = 'xduotci';
const MAX_COUNT = 4096;
const PER_LINE: Readonly<Record<number, number>> = { 1: 16, 2: 8, 4: 4, 8: 2 };

export interface XFormat {
  readonly count: number;
  readonly size: number;
  /** x hex, d signed, u unsigned, o octal, t binary, c characters, i insns. */
  readonly format: string;
}

/** Reads `8xb`; letters in any order. */
export function parseFormat(text: string, size = 8): Result<XFormat> {
  const found = /^(\d{0,5})([a-z]{0,2})$/.exec(text);
  const letters = [...(found?.[2] ?? '')];
  const bad = !found || letters.some((c) => !FORMATS.includes(c) && !Object.hasOwn(SIZES, c));
  const count = Number(found?.[1] || 1);
  if (bad || count > MAX_COUNT) return fail(commandProblem('bad-format', {}, { text }));
  const format = letters.find((c) => FORMATS.includes(c)) ?? 'x';
  const sized = letters.find((c) => Object.hasOwn(SIZES, c));
  return ok({ count, size: sized === undefined ? (format === 'c' ? 1 : size) : SIZES[sized]!, format });
}

/** A number in one of the formats. */
export function numberText(value: bigint, format: string, size: number): string {
  const bits = 8 * size;
  const v = BigInt.asUintN(bits, value);
  switch (format) {
    case 'd':
      return `${BigInt.asIntN(bits, v)}`;
    case 'u':
      return `${v}`;
    case 'o':
      return `0${v.toString(8)}`;
    case 't':
      return `0b${v.toString(2)}`;
    case 'c':
      return `${v} '${v >= 32n && v < 127n ? String.fromCharCode(Number(v)) : '.'}'`;
    default:
      return `0x${v.toString(16).padStart(2 * size, '0')}`;
  }
}

/** Lines of memory at the address that an expression gives. */
export function memoryLines(view: View, text: string, format: XFormat): Result<string[]> {
  const expr = parseExpr(text);
  if (!expr.ok) return expr;
  const value = evaluate(expr.value, view);
  if (!value.ok) return value;
  const base = value.value.kind === 'number' ? value.value.value : 0n;
  const { arena } = view.kernel;
  const { count, size } = format;
  const bytes = count * size;
  const region = base < 2n ** 32n ? arena.region(Number(base)) : undefined;
  if (!region || Number(base) + bytes > region.end) {
    return fail(sessionProblem('unreadable', {}, { address: `0x${base.toString(16)}`, size: bytes }));
  }
  const perLine = PER_LINE[size]!;
  const lines: string[] = [];
  for (let at = Number(base), left = count; left > 0; left -= perLine, at += perLine * size) {
    const cells = Array.from({ length: Math.min(perLine, left) }, (_, i) => {
      let v = 0n;
      for (let b = size - 1; b >= 0; b--) v = (v << 8n) | BigInt(arena.u8[at + i * size + b]!);
      return numberText(v, format.format, size);
    });
    const what = describeText(view, BigInt(at));
    lines.push(`0x${at.toString(16)}${what === '' ? '' : ` <${what}>`}: ${cells.join('  ')}`);
  }
  return ok(lines);
}
