/** Command lines taken apart: a shell's words, a command's keywords, numbers and addresses as busybox reads them. */
import { parseIpv6 } from '../../../net/addr.ts';
import type { Family } from '../../../net/route/netns.ts';

/** A simple command and how it is joined to the one before. */
export interface Command {
  readonly words: readonly string[];
  /** Only when the one before succeeded. */
  readonly and: boolean;
}

const WORD = /\s*(?:(;|&&|>)|((?:"[^"$`\\]*"|'[^']*'|[^\s;&|<>"'$`\\*?(){}~#!])+)|(\S))/y;

/** The commands of a line of shell: words, quotes, `;`, `&&` and `>`; or the character that is not understood. */
export function shellCommands(line: string): readonly Command[] | string {
  const commands: Command[] = [];
  let words: string[] = [];
  let and = false;
  const text = line.trim();
  WORD.lastIndex = 0;
  while (WORD.lastIndex < text.length) {
    const [, sign, word, other] = WORD.exec(text) ?? [];
    if (other !== undefined) return other;
    if (sign === ';' || sign === '&&') {
      if (words.length === 0) return sign;
      commands.push({ words, and });
      words = [];
      and = sign === '&&';
    } else words.push(sign ?? word!.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
  }
  if (words.length > 0) commands.push({ words, and });
  return commands;
}

/** The keyword that a word is or is the only one to begin with. */
export function keyword<K extends string>(keywords: readonly K[], word: string): K | undefined {
  const exact = keywords.find((k) => k === word);
  if (exact !== undefined || word === '') return exact;
  const found = keywords.filter((k) => k.startsWith(word));
  return found.length === 1 ? found[0] : undefined;
}

/** A number as strtoul(3) with base 0 reads it, below 2^32. */
export function unsigned(text: string): number | undefined {
  if (!/^(0[xX][0-9a-fA-F]+|\d+)$/.test(text)) return undefined;
  const octal = /^0[0-7]+$/.test(text);
  const value = octal ? Number.parseInt(text, 8) : Number(text);
  return value <= 0xffff_ffff ? value : undefined;
}

function ipv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length > 4 || !parts.every((p) => /^\d{1,3}$/.test(p) && Number(p) <= 255)) return undefined;
  const bytes = new Uint8Array(4);
  bytes.set(parts.map(Number));
  return bytes;
}

/** An address; IPv4 may end early (`10` is 10.0.0.0). `family` is what it has to be. */
export function address(text: string, family?: Family): Uint8Array | undefined {
  const bytes = text.includes(':') ? parseIpv6(text) : ipv4(text);
  return bytes && (family === undefined || (family === 'inet') === (bytes.length === 4)) ? bytes : undefined;
}

export interface Prefix {
  /** Undefined for `default`, whose family is told elsewhere. */
  readonly address: Uint8Array | undefined;
  readonly prefix: number;
}

/** Bits of `255.255.0.0`. */
export function maskBits(mask: Uint8Array): number | undefined {
  const bits = [...mask].map((b) => b.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined;
}

/** `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `default`. */
export function prefixOf(text: string, family?: Family): Prefix | undefined {
  if (['default', 'all', 'any'].includes(text)) return { address: undefined, prefix: 0 };
  const [first, length, ...more] = text.split('/');
  const bytes = address(first!, family);
  if (!bytes || more.length > 0) return undefined;
  if (length === undefined) return { address: bytes, prefix: 8 * bytes.length };
  const mask = length.includes('.') ? address(length, 'inet') : undefined;
  const prefix = mask ? maskBits(mask) : unsigned(length);
  return prefix !== undefined && prefix <= 8 * bytes.length ? { address: bytes, prefix } : undefined;
}

/** What a command's words say: values by keyword, and the words that are none. */
export interface Options<K extends string> {
  readonly values: Readonly<Partial<Record<K, string>>>;
  readonly rest: readonly string[];
}

/**
 * Reads `keyword value` pairs and flags, in any order. `match` finds the keyword of a word; the answer is a text where
 * something is missing or given twice.
 */
export function readOptions<K extends string>(
  words: readonly string[],
  arity: Readonly<Record<K, 0 | 1>>,
  match: (keywords: readonly K[], word: string) => K | undefined = keyword,
): Options<K> | string {
  const keywords = Object.keys(arity) as K[];
  const values: Partial<Record<K, string>> = {};
  const rest: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const key = match(keywords, words[i]!);
    if (key === undefined) {
      rest.push(words[i]!);
      continue;
    }
    if (arity[key] === 1 && i + 1 >= words.length) return `${words[i]} wants a value`;
    values[key] = arity[key] === 1 ? words[++i]! : '';
  }
  return { values, rest };
}

/** A keyword has to be written out. */
export function exactly<K extends string>(keywords: readonly K[], word: string): K | undefined {
  return keywords.find((k) => k === word);
}
