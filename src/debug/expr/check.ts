/** Names that mean nothing, found before an expression is evaluated: a condition need not wait for its first hit to be refused. */
import { fail, ok, type Problem, type Result } from '../../util/problem.ts';
import type { View } from '../view.ts';
import type { Expr, Node, NodeOf } from './ast.ts';
import { evaluationOf } from './evaluate.ts';
import { type Evaluation, isProblem } from './evaluation.ts';
import { isKnown } from './names.ts';
import { isLayer } from './packetFields.ts';

/** What is wrong with a word whatever the moment: unknown names and fields. Problems of the moment do not count. */
function wrong(e: Evaluation, node: Node): Problem | undefined {
  const value = e.value(node);
  const names = ['debug.expr-name', 'debug.expr-map', 'debug.expr-field', 'debug.expr-type'];
  return isProblem(value) && names.includes(value.code) ? value : undefined;
}

function ofMember(e: Evaluation, node: NodeOf<'member'>): Problem | undefined {
  const { base } = node;
  if (base.kind !== 'name') return visit(e, base);
  if (e.view.kernel.map(`${base.name}.${node.name}`)) return undefined;
  return wrong(e, base.name === 'pkt' || isLayer(base.name) ? node : base);
}

function first(e: Evaluation, nodes: readonly Node[]): Problem | undefined {
  for (const node of nodes) {
    const problem = visit(e, node);
    if (problem) return problem;
  }
  return undefined;
}

function visit(e: Evaluation, node: Node): Problem | undefined {
  switch (node.kind) {
    case 'name':
      return wrong(e, node);
    case 'member':
      return ofMember(e, node);
    case 'index': {
      const { base, index, size } = node;
      const memory = base.kind === 'name' && (base.name === 'pkt' || base.name === 'mem') && !base.quoted;
      return first(e, [...(memory ? [] : [base]), index, ...(size ? [size] : [])]);
    }
    case 'cpu':
      return first(e, [node.base, node.cpu]);
    case 'unary':
    case 'cast':
      return visit(e, node.arg);
    case 'binary':
      return first(e, [node.left, node.right]);
    case 'choice':
      return first(e, [node.test, node.yes, node.no]);
    case 'call':
      return first(e, node.args);
    case 'record':
      // A bare word may be a name of the field's enum.
      return first(
        e,
        node.fields.flatMap(([, v]) => (v.kind === 'name' && !isKnown(e.view, v.name) ? [] : [v])),
      );
    case 'list':
      return first(e, node.items);
    case 'number':
    case 'bytes':
    case 'register':
      return undefined;
  }
}

/** Refuses names of maps, constants, headers and their fields that there are not. */
export function checkNames(expr: Expr, view: View): Result<void> {
  const problem = visit(evaluationOf(expr, view), expr.root);
  return problem ? fail(problem) : ok(undefined);
}
