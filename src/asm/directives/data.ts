/** `.byte`, `.quad`, `.asciz` and the like. */
import { isPowerOfTwo } from '../../util/bits.ts';
import type { Context } from '../context.ts';
import type { DataSection } from '../declarations.ts';
import type { Expr } from '../expr.ts';
import type { Spot } from '../source.ts';
import { type Directive, malformed } from './directive.ts';

/** Bytes of one data section. */
const MAX_DATA = 16 * 1024 * 1024;

/** Room for `count` more bytes at the end of a data section; their offset, or undefined when there is no more. */
function reserve(ctx: Context, section: DataSection, count: number, at: Spot): number | undefined {
  const offset = section.size;
  if (offset + count > MAX_DATA) {
    ctx.problem('too-much-data', at, { name: section.name, limit: MAX_DATA });
    return undefined;
  }
  section.size += count;
  if (section.size > section.bytes.length) {
    const grown = new Uint8Array(Math.max(section.size, section.bytes.length * 2));
    grown.set(section.bytes);
    section.bytes = grown;
  }
  return offset;
}

function numbers(size: 1 | 2 | 4 | 8): Directive {
  const directive: Directive = {
    usage: `.${size === 8 ? 'quad' : 'byte'} number, …`,
    run(ctx, tokens, { index }) {
      const values: Expr[] = [];
      let at = 1;
      do {
        const taken = ctx.expr(tokens, at);
        if (!taken) return;
        values.push(taken.value);
        at = taken.next;
      } while (tokens[at++]?.text === ',');
      if (at <= tokens.length) return malformed(ctx, directive, tokens, at - 1, "','");
      const listed = index === undefined ? {} : { index };
      const entry = { kind: 'data', size, values, at: tokens[1]!, ...listed } as const;
      const { section } = ctx;
      if (section.kind === 'code') section.entries.push(entry);
      else {
        const offset = reserve(ctx, section, size * values.length, tokens[0]!);
        if (offset !== undefined) section.fixups.push({ offset, entry });
      }
    },
  };
  return directive;
}

function dataHere(ctx: Context, tokens: readonly Spot[], name: string): DataSection | undefined {
  if (ctx.section.kind === 'data') return ctx.section;
  ctx.problem('directive-place', tokens[0]!, { name, what: 'data', section: ctx.section.name });
  return undefined;
}

function text(zero: boolean): Directive {
  const directive: Directive = {
    usage: `.${zero ? 'asciz' : 'ascii'} "text", …`,
    run(ctx, tokens) {
      const section = dataHere(ctx, tokens, tokens[0]!.text);
      if (!section) return;
      if (tokens.length < 2) return malformed(ctx, directive, tokens, 1, 'a string');
      for (let at = 1; at < tokens.length; at += 2) {
        const string = tokens[at]!;
        if (string.kind !== 'string') return malformed(ctx, directive, tokens, at, 'a string');
        const length = string.text.length + (zero ? 1 : 0);
        const offset = reserve(ctx, section, length, string);
        if (offset === undefined) return;
        for (let i = 0; i < string.text.length; i++) section.bytes[offset + i] = string.text.charCodeAt(i);
        if (at + 1 < tokens.length && tokens[at + 1]!.text !== ',')
          return malformed(ctx, directive, tokens, at + 1, "','");
      }
    },
  };
  return directive;
}

const zero: Directive = {
  usage: '.zero bytes[, fill]',
  run(ctx, tokens) {
    const section = dataHere(ctx, tokens, tokens[0]!.text);
    const taken = section && ctx.expr(tokens, 1);
    const count = taken && ctx.number(taken.value);
    if (!section || !taken || count === undefined) return;
    let fill = 0n;
    if (tokens[taken.next]?.text === ',') {
      const byte = ctx.expr(tokens, taken.next + 1);
      fill = (byte && ctx.number(byte.value)) ?? 0n;
    } else if (tokens[taken.next]) return malformed(ctx, zero, tokens, taken.next, "','");
    if (count < 0n || count > BigInt(MAX_DATA)) {
      ctx.problem('too-much-data', tokens[1]!, { name: section.name, limit: MAX_DATA });
      return;
    }
    const offset = reserve(ctx, section, Number(count), tokens[1]!);
    if (offset !== undefined) section.bytes.fill(Number(BigInt.asUintN(8, fill)), offset, section.size);
  },
};

function align(power: boolean): Directive {
  const directive: Directive = {
    usage: power ? '.p2align power' : '.balign bytes',
    run(ctx, tokens) {
      const taken = ctx.expr(tokens, 1);
      const given = taken && ctx.number(taken.value);
      if (given === undefined) return;
      const bytes = power ? (given >= 0n && given <= 12n ? 1 << Number(given) : 0) : Number(given);
      if (!isPowerOfTwo(bytes) || bytes > 4096) ctx.problem('align-range', tokens[1]!);
      else if (ctx.section.kind === 'data')
        reserve(ctx, ctx.section, (bytes - (ctx.section.size % bytes)) % bytes, tokens[0]!);
    },
  };
  return directive;
}

export const dataDirectives: Readonly<Record<string, Directive>> = {
  '.byte': numbers(1),
  '.2byte': numbers(2),
  '.short': numbers(2),
  '.hword': numbers(2),
  '.4byte': numbers(4),
  '.long': numbers(4),
  '.int': numbers(4),
  '.word': numbers(4),
  '.8byte': numbers(8),
  '.quad': numbers(8),
  '.ascii': text(false),
  '.asciz': text(true),
  '.string': text(true),
  '.zero': zero,
  '.skip': zero,
  '.space': zero,
  '.align': align(false),
  '.balign': align(false),
  '.p2align': align(true),
};
