/** `.map NAME, type=hash, key=4, value=8, max_entries=1024`. */
import type { Context } from '../context.ts';
import type { MapDecl, MapSide } from '../declarations.ts';
import type { Expr } from '../expr.ts';
import { mapTypeNamed, mapTypeNames } from '../facts.ts';
import type { Token } from '../token.ts';
import { readDeclaration } from '../typeReader.ts';
import { SCALAR_TYPES } from '../types.ts';
import { type Directive, malformed } from './directive.ts';

/** Maps of one file. */
const MAX_MAPS = 1024;

const KEYS = ['type', 'key', 'value', 'max_entries', 'map_flags', 'map_extra', 'inner', 'pinning', 'values'];
/** What other tools call the same settings. */
const ALIASES: Readonly<Record<string, string>> = { key_size: 'key', value_size: 'value', flags: 'map_flags' };

/** The settings of a map by key: the tokens between `=` and the next comma outside brackets. */
function splitSettings(ctx: Context, tokens: readonly Token[]): Map<string, Token[]> | undefined {
  const settings = new Map<string, Token[]>();
  let at = 2;
  while (at < tokens.length) {
    if (tokens[at]!.text !== ',') return malformed(ctx, map, tokens, at, "','");
    const key = tokens[at + 1];
    if (key?.kind !== 'word') return malformed(ctx, map, tokens, at + 1, 'a setting');
    if (tokens[at + 2]?.text !== '=') return malformed(ctx, map, tokens, at + 2, "'='");
    const name = ALIASES[key.text] ?? key.text;
    const from = at + 3;
    let depth = 0;
    for (at = from; at < tokens.length; at++) {
      const { text } = tokens[at]!;
      if (text === '[' || text === '(') depth++;
      else if (text === ']' || text === ')') depth--;
      else if (text === ',' && depth === 0) break;
    }
    if (at === from) return malformed(ctx, map, tokens, at, 'a value');
    if (!KEYS.includes(name))
      ctx.report(ctx.unknown('unknown-key', key.text, key, KEYS, { directive: '.map', known: KEYS.join(', ') }));
    else if (settings.has(name)) ctx.problem('duplicate-key', key, { name });
    settings.set(name, tokens.slice(from, at));
  }
  return settings;
}

function whole(ctx: Context, tokens: readonly Token[] | undefined): Expr | undefined {
  const taken = tokens && ctx.expr(tokens, 0);
  const extra = taken && tokens[taken.next];
  if (extra) ctx.problem('bad-insn', extra, { expected: "','", found: extra.text });
  return taken?.value;
}

function side(ctx: Context, tokens: readonly Token[] | undefined): MapSide | undefined {
  const [first] = tokens ?? [];
  if (!tokens || !first) return undefined;
  const isType =
    first.kind === 'word' && (first.text === 'struct' || ctx.structs.has(first.text) || SCALAR_TYPES.has(first.text));
  if (!isType) {
    const known = first.kind === 'word' && tokens.length === 1 && !ctx.isDefined(first.text);
    if (known && ctx.resolver.value(first.text, first, 0) === undefined) {
      ctx.report(ctx.unknown('unknown-type', first.text, first, [...ctx.structs.keys(), ...SCALAR_TYPES.keys()]));
      return undefined;
    }
    const expr = whole(ctx, tokens);
    return expr && { kind: 'size', expr };
  }
  const read = readDeclaration(ctx, tokens, 0, true);
  const extra = read && (read.nameAt ?? tokens[read.next]);
  if (extra) ctx.problem('bad-insn', extra, { expected: "','", found: extra.text });
  return read && { kind: 'type', type: read.type };
}

/** `[0: ingress, 1: egress]`, or without keys from 0 on. */
function initial(ctx: Context, tokens: readonly Token[] | undefined): MapDecl['values'] {
  if (!tokens) return [];
  const values: { key: Expr | undefined; value: Token | Expr; at: Token }[] = [];
  const close = tokens.length - 1;
  if (tokens[0]!.text !== '[' || tokens[close]!.text !== ']') {
    ctx.problem('bad-insn', tokens[0]!, { expected: '[key: value, …]', found: tokens[0]!.text });
    return [];
  }
  for (let at = 1; at < close; at++) {
    const start = tokens[at]!;
    let key: Expr | undefined;
    const first = ctx.expr(tokens, at);
    if (!first) return values;
    let { value, next } = first;
    if (tokens[next]?.text === ':') {
      key = value;
      const second = ctx.expr(tokens, next + 1);
      if (!second) return values;
      ({ value, next } = second);
    }
    const name = value.kind === 'symbol' ? (value.at as Token) : value;
    values.push({ key, value: name, at: start });
    if (next < close && tokens[next]!.text !== ',') {
      ctx.problem('bad-insn', tokens[next]!, { expected: "',' or ']'", found: tokens[next]!.text });
      return values;
    }
    at = next;
  }
  return values;
}

/** febpf's form: `.map counts hash 4 8 1024`. */
function positional(ctx: Context, tokens: readonly Token[]): Map<string, Token[]> {
  const names = ['type', 'key', 'value', 'max_entries', 'map_flags'];
  const rest = tokens.slice(2);
  const extra = rest[names.length];
  if (extra) ctx.problem('bad-insn', extra, { expected: 'the end of the statement', found: extra.text });
  return new Map(rest.slice(0, names.length).map((t, i) => [names[i]!, [t]]));
}

const map: Directive = {
  usage: '.map NAME, type=…, key=…, value=…, max_entries=…',
  run(ctx, tokens) {
    const name = tokens[1];
    if (name?.kind !== 'word') return malformed(ctx, map, tokens, 1, 'a name');
    const spaced = tokens[2]?.kind === 'word' && tokens[3]?.text !== '=';
    const settings = spaced ? positional(ctx, tokens) : splitSettings(ctx, tokens);
    if (!settings) return;
    const typeAt = settings.get('type')?.[0];
    const type = typeAt && mapTypeNamed(typeAt.text);
    if (!typeAt) ctx.problem('missing-key', name, { name: name.text, key: 'type' });
    else if (!type) ctx.report(ctx.unknown('unknown-map-type', typeAt.text, typeAt, mapTypeNames()));
    const [key, value] = [side(ctx, settings.get('key')), side(ctx, settings.get('value'))];
    const [maxEntries, mapFlags, mapExtra] = ['max_entries', 'map_flags', 'map_extra'].map((k) =>
      whole(ctx, settings.get(k)),
    );
    const inner = settings.get('inner')?.[0];
    const pinning = settings.get('pinning')?.[0];
    if (pinning && !['by_name', 'LIBBPF_PIN_BY_NAME', 'none', '0', '1'].includes(pinning.text))
      ctx.problem('bad-insn', pinning, { expected: "'by_name'", found: pinning.text });
    if (!ctx.define(name.text, { what: 'map', at: name })) return;
    if (ctx.maps.length >= MAX_MAPS) {
      ctx.problem('too-many-maps', name, { limit: MAX_MAPS });
      return;
    }
    ctx.maps.push({
      name: name.text,
      at: name,
      type: type ?? 'array',
      ...(key && { key }),
      ...(value && { value }),
      ...(maxEntries && { maxEntries }),
      ...(mapFlags && { mapFlags }),
      ...(mapExtra && { mapExtra }),
      ...(inner && { inner }),
      pinning: pinning !== undefined && pinning.text !== 'none' && pinning.text !== '0',
      values: initial(ctx, settings.get('values')),
    });
  },
};

export const mapDirectives: Readonly<Record<string, Directive>> = { '.map': map };
