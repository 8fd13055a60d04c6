/** `.struct NAME { … }`: C's layout for hand-written programs. */
import type { Context } from '../context.ts';
import type { Token } from '../token.ts';
import { readDeclaration } from '../typeReader.ts';
import type { CType, StructType } from '../types.ts';
import { layOut, MAX_TYPE_SIZE, sizeOf } from '../types.ts';
import { type Directive, malformed } from './directive.ts';

const MAX_NESTING = 8;

interface Field {
  readonly name: string;
  readonly type: CType;
}

/** The tokens of a block, statement by statement, however they are spread over lines. */
class Block {
  private readonly ctx: Context;
  private tokens: readonly Token[];
  at: number;

  constructor(ctx: Context, tokens: readonly Token[], at: number) {
    this.ctx = ctx;
    this.tokens = tokens;
    this.at = at;
  }

  /** The rest of the current statement, or the next one; undefined at the end of the file. */
  rest(): readonly Token[] | undefined {
    while (this.at >= this.tokens.length) {
      const statement = this.ctx.reader.next();
      if (!statement) return undefined;
      this.tokens = statement.tokens;
      this.at = 0;
    }
    return this.tokens;
  }

  /** Whether the word at hand is this one on the same statement; takes it then. */
  take(text: string): boolean {
    if (this.tokens[this.at]?.text !== text) return false;
    this.at++;
    return true;
  }

  /** What the current statement still holds. */
  get left(): Token | undefined {
    return this.tokens[this.at];
  }

  get here(): Token {
    return this.tokens[Math.min(this.at, this.tokens.length - 1)]!;
  }

  drop(): void {
    const close = this.tokens.findIndex((t, i) => i >= this.at && t.text === '}');
    this.at = close < 0 ? this.tokens.length : close;
  }
}

function newStruct(name: string, union: boolean): StructType {
  return { kind: 'struct', union, name, members: [], size: 0, align: 1, incomplete: true };
}

function readFields(ctx: Context, block: Block, into: StructType, open: Token, depth: number): boolean {
  const fields: Field[] = [];
  let total = 0;
  for (;;) {
    const tokens = block.rest();
    if (!tokens) {
      ctx.problem('unclosed-block', open, { name: '.struct', end: "'}'" });
      return false;
    }
    if (block.take('}')) break;
    const field = readField(ctx, block, tokens, depth);
    if (!field) {
      block.drop();
      continue;
    }
    const size = sizeOf(field.type);
    if (size === undefined) {
      const named = field.type.kind === 'struct' ? `struct ${field.type.name}` : field.type.kind;
      ctx.problem('incomplete-type', block.here, { name: named });
      continue;
    }
    total += size + 8;
    if (total > MAX_TYPE_SIZE) {
      ctx.problem('type-too-large', open, { limit: MAX_TYPE_SIZE });
      return false;
    }
    if (field.name !== '' && fields.some((f) => f.name === field.name))
      ctx.problem('duplicate-key', block.here, { name: field.name });
    else fields.push(field);
  }
  layOut(into, fields, block.take('__packed') || block.take('packed'));
  return true;
}

function readField(ctx: Context, block: Block, tokens: readonly Token[], depth: number): Field | undefined {
  const [first, second] = [tokens[block.at]!, tokens[block.at + 1]];
  const nested = (first.text === 'struct' || first.text === 'union') && second?.text === '{';
  if (!nested) {
    const field = readDeclaration(ctx, tokens, block.at, false);
    if (!field) return undefined;
    block.at = field.next;
    const after = tokens[field.next];
    if (after && after.text !== '}') {
      ctx.problem('bad-insn', after, { expected: "';' or a new line", found: after.text });
      return undefined;
    }
    return field;
  }
  if (depth >= MAX_NESTING) {
    ctx.problem('too-deep', first, { limit: MAX_NESTING });
    return undefined;
  }
  block.at += 2;
  const inner = newStruct('', first.text === 'union');
  if (!readFields(ctx, block, inner, first, depth + 1)) return undefined;
  const after = block.here;
  const named = after.kind === 'word' && block.take(after.text);
  return { name: named ? after.text : '', type: inner };
}

const struct: Directive = {
  usage: '.struct NAME { type field; … }',
  run(ctx, tokens) {
    const name = tokens[1];
    if (name?.kind !== 'word') return malformed(ctx, struct, tokens, 1, 'a name');
    if (tokens[2]?.text !== '{') return malformed(ctx, struct, tokens, 2, "'{'");
    const type = newStruct(name.text, tokens[0]!.text === '.union');
    const block = new Block(ctx, tokens, 3);
    // Known while its own fields are read: a struct may point to itself.
    const fresh = ctx.define(name.text, { what: 'struct', at: name });
    if (fresh) ctx.structs.set(name.text, type);
    readFields(ctx, block, type, tokens[0]!, 0);
    const extra = block.left;
    if (extra) ctx.problem('bad-insn', extra, { expected: 'the end of the statement', found: extra.text });
  },
};

export const structDirectives: Readonly<Record<string, Directive>> = { '.struct': struct, '.union': struct };
