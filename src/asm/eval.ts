/** The value of an expression: signed 64-bit, wrapping. */

import { swapBytes } from '../util/bits.ts';
import type { Problem } from '../util/problem.ts';
import type { Expr } from './expr.ts';
import { asmProblem } from './messages.ts';
import type { Spot } from './source.ts';
import { placeOf } from './source.ts';

/** What names mean. */
export interface Symbols {
  /** Value of a name; a problem where it cannot have one; undefined if nobody knows it. `depth`: how deep the question is nested. */
  readonly value: (name: string, at: Spot, depth: number) => bigint | Problem | undefined;
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

/** How deep expressions and the names they use may be nested. */
const MAX_NESTING = 1000;

/** Evaluates a tree; the first problem met is the answer if there is one. */
export function evaluate(expr: Expr, symbols: Symbols, depth = 0): bigint | Problem {
  if (depth > MAX_NESTING) return asmProblem('too-deep', placeOf(expr.at), { limit: MAX_NESTING });
  switch (expr.kind) {
    case 'number':
      return wrap(expr.value);
    case 'symbol':
      return symbols.value(expr.name, expr.at, depth + 1) ?? symbols.unknown(expr.name, expr.at);
    case 'unary': {
      const arg = evaluate(expr.arg, symbols, depth + 1);
      return typeof arg === 'bigint' ? wrap(UNARY[expr.op]!(arg)) : arg;
    }
    case 'choice': {
      const test = evaluate(expr.test, symbols, depth + 1);
      if (typeof test !== 'bigint') return test;
      return evaluate(test === 0n ? expr.no : expr.yes, symbols, depth + 1);
    }
    case 'binary':
      return evaluateChain(expr, symbols, depth);
    case 'call':
      return callFunction(expr, symbols, depth);
  }
}

/** `a + b + c …`: the left side is followed in a loop, since a line may hold thousands of operators. */
function evaluateChain(expr: Expr & { kind: 'binary' }, symbols: Symbols, depth: number): bigint | Problem {
  const chain = [expr];
  let first = expr.left;
  for (; first.kind === 'binary'; first = first.left) chain.push(first);
  let value = evaluate(first, symbols, depth + 1);
  for (let i = chain.length - 1; i >= 0 && typeof value === 'bigint'; i--) {
    const { op, right } = chain[i]!;
    const operand = evaluate(right, symbols, depth + 1);
    if (typeof operand !== 'bigint') return operand;
    if ((op === '/' || op === '%') && operand === 0n) return asmProblem('division-by-zero', placeOf(right.at));
    value = wrap(BINARY[op]!(value, operand));
  }
  return value;
}

function callFunction(expr: Expr & { kind: 'call' }, symbols: Symbols, depth: number): bigint | Problem {
  const [arg] = expr.args;
  if (expr.name === 'sizeof' || expr.name === 'offsetof') {
    if (expr.args.some((a) => a.kind !== 'symbol') || !arg) return asmProblem('bad-sizeof', placeOf(expr.at));
    const names = expr.args.map((a) => (a as Expr & { kind: 'symbol' }).name);
    if (expr.name === 'offsetof' && names.length === 2)
      return symbols.value(names.join('.'), expr.at, depth + 1) ?? symbols.unknown(names.join('.'), expr.at);
    const size = symbols.size(names[0]!);
    return size === undefined ? symbols.unknown(names[0]!, arg.at) : BigInt(size);
  }
  const f = Object.hasOwn(FUNCTIONS, expr.name) ? FUNCTIONS[expr.name] : undefined;
  if (!f || expr.args.length !== 1 || !arg)
    return asmProblem('unknown-function', placeOf(expr.at), {
      name: expr.name,
      known: ['sizeof', 'offsetof', ...Object.keys(FUNCTIONS)].join(', '),
    });
  const value = evaluate(arg, symbols, depth + 1);
  return typeof value === 'bigint' ? f(value) : value;
}
