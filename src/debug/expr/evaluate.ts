/** Expressions at a moment of a session. Reading changes nothing. */
import { fail, ok, type Problem, type Result } from '../../util/problem.ts';
import type { View } from '../view.ts';
import type { Expr, Node, NodeOf } from './ast.ts';
import { binaryValue, callValue, castValue, unaryValue } from './compute.ts';
import { cpuOperand, indexOperand } from './elements.ts';
import { type Evaluation, isProblem, isSpot, type Operand } from './evaluation.ts';
import { addressIn, memberOperand } from './members.ts';
import { exprProblem } from './messages.ts';
import { isKnown, nameOperand } from './names.ts';
import { contents, readBytes, type Spot } from './spot.ts';
import { sizeOf } from './types.ts';
import { ABSENT, isTrue, kindText, number, type Value } from './value.ts';

class Evaluator implements Evaluation {
  readonly view: View;
  readonly #text: string;

  constructor(text: string, view: View) {
    this.#text = text;
    this.view = view;
  }

  problem(code: Parameters<typeof exprProblem>[0], node: Node, args = {}): Problem {
    return exprProblem(code, this.#text, node.span, args);
  }

  known(name: string): boolean {
    return isKnown(this.view, name);
  }

  value(node: Node): Value | Problem {
    const operand = this.operand(node);
    return isSpot(operand) ? this.load(operand, node) : operand;
  }

  load(spot: Spot, node: Node): Value | Problem {
    const { where: at } = spot;
    // Most conditions are about registers.
    if (at.kind === 'register' && this.view.machine) {
      return number(BigInt.asUintN(8 * spot.size, this.view.machine.register(at.reg, at.depth)), spot.form);
    }
    const bytes = readBytes(this.view, spot);
    if (bytes === undefined) return ABSENT;
    if (bytes instanceof Uint8Array) return contents(spot, bytes);
    const { where, size } = spot;
    if (bytes.ctx) {
      const user = this.view.machine?.prog;
      const struct = where.kind === 'ctx' ? `${where.struct}.${where.field}` : (user?.ctxStruct ?? 'the context');
      return this.problem('expr-ctx-read', node, { type: user?.progType ?? 'these', size, struct });
    }
    const addr = bytes.at === undefined || bytes.at < 0 ? 'an address beyond 2^32' : `0x${bytes.at.toString(16)}`;
    return this.problem('expr-memory', node, { size, addr, why: bytes.why });
  }

  operand(node: Node): Operand {
    switch (node.kind) {
      case 'number':
        return number(node.value, node.form && { kind: node.form });
      case 'bytes':
        return { kind: 'bytes', bytes: node.bytes, ...(node.form === 'ipv6' && { form: 'ipv6' as const }) };
      case 'name':
        return nameOperand(this, node);
      case 'register':
        return this.#register(node);
      case 'unary':
        return node.op === '*' ? this.#behind(node) : unaryValue(this, node);
      case 'binary':
        return binaryValue(this, node);
      case 'choice': {
        const test = this.value(node.test);
        return isProblem(test) ? test : this.operand(isTrue(test) ? node.yes : node.no);
      }
      case 'index':
        return indexOperand(this, node);
      case 'member':
        return memberOperand(this, node);
      case 'cpu':
        return cpuOperand(this, node);
      case 'cast':
        return castValue(this, node);
      case 'call':
        return callValue(this, node);
      case 'record':
      case 'list':
        return this.problem('expr-record', node);
    }
  }

  #register(node: NodeOf<'register'>): Operand {
    const { machine, depth } = this.view;
    if (!machine) return this.problem('expr-no-run', node, { name: `${node.half ? 'w' : 'r'}${node.reg}` });
    const { reg, half } = node;
    return { where: { kind: 'register', depth, reg, half }, size: half ? 4 : 8 };
  }

  /** `*pointer` */
  #behind(node: NodeOf<'unary'>): Operand {
    const value = this.value(node.arg);
    if (isProblem(value)) return value;
    if (value.kind === 'absent') return ABSENT;
    const to = value.kind === 'number' && value.form?.kind === 'pointer' ? value.form.to : undefined;
    const size = to && sizeOf(to);
    if (!to || value.kind !== 'number' || size === undefined || to.kind === 'ctx') {
      return this.problem('expr-no-pointer', node.arg, { what: kindText(value) });
    }
    return { where: { kind: 'memory', at: addressIn(value.value) ?? -1 }, size, type: to };
  }
}

/**
 * What an expression is in a moment. What is not there (an element of a map, a header of the packet) is the value
 * `absent`; problems are for what cannot be asked: names that mean nothing, memory that does not exist.
 */
export function evaluate(expr: Expr, view: View): Result<Value> {
  const value = new Evaluator(expr.text, view).value(expr.root);
  return isProblem(value) ? fail(value) : ok(value);
}

/** What the two sides of an assignment are evaluated with: problems of each point into its own text. */
export function evaluationOf(expr: Expr, view: View): Evaluation {
  return new Evaluator(expr.text, view);
}

/** The storage that an expression names, with what is known of its contents; undefined where it names none. */
export function spotOf(expr: Expr, view: View): Spot | undefined {
  const operand = new Evaluator(expr.text, view).operand(expr.root);
  return !isProblem(operand) && isSpot(operand) ? operand : undefined;
}
