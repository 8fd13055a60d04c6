/** Kinds of values that only scenario files have: durations, places, names, lines. */
import { fromHex } from '../../../util/hex.ts';
import { either, type Json, type Kind, text } from '../../net/file/kinds.ts';
import { as, forms, list, type NameKind } from '../../net/file/parts.ts';
import { addressBytes } from '../../sockets/spec.ts';
import type { ConnectSpec } from '../model.ts';

const NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
  d: 86_400_000_000_000n,
};
const LONGEST_DAYS = 365;
const LONGEST = BigInt(LONGEST_DAYS) * NS.d!;
const UNITS = '(?:ns|us|ms|s|m|h|d)';
const DURATION = `^(?:[0-9]{1,18}(?:\\.[0-9]{1,9})?${UNITS})+$`;

function nanoseconds(value: unknown): bigint | undefined {
  if (typeof value === 'number') {
    return value >= 0 && value <= LONGEST_DAYS * 86_400 ? BigInt(Math.round(value * 1e9)) : undefined;
  }
  if (typeof value !== 'string' || value.length > 200 || !new RegExp(DURATION).test(value)) return undefined;
  let sum = 0n;
  for (const [, whole, part = '', unit] of value.matchAll(new RegExp(`(\\d+)(?:\\.(\\d+))?(${UNITS})`, 'g'))) {
    sum += BigInt(whole!) * NS[unit!]! + (BigInt(part || 0) * NS[unit!]!) / 10n ** BigInt(part.length);
  }
  return sum <= LONGEST ? sum : undefined;
}

/** A span of time in nanoseconds: `30s`, `1h30m`, or a number of seconds. */
export const duration: Kind<bigint> = {
  read: nanoseconds,
  wanted: `a duration such as 10us, 30s or 1h30m (a plain number is seconds), at most ${LONGEST_DAYS} days`,
  word: 'duration',
  schema: {
    anyOf: [
      { type: 'number', minimum: 0, maximum: LONGEST_DAYS * 86_400 },
      { type: 'string', pattern: DURATION },
    ],
  },
};

/** A text that a pattern describes. */
function patterned(pattern: string, wanted: string, word: string): Kind<string> {
  const form = new RegExp(pattern);
  return {
    read: (v) => (typeof v === 'string' && form.test(v) ? v : undefined),
    wanted,
    word,
    schema: { type: 'string', pattern },
  };
}

export const cgroupPath = patterned(
  '^/$|^(/[^/]{1,255}){1,32}$',
  'the path of a cgroup, such as /pods/client',
  'cgroup',
);
export const devicePlace = patterned('^([^/]+/)?[^/]+$', 'a device: eth0 of the host, or NAMESPACE/DEVICE', 'device');
export const socketName = patterned('^.{1,120}$', 'the name of a socket: up to 120 characters in one line', 'socket');
/** Sockets that a listener makes have a `#` in their names: nothing else has. */
export const newSocketName = patterned('^[^#\\n]{1,120}$', 'a name of up to 120 characters without #', 'name');

/** `value.rx_bytes` */
export const MEMBER = patterned(
  '^(key|value)(\\.[A-Za-z0-9_]{1,128})?$',
  'key, value or a member of them, such as value.rx_bytes',
  'member',
);

export const NAMESPACE_NAME: NameKind = {
  pattern: '^[A-Za-z0-9_.-]{1,64}$',
  wanted: 'a name of letters, digits and _.-',
  word: 'namespace',
};
export const MAP_NAME: NameKind = { pattern: '^[^\\s]{1,128}$', wanted: 'the name of a map', word: 'map' };
/** Maps as the timeline calls them: an old one of a name that a newer one has is `NAME (unpinned)`. */
export const MAP_LABEL: NameKind = {
  pattern: '^[^\\s]{1,128}( \\(unpinned\\))?$',
  wanted: 'the name of a map, perhaps with (unpinned) behind it',
  word: 'map',
};
export const SOCKET_NAME: NameKind = { pattern: '^.{1,120}$', wanted: 'the name of a socket', word: 'socket' };

/** Whatever JSON can say: what it means is for the map's or the context's type to tell. */
export const anything: Kind<unknown> = {
  read: (v) => v,
  wanted: 'any value',
  word: 'any',
  schema: {},
};

/** A text that may be empty. */
export const words: Kind<string> = {
  read: (v) => (typeof v === 'string' ? v : undefined),
  wanted: 'a text',
  word: 'text',
  schema: { type: 'string' },
};

export const hex: Kind<Uint8Array> = {
  read: (v) => (typeof v === 'string' ? fromHex(v) : undefined),
  wanted: 'bytes in hexadecimal, two digits each (in quotes, where they look like a number)',
  word: 'hex',
  schema: { type: 'string', pattern: '^\\s*([0-9a-fA-F]\\s*[0-9a-fA-F]\\s*)*$' },
};

const MOST_LINES = 100_000;
const line: Kind<string> = { ...words, wanted: 'a line' };

/** Lines: a list of them, or one text. */
export const lines: Kind<readonly string[]> = forms(
  { list: list(line, MOST_LINES), text: as(words, (v) => (v === '' ? [] : v.replace(/\n$/, '').split('\n'))) },
  'lines',
);

/** An address with a port; either may be left out. */
type Endpoint = NonNullable<ConnectSpec['from']>;

function endpoint(value: unknown): Endpoint | undefined {
  if (typeof value !== 'string') return undefined;
  if (addressBytes(value)) return { addr: value };
  const [, bracketed, plain, digits] = /^(?:\[([^[\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(value) ?? [];
  const port = Number(digits);
  if (digits === undefined || port < 1 || port > 65535) return undefined;
  const addr = bracketed ?? plain ?? '';
  if (addr === '') return { port };
  return addressBytes(addr) && addr.includes(':') === (bracketed !== undefined) ? { addr, port } : undefined;
}

const ENDPOINT_SCHEMA: Json = { type: 'string', pattern: '^[0-9a-fA-F.:[\\]]+$' };

/** `10.96.0.80:80`, `[fd00::1]:80` */
export const target: Kind<{ readonly addr: string; readonly port: number }> = {
  read(v) {
    const { addr, port } = endpoint(v) ?? {};
    return addr === undefined || port === undefined ? undefined : { addr, port };
  },
  wanted: 'an address with a port, such as 10.96.0.80:80 or [fd00::1]:80',
  word: 'address:port',
  schema: ENDPOINT_SCHEMA,
};

/** `10.0.1.10:40000`, `:40000`, `10.0.1.10` */
export const source: Kind<Endpoint> = {
  read: endpoint,
  wanted: 'an address, a port (:40000) or both (10.0.1.10:40000)',
  word: 'address, :port or both',
  schema: ENDPOINT_SCHEMA,
};

/** A text, or any number of them. */
export const texts: Kind<readonly string[]> = forms(
  { text: as(text, (v) => [v]), list: list(text, 4096) },
  'text or list of text',
);

/** Numbers and texts. */
export const scalar: Kind<string | number> = either(words, {
  read: (v: unknown) => (typeof v === 'number' ? v : undefined),
  wanted: 'a number',
  schema: { type: 'number' },
});
