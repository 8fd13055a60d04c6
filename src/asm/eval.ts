/** The value of an expression: signed 64-bit, wrapping. */

import { swapBytes } from '../util/bits.ts';
import type { Problem } from '../util/problem.ts';
import type { Expr } from './expr.ts';
import { asmProblem } from './messages.ts';
import type { Spot } from './source.ts';
import { placeOf } from './source.ts';

/** What names mean. */
export interface Symbols {
  /** Value of a name; a problem where it cannot have one; undefined if nobody knows it. */
  readonly value: (name: string, at: Spot) => bigint | Problem | undefined;
  /** Size of a type by name, for sizeof. */
  readonly size: (name: string) => number | undefined;
  readonly unknown: (name: string, at: Spot) => Problem;
}

const wrap = (v: bigint): bigint => BigInt.asIntN(64, v);
const truth = (v: boolean): bigint => (v ? 1n : 0n);

const BINARY: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '<<': (a, b) => a << (b & 63n),
  '>>': (a, b) => a >> (b & 63n),
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '==': (a, b) => truth(a === b),
  '!=': (a, b) => truth(a !== b),
  '<': (a, b) => truth(a < b),
  '<=': (a, b) => truth(a <= b),
  '>': (a, b) => truth(a > b),
  '>=': (a, b) => truth(a >= b),
  '&&': (a, b) => truth(a !== 0n && b !== 0n),
  '||': (a, b) => truth(a !== 0n || b !== 0n),
};

const UNARY: Readonly<Record<string, (a: bigint) => bigint>> = {
  '-': (a) => -a,
  '+': (a) => a,
  '~': (a) => ~a,
  '!': (a) => truth(a === 0n),
};

const swap =
  (bytes: number) =>
  (a: bigint): bigint =>
    swapBytes(BigInt.asUintN(64, a), bytes);

/** Functions of one number. The byte order is little-endian, so htons swaps. */
const FUNCTIONS: Readonly<Record<string, (a: bigint) => bigint>> = {
  htons: swap(2),
  ntohs: swap(2),
  htonl: swap(4),
  ntohl: swap(4),
  bpf_htons: swap(2),
  bpf_ntohs: swap(2),
  bpf_htonl: swap(4),
  bpf_ntohl: swap(4),
  cpu_to_be64: swap(8),
  bpf_cpu_to_be64: swap(8),
};

/** Evaluates a tree; the first problem met is the answer if there is one. */
export function evaluate(expr: Expr, symbols: Symbols): bigint | Problem {
  switch (expr.kind) {
    case 'number':
      return wrap(expr.value);
    case 'symbol':
      return symbols.value(expr.name, expr.at) ?? symbols.unknown(expr.name, expr.at);
    case 'unary': {
      const arg = evaluate(expr.arg, symbols);
      return typeof arg === 'bigint' ? wrap(UNARY[expr.op]!(arg)) : arg;
    }
    case 'choice': {
      const test = evaluate(expr.test, symbols);
      if (typeof test !== 'bigint') return test;
      return evaluate(test === 0n ? expr.no : expr.yes, symbols);
    }
    case 'binary': {
      const left = evaluate(expr.left, symbols);
      if (typeof left !== 'bigint') return left;
      const right = evaluate(expr.right, symbols);
      if (typeof right !== 'bigint') return right;
      if ((expr.op === '/' || expr.op === '%') && right === 0n)
        return asmProblem('division-by-zero', placeOf(expr.right.at));
      return wrap(BINARY[expr.op]!(left, right));
    }
    case 'call':
      return callFunction(expr, symbols);
  }
}

function callFunction(expr: Expr & { kind: 'call' }, symbols: Symbols): bigint | Problem {
  const [arg] = expr.args;
  if (expr.name === 'sizeof' || expr.name === 'offsetof') {
    if (expr.args.some((a) => a.kind !== 'symbol') || !arg) return asmProblem('bad-sizeof', placeOf(expr.at));
    const names = expr.args.map((a) => (a as Expr & { kind: 'symbol' }).name);
    if (expr.name === 'offsetof' && names.length === 2)
      return symbols.value(names.join('.'), expr.at) ?? symbols.unknown(names.join('.'), expr.at);
    const size = symbols.size(names[0]!);
    return size === undefined ? symbols.unknown(names[0]!, arg.at) : BigInt(size);
  }
  const f = Object.hasOwn(FUNCTIONS, expr.name) ? FUNCTIONS[expr.name] : undefined;
  if (!f || expr.args.length !== 1 || !arg)
    return asmProblem('unknown-function', placeOf(expr.at), {
      name: expr.name,
      known: ['sizeof', 'offsetof', ...Object.keys(FUNCTIONS)].join(', '),
    });
  const value = evaluate(arg, symbols);
  return typeof value === 'bigint' ? f(value) : value;
}
