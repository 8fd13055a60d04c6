/** Reads C declarations from tokens: `struct key __kptr *p`, `be16 ports[2]`, `const char *`. */
import type { Context } from './context.ts';
import { endOf } from './source.ts';
import type { Token } from './token.ts';
import type { CType } from './types.ts';
import { MAX_TYPE_SIZE, SCALAR_TYPES, sizeOf } from './types.ts';

const TAGS = /^__(kptr|kptr_untrusted|percpu_kptr|uptr)$/;
const QUALIFIERS = new Set(['volatile', 'restrict', '__restrict', 'extern', 'static']);
const C_WORDS = new Set(['unsigned', 'signed', 'long', 'short', 'int', 'char']);

export interface Declaration {
  readonly name: string;
  readonly type: CType;
  readonly next: number;
  /** `__arg_nonnull` and the like, as the kernel's declaration tags: `arg:nonnull`. */
  readonly tags: readonly string[];
  readonly nameAt: Token | undefined;
}

/** `unsigned long long` and the like, from their words. */
function spelledOut(words: readonly string[]): CType | undefined {
  const unsigned = words.includes('unsigned');
  const longs = words.filter((w) => w === 'long').length;
  if (words.includes('char')) return SCALAR_TYPES.get(unsigned ? 'u8' : words.includes('signed') ? 's8' : 'char');
  const bits = words.includes('short') ? 16 : longs > 0 ? 64 : 32;
  const named = SCALAR_TYPES.get(`${unsigned ? 'u' : 's'}${bits}`);
  if (named?.kind !== 'int') return undefined;
  const c = longs === 1 ? (unsigned ? 'unsigned long' : 'long') : named.c;
  return { ...named, c, typedefs: [] };
}

function baseType(ctx: Context, tokens: readonly Token[], from: number): { type: CType; next: number } | undefined {
  const token = tokens[from];
  if (token?.kind !== 'word') {
    if (token) ctx.problem('bad-type', token, { found: token.text });
    else ctx.problem('unfinished-insn', endOf(tokens.at(-1)!), { expected: 'a type' });
    return undefined;
  }
  if (token.text === 'struct' || token.text === 'union') {
    const name = tokens[from + 1];
    if (name?.kind !== 'word') {
      ctx.problem('bad-type', name ?? token, { found: name?.text ?? token.text });
      return undefined;
    }
    return { type: ctx.structNamed(name.text) ?? ctx.opaqueStruct(name.text), next: from + 2 };
  }
  if (C_WORDS.has(token.text)) {
    let next = from;
    while (tokens[next] && C_WORDS.has(tokens[next]!.text)) next++;
    const words = tokens.slice(from, next).map((t) => t.text);
    const type = words.length === 1 ? SCALAR_TYPES.get(words[0]!) : undefined;
    const found = type ?? spelledOut(words);
    if (found) return { type: found, next };
  }
  const type = SCALAR_TYPES.get(token.text) ?? ctx.structs.get(token.text);
  if (type) return { type, next: from + 1 };
  const known = [...SCALAR_TYPES.keys(), ...ctx.structs.keys(), 'struct'];
  ctx.report(ctx.unknown('unknown-type', token.text, token, known));
  return undefined;
}

/** Reads a type with its stars, tags and qualifiers, without a name. */
function readType(
  ctx: Context,
  tokens: readonly Token[],
  from: number,
): { type: CType; next: number; tags: string[] } | undefined {
  let at = from;
  let isConst = false;
  for (; tokens[at]; at++) {
    if (tokens[at]!.text === 'const') isConst = true;
    else if (!QUALIFIERS.has(tokens[at]!.text)) break;
  }
  const base = baseType(ctx, tokens, at);
  if (!base) return undefined;
  let { type } = base;
  at = base.next;
  const tags: string[] = [];
  let tag: string | undefined;
  for (; tokens[at]; at++) {
    const word = tokens[at]!.text;
    const kptr = TAGS.exec(word)?.[1];
    if (kptr !== undefined) tag = kptr;
    else if (word.startsWith('__arg_')) tags.push(`arg:${word.slice(6)}`);
    else if (word === 'const') isConst = true;
    else if (word === '*') {
      if (isConst) type = { kind: 'const', of: type };
      isConst = false;
      type = { kind: 'ptr', to: type, ...(tag !== undefined && { tag }) };
      tag = undefined;
    } else break;
  }
  return { type, next: at, tags };
}

/** Reads one declaration; the name may be missing where `nameless`. */
export function readDeclaration(
  ctx: Context,
  tokens: readonly Token[],
  from: number,
  nameless: boolean,
): Declaration | undefined {
  const base = readType(ctx, tokens, from);
  if (!base) return undefined;
  let at = base.next;
  let { type } = base;
  const nameAt = tokens[at]?.kind === 'word' || tokens[at]?.kind === 'register' ? tokens[at] : undefined;
  if (nameAt) at++;
  else if (!nameless) {
    const token = tokens[at];
    if (token) ctx.problem('bad-insn', token, { expected: 'a name', found: token.text });
    else ctx.problem('unfinished-insn', endOf(tokens.at(-1)!), { expected: 'a name' });
    return undefined;
  }
  const counts: number[] = [];
  while (tokens[at]?.text === '[') {
    const size = ctx.expr(tokens, at + 1, 'an array size');
    const count = size && ctx.number(size.value);
    if (!size || count === undefined) return undefined;
    if (tokens[size.next]?.text !== ']') {
      ctx.problem('unfinished-insn', tokens[size.next] ?? endOf(tokens.at(-1)!), { expected: "']'" });
      return undefined;
    }
    if (count < 0n || count > BigInt(MAX_TYPE_SIZE)) {
      ctx.problem('type-too-large', tokens[at]!, { limit: MAX_TYPE_SIZE });
      return undefined;
    }
    counts.push(Number(count));
    at = size.next + 1;
  }
  for (const count of counts.reverse()) type = { kind: 'array', of: type, count };
  if ((sizeOf(type) ?? 0) > MAX_TYPE_SIZE) {
    ctx.problem('type-too-large', tokens[from]!, { limit: MAX_TYPE_SIZE });
    return undefined;
  }
  const tags = base.tags;
  while (tokens[at]?.text.startsWith('__arg_')) tags.push(`arg:${tokens[at++]!.text.slice(6)}`);
  return { name: nameAt?.text ?? '', type, next: at, tags, nameAt };
}
