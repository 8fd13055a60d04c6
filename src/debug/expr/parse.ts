/** Reading expressions: C's precedence, postfix forms for packets, memory and maps. */
import { fail, ok, type Result } from '../../util/problem.ts';
import { suggest } from '../../util/suggest.ts';
import type { Expr, Node, Span, TypeName } from './ast.ts';
import { Cursor, type Missing } from './cursor.ts';
import { FUNCTION_NAMES } from './functions.ts';
import { exprProblem } from './messages.ts';
import { BINARY, UNARY } from './operators.ts';
import { type Token, tokens } from './token.ts';

/** Characters that an expression may have. */
export const MAX_LENGTH = 4096;
const SCALAR = /^(?:__)?([us](?:8|16|32|64)|be(?:16|32|64))$/;
const REGISTER = /^\$?([rw])(\d+)$/;
const FRAME_POINTER = /^\$?fp$/;

class Reader extends Cursor {
  whole(): Node | Missing {
    if (this.peek().kind === 'end') return this.fail('expr-empty', this.peek());
    const node = this.#key(0);
    if (node && this.peek().kind !== 'end') return this.expected('an operator or the end');
    return node;
  }

  #choice(depth: number): Node | Missing {
    const from = this.peek();
    const test = this.#binary(0, depth);
    if (!test || !this.take('?')) return test;
    const yes = this.#choice(depth + 1);
    if (!yes || !this.need(':')) return undefined;
    const no = this.#choice(depth + 1);
    return no && this.node('choice', from, { test, yes, no });
  }

  #binary(level: number, depth: number): Node | Missing {
    const from = this.peek();
    let left = this.#unary(depth);
    while (left) {
      const token = this.peek();
      const row = token.kind === 'punct' && Object.hasOwn(BINARY, token.text) ? BINARY[token.text] : undefined;
      if (!row || row.level <= level) return left;
      if (this.tooDeep(depth)) return undefined;
      this.chain++;
      this.at++;
      const right = this.#binary(row.level, depth + 1);
      left = right && this.node('binary', from, { op: token.text, left, right });
    }
    return undefined;
  }

  #unary(depth: number): Node | Missing {
    if (this.tooDeep(depth)) return undefined;
    const token = this.peek();
    if (token.kind === 'punct' && (token.text === '*' || Object.hasOwn(UNARY, token.text))) {
      this.at++;
      const arg = this.#unary(depth + 1);
      return arg && this.node('unary', token, { op: token.text, arg });
    }
    const type = this.#castType();
    if (type) {
      const arg = this.#unary(depth + 1);
      return arg && this.node('cast', token, { type, arg });
    }
    return this.#postfix(depth);
  }

  /** `(u32)`, `(struct iphdr *)`, `(ct_entry *)`; takes nothing where there is no such type. */
  #castType(): TypeName | undefined {
    if (!this.is('(') || this.peek(1).kind !== 'word') return undefined;
    let ahead = 1;
    const word = this.peek(ahead).text;
    const keyword = word === 'struct' || word === 'union' ? word : undefined;
    if (keyword) ahead++;
    const name = this.peek(ahead++);
    if (name.kind !== 'word') return undefined;
    let stars = 0;
    while (this.is('*', ahead)) {
      stars++;
      ahead++;
    }
    const scalar = keyword ? undefined : SCALAR.exec(name.text)?.[1];
    if (!this.is(')', ahead) || (!scalar && stars === 0)) return undefined;
    this.at += ahead + 1;
    return { kind: scalar ? 'scalar' : (keyword ?? 'struct'), name: scalar ?? name.text, stars };
  }

  #postfix(depth: number): Node | Missing {
    const from = this.peek();
    let base = this.#primary(depth);
    while (base) {
      if (this.is('.') || this.is('->')) {
        const arrow = this.is('->');
        this.at++;
        const name = this.peek();
        if (name.kind !== 'word') return this.expected('a name');
        this.at++;
        base = this.node('member', from, { base, name: name.text, arrow });
      } else if (this.take('[')) base = this.#index(from, base, depth);
      else if (this.take('@')) base = this.#cpu(from, base, depth);
      else return base;
      this.chain++;
      if (this.tooDeep(depth)) return undefined;
    }
    return undefined;
  }

  #index(from: Span, base: Node, depth: number): Node | Missing {
    const index = this.#key(depth + 1);
    if (!index) return undefined;
    const size = this.take(':') ? this.#choice(depth + 1) : null;
    if (size === undefined || !this.need(']')) return undefined;
    return this.node('index', from, size === null ? { base, index } : { base, index, size });
  }

  #cpu(from: Span, base: Node, depth: number): Node | Missing {
    const token = this.peek();
    if (token.kind !== 'number' && !this.is('(')) return this.expected('the number of a CPU');
    const cpu = this.#primary(depth + 1);
    return cpu && this.node('cpu', from, { base, cpu });
  }

  /** What stands between brackets: a record or an expression. */
  #key(depth: number): Node | Missing {
    return this.is('{') ? this.#record(depth) : this.#choice(depth);
  }

  #record(depth: number): Node | Missing {
    const from = this.peek();
    if (this.tooDeep(depth) || !this.need('{')) return undefined;
    const fields: (readonly [string, Node])[] = [];
    while (!this.is('}')) {
      if (fields.length > 0 && !this.need(',')) return undefined;
      const name = this.peek();
      if (name.kind !== 'word') return this.expected('the name of a field');
      this.at++;
      if (!this.need(':')) return undefined;
      const value = this.#recordValue(depth + 1);
      if (!value) return undefined;
      fields.push([name.text, value]);
    }
    this.at++;
    return this.node('record', from, { fields });
  }

  #recordValue(depth: number): Node | Missing {
    if (this.is('{')) return this.#record(depth);
    const from = this.peek();
    if (!this.take('[')) return this.#choice(depth);
    if (this.tooDeep(depth)) return undefined;
    const items: Node[] = [];
    while (!this.is(']')) {
      if (items.length > 0 && !this.need(',')) return undefined;
      const item = this.#recordValue(depth + 1);
      if (!item) return undefined;
      items.push(item);
    }
    this.at++;
    return this.node('list', from, { items });
  }

  #primary(depth: number): Node | Missing {
    const token = this.peek();
    if (token.kind === 'punct') {
      const section = this.#section(token);
      if (section) return section;
      if (!this.take('(')) return this.expected('a value');
      const inner = this.#choice(depth + 1);
      return inner && this.need(')') ? { ...inner, span: this.span(token) } : undefined;
    }
    if (token.kind === 'end') return this.expected('a value');
    this.at++;
    switch (token.kind) {
      case 'number': {
        const form = token.form as 'ipv4' | 'mac' | undefined;
        return this.node('number', token, { value: token.value!, ...(form && { form }) });
      }
      case 'bytes':
        return this.node('bytes', token, { bytes: token.bytes!, form: token.form as 'ipv6' | 'hex' });
      case 'quoted':
        return this.node('name', token, { name: token.text, quoted: true });
      case 'word':
        return this.#word(token, depth);
    }
  }

  /** `.rodata`: maps of sections have names that begin with a dot. */
  #section(dot: Token): Node | Missing {
    const word = this.peek(1);
    if (dot.text !== '.' || word.kind !== 'word' || word.at !== dot.at + 1) return undefined;
    this.at += 2;
    return this.node('name', dot, { name: `.${word.text}`, quoted: false });
  }

  #word(token: Token, depth: number): Node | Missing {
    if (this.take('(')) return this.#call(token, depth);
    if (FRAME_POINTER.test(token.text)) return this.node('register', token, { reg: 10, half: false });
    const register = REGISTER.exec(token.text);
    if (register) {
      const half = register[1] === 'w';
      const reg = Number(register[2]);
      if (register[2]!.length > 2 || reg > (half ? 9 : 10)) {
        return this.fail('expr-register', token, { name: token.text });
      }
      return this.node('register', token, { reg, half });
    }
    return this.node('name', token, { name: token.text.replace(/^\$/, ''), quoted: false });
  }

  #call(name: Token, depth: number): Node | Missing {
    if (!FUNCTION_NAMES.includes(name.text)) {
      const hint = suggest(name.text, FUNCTION_NAMES);
      return this.fail('expr-function', name, { name: name.text, known: hint ?? FUNCTION_NAMES.join(', ') });
    }
    const arg = this.#choice(depth + 1);
    return arg && this.need(')') ? this.node('call', name, { name: name.text, args: [arg] }) : undefined;
  }
}

/**
 * Reads an expression. What its names mean is only known when it is evaluated. Problems have the column of what cannot be
 * read, and what is expected there.
 */
export function parseExpr(text: string): Result<Expr> {
  if (text.length > MAX_LENGTH) {
    const shown = text.slice(0, 80);
    const args = { length: text.length, limit: MAX_LENGTH };
    return fail(exprProblem('expr-long', shown, { at: 0, length: 1 }, args));
  }
  const list = tokens(text);
  if ('code' in list) return fail(list);
  const reader = new Reader(text, list);
  const root = reader.whole();
  return root ? ok({ text, root }) : fail(reader.problem!);
}
