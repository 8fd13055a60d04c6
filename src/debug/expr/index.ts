/** The debugger's expressions: conditions, watches, what `print` shows and `set` changes. See docs/debug-expressions.md. */
export { assignment } from './assign.ts';
export type { Expr } from './ast.ts';
export { checkNames } from './check.ts';
export { evaluate } from './evaluate.ts';
export { formatValue } from './format.ts';
export { parseExpr } from './parse.ts';
export type { Place } from './place.ts';
export { place } from './place.ts';
export { printExpr } from './print.ts';
export type { Reads } from './reads.ts';
export { reads } from './reads.ts';
export type { Value } from './value.ts';
export { isTrue } from './value.ts';
