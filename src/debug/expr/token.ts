/** The words of an expression. */
import { parseIpv4, parseIpv6, parseMac } from '../../net/addr.ts';
import { fromHex } from '../../util/hex.ts';
import type { Problem } from '../../util/problem.ts';
import type { LiteralForm, Span } from './ast.ts';
import { exprProblem } from './messages.ts';

export interface Token extends Span {
  /** `bytes`: hex: and IPv6 literals; `quoted`: a name in quotes. */
  readonly kind: 'number' | 'bytes' | 'word' | 'quoted' | 'punct' | 'end';
  /** As written; of quoted names without the quotes. */
  readonly text: string;
  readonly value?: bigint;
  readonly bytes?: Uint8Array;
  readonly form?: LiteralForm;
}

const SPACE = /[ \t\r\n]+/y;
const MAC = /[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}(?![\w:])/y;
const IPV4 = /\d{1,3}(?:\.\d{1,3}){3}(?![\w.])/y;
const IPV6 = /\[([0-9a-fA-F:.]*:[0-9a-fA-F:.]*)\]/y;
const HEX = /hex:(\w*)/y;
const NUMBER = /\d\w*/y;
/** `ipv4#2` is the second IPv4 header. */
const WORD = /\$?[A-Za-z_]\w*(?:#\d+)?/y;
const QUOTED = /"([^"\\]*)"/y;
const PUNCT = /s>>|s<=|s>=|s<|s>|<<|>>|<=|>=|==|!=|&&|\|\||->|[-+*/%&|^~!<>?:()[\]{},.@]/y;
const SIGNED = /^s[<>]/;

const DIGITS = /^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9]\d*)$/;

/** The number that digits mean, C's and Python's octal included; undefined when there is none below 2^64. */
function numberOf(text: string): bigint | undefined {
  if (text.length > 80 || !DIGITS.test(text)) return undefined;
  const value = BigInt(/^0[0-7]/.test(text) ? `0o${text}` : text);
  return value < 1n << 64n ? value : undefined;
}

function bigEndian(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** Does a token end an operand, so that `[` behind it is an index? */
function endsOperand(token: Token | undefined): boolean {
  if (!token) return false;
  return token.kind === 'punct' ? token.text === ')' || token.text === ']' || token.text === '}' : true;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

/** All tokens with an `end` behind them, or the first thing that is none. */
export function tokens(text: string): readonly Token[] | Problem {
  const list: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const space = match(SPACE, text, at);
    if (space) {
      at += space[0].length;
      continue;
    }
    const token = tokenAt(text, at, list.at(-1));
    if ('code' in token) return token;
    list.push(token);
    at += token.length;
  }
  list.push({ kind: 'end', text: '', at: text.length, length: 0 });
  return list;
}

function tokenAt(text: string, at: number, before: Token | undefined): Token | Problem {
  const operand = endsOperand(before);
  const afterDot = before?.kind === 'punct' && (before.text === '.' || before.text === '->');
  const literal = afterDot ? undefined : (address(text, at, operand) ?? number(text, at));
  if (literal) return literal;
  const quoted = match(QUOTED, text, at);
  if (quoted) return { kind: 'quoted', text: quoted[1]!, at, length: quoted[0].length };
  const punct = match(PUNCT, text, at);
  // `s` behind a dot is a member, and where an operand must come it begins a word.
  if (punct && (operand || !SIGNED.test(punct[0])) && !(afterDot && SIGNED.test(punct[0]))) {
    return { kind: 'punct', text: punct[0], at, length: punct[0].length };
  }
  const word = match(WORD, text, at);
  if (word) return { kind: 'word', text: word[0], at, length: word[0].length };
  const char = String.fromCodePoint(text.codePointAt(at)!);
  return exprProblem('expr-char', text, { at, length: char.length }, { char });
}

/** MAC, IPv4, IPv6 and hex: literals. */
function address(text: string, at: number, operand: boolean): Token | Problem | undefined {
  const mac = match(MAC, text, at)?.[0];
  if (mac !== undefined) {
    return { kind: 'number', text: mac, value: bigEndian(parseMac(mac)!), form: 'mac', at, length: mac.length };
  }
  const v4 = match(IPV4, text, at)?.[0];
  if (v4 !== undefined) {
    const bytes = parseIpv4(v4);
    if (!bytes) return exprProblem('expr-literal', text, { at, length: v4.length }, { text: v4, what: 'IPv4 address' });
    return { kind: 'number', text: v4, value: bigEndian(bytes), form: 'ipv4', at, length: v4.length };
  }
  const v6 = match(IPV6, text, at);
  const bytes6 = v6 && parseIpv6(v6[1]!);
  // What is no address may be an index: MAP[02:00:00:00:00:01].
  if (v6 && (bytes6 || !operand)) {
    const bytes = bytes6;
    const span = { at, length: v6[0].length };
    if (!bytes) return exprProblem('expr-literal', text, span, { text: v6[0], what: 'IPv6 address' });
    return { kind: 'bytes', text: v6[0], bytes, form: 'ipv6', ...span };
  }
  const hex = match(HEX, text, at);
  if (!hex) return undefined;
  const bytes = fromHex(hex[1]!);
  const span = { at, length: hex[0].length };
  if (!bytes) return exprProblem('expr-literal', text, span, { text: hex[0], what: 'row of hexadecimal bytes' });
  return { kind: 'bytes', text: hex[0], bytes, form: 'hex', ...span };
}

function number(text: string, at: number): Token | Problem | undefined {
  const digits = match(NUMBER, text, at)?.[0];
  if (digits === undefined) return undefined;
  const value = numberOf(digits);
  if (value === undefined) return exprProblem('expr-number', text, { at, length: digits.length }, { text: digits });
  return { kind: 'number', text: digits, value, at, length: digits.length };
}
