/** What is said of bad expressions. Places are columns of the expression's text. */
import { type Args, type Problem, reporter } from '../../util/problem.ts';
import type { Span } from './ast.ts';

const problem = reporter('debug', {
  'expr-empty': { text: 'an expression is missing', help: 'r1, pkt[12:2] == 0x0800, ipv4.src, MAP[key].field …' },
  'expr-long': { text: 'the expression has {length} characters; {limit} is the limit' },
  'expr-deep': { text: 'the expression is nested more than {limit} levels deep' },
  'expr-operators': { text: 'the expression has more than {limit} operators' },
  'expr-char': { text: "'{char}' has no meaning here" },
  'expr-number': { text: '{text} is no number of 64 bits' },
  'expr-literal': { text: '{text} is no {what}' },
  'expr-expected': { text: '{what} is expected{found}' },
  'expr-register': { text: 'there is no register {name}', help: 'there are r0 to r10, w0 to w9 and fp' },
  'expr-name': { text: "unknown name '{name}'", help: '{help}' },
  'expr-function': { text: "there is no function '{name}'", help: 'functions: {known}' },
  'expr-field': { text: '{what} has no field {name}', help: '{help}' },
  'expr-type': { text: "unknown type '{name}'", help: '{help}' },
  'expr-no-run': { text: '{name} is not known: nothing runs now', help: 'step into a packet first' },
  'expr-no-context': { text: 'nothing that runs now has a context' },
  'expr-unknown-now': { text: '{name} is not known here' },
  'expr-not-number': { text: '{what} is no number' },
  'expr-not-place': { text: '{what} is no place in memory' },
  'expr-no-members': { text: '{what} has no members', help: 'cast it: ((struct NAME *)r1)->field' },
  'expr-no-index': { text: '{what} cannot be indexed', help: 'pkt[off:size], mem[addr:size], fp[-8:4], MAP[key]' },
  'expr-no-pointer': { text: '{what} is no pointer to a known type', help: 'cast it: *(u32 *)(r1 + 4)' },
  'expr-memory': { text: '{size}-byte read at {addr}: {why}' },
  'expr-range': { text: '{what} {value} is out of range: {range}' },
  'expr-ctx-read': { text: '{type} programs cannot read these {size} bytes of {struct}' },
  'expr-map': { text: 'no map is called {name}', help: 'maps: {known}' },
  'expr-map-lookup': { text: '{type} maps such as {map} have no elements to look up' },
  'expr-key': { text: 'key of {map}: {why}' },
  'expr-not-percpu': { text: '{map} has one value for all CPUs' },
  'expr-at': { text: '@ wants an element of a per-CPU map before it: MAP[key]@2' },
  'expr-record': { text: 'a value in braces is only for keys of maps: MAP[{field: value}]' },
  'expr-compare': { text: '{left} and {right} cannot be compared so', help: 'bytes can be equal (==) or not (!=)' },
  'expr-set': {
    text: '{what} cannot be set',
    help: 'registers, memory, packet bytes, context fields and MAP[key].field can',
  },
  'expr-set-typed': { text: 'this value cannot be set: {why}' },
  'expr-set-value': { text: '{value} does not fit into {room}' },
});

type Code = Parameters<typeof problem>[0];

/** A problem at a part of an expression's text. */
export function exprProblem(code: Code, text: string, { at, length }: Span, args: Args = {}): Problem {
  return problem(code, { pos: { file: 'expression', line: 1, col: at + 1, length: Math.max(1, length) }, text }, args);
}
