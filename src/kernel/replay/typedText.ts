/** Values by their BTF types as one line for people: addresses, MACs, ports, names of enums and flags, times. */
import { resolveType, typedValue, typeSize } from '../../btf/format.ts';
import type { Btf, BtfMember, BtfType } from '../../btf/parse.ts';
import { formatIpv4, formatIpv6, formatMac } from '../../net/addr.ts';

const MAX_DEPTH = 16;
/** Array elements that a line shows. */
const SHOWN = 32;
const NS = 1_000_000_000n;

/** Members that say nothing where they are zero. */
const FILLER = /^_*(pad|unused|reserved|rsvd)/;
const MAC = /mac|h_dest|h_source|lladdr/;
const ADDRESS = /addr|ip4?$|ip4|tunnel_endpoint|^[sd]ip/;
const ADDRESS6 = /addr|ip6?$|ip6|v6|^[sd]ip|tunnel_endpoint/;
/** Structs and unions of 16 bytes that hold an IPv6 address. */
const IPV6_TYPE = /^(in6_addr|v6addr|ipv6_addr|ip6_addr)$/;
/** Times on the clock of bpf_ktime_get_ns. */
const TIME = /_ns$|ktime|tstamp|timestamp|last_seen|expires/;

/** One byte called like this is the protocol above IP. */
const PROTOCOL = /^(next_?hdr|(ip_?|l4_?)?proto(col)?)$/;
const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6', 132: 'SCTP' };

type Kind<K extends BtfType['kind']> = Extract<BtfType, { readonly kind: K }>;

/** What a text is made from. */
interface Context {
  readonly btf: Btf;
  /** The clock at which the line is printed. */
  readonly nowNs: bigint | undefined;
}

/** Bytes of a typedef that says that it is big-endian; 0 where none does. */
export function bigEndianSize(names: readonly string[]): number {
  const name = names.find((n) => /^(__)?be(16|32|64)$/.test(n));
  return name === undefined ? 0 : Number(name.replace(/\D/g, '')) / 8;
}

/** Do these bytes hold an IPv6 address: by the type's name, or 16 bytes of a member that is called like one? */
export function isIpv6(btf: Btf, id: number, member: string): boolean {
  const resolved = resolveType(btf, id);
  if (!resolved || typeSize(btf, id) !== 16) return false;
  const { type, names } = resolved;
  if (type.kind === 'struct' || type.kind === 'union') {
    return [type.name, ...names].some((name) => IPV6_TYPE.test(name));
  }
  if (type.kind !== 'array' || !ADDRESS6.test(member)) return false;
  const unit = resolveType(btf, type.type);
  return (unit?.type.kind === 'int' && unit.type.size === 1) || bigEndianSize(unit?.names ?? []) === 4;
}

/** Is this the array of a MAC address: six plain bytes, or more with zeros behind them where the name says so? */
function isMac(array: Kind<'array'>, unit: BtfType | undefined, name: string, bytes: Uint8Array): boolean {
  if (unit?.kind !== 'int' || unit.size !== 1 || unit.char || unit.name === 'char') return false;
  if (array.count === 6) return !FILLER.test(name);
  return MAC.test(name) && array.count > 6 && bytes.subarray(6).every((b) => b === 0);
}

/**
 * One value as people read it: `10.0.0.1`, `02:00:…`, `{daddr 10.0.0.1, dport 80}`. `name`: the member that it is, whose
 * name tells what numbers mean.
 */
export function typedText(btf: Btf, id: number, bytes: Uint8Array, nowNs?: bigint, name = ''): string {
  return textOf({ btf, nowNs }, id, bytes, name, 0);
}

/** The members of a struct's value by name, each as `typedText` shows it; of other types one without a name. */
export function typedFields(
  btf: Btf,
  id: number,
  bytes: Uint8Array,
): readonly (readonly [name: string, text: string])[] {
  const type = resolveType(btf, id)?.type;
  const c: Context = { btf, nowNs: undefined };
  if (type?.kind !== 'struct') return [['', textOf(c, id, bytes, '', 0)]];
  return type.members.map((m) => {
    const [text = ''] = memberText(c, id, m, bytes, 0);
    return [m.name, text.startsWith(`${m.name} `) ? text.slice(m.name.length + 1) : text] as const;
  });
}

function textOf(c: Context, id: number, bytes: Uint8Array, name: string, depth: number): string {
  const { btf } = c;
  const resolved = depth > MAX_DEPTH ? undefined : resolveType(btf, id);
  if (!resolved) return '?';
  const { type, names } = resolved;
  if (bytes.length === 4 && bigEndianSize(names) === 4 && (ADDRESS.test(name) || name === '')) return formatIpv4(bytes);
  if (bytes.length === 16 && isIpv6(btf, id, name)) return formatIpv6(bytes);
  switch (type.kind) {
    case 'struct':
    case 'union': {
      const members = type.members.flatMap((m) => memberText(c, id, m, bytes, depth));
      return depth === 0 ? members.join(', ') : `{${members.join(', ')}}`;
    }
    case 'array':
      return arrayText(c, id, type, bytes, name, depth);
    case 'datasec':
      return type.vars.map((v) => varText(c, v, bytes, depth)).join(', ');
    case 'enum':
    case 'enum64':
      return flagNames(type, typedValue(btf, id, bytes));
    default:
      return `${typedValue(btf, id, bytes)}${protocolText(type, bytes, name)}${timeText(c, type, bytes, name)}`;
  }
}

function varText(c: Context, v: Kind<'datasec'>['vars'][number], bytes: Uint8Array, depth: number): string {
  const variable = c.btf.types[v.type];
  const of = variable?.kind === 'var' ? variable.type : 0;
  return `${variable?.name ?? '?'} ${textOf(c, of, bytes.subarray(v.offset, v.offset + v.size), variable?.name ?? '', depth + 1)}`;
}

function memberText(c: Context, struct: number, m: BtfMember, bytes: Uint8Array, depth: number): string[] {
  if (m.bits !== 0 || m.bitOffset % 8 !== 0) {
    const value = bitfield(c.btf, struct, bytes, m);
    const type = resolveType(c.btf, m.type)?.type;
    const text = type?.kind === 'enum' || type?.kind === 'enum64' ? flagNames(type, value) : `${value}`;
    return FILLER.test(m.name) && value === 0 ? [] : [`${m.name} ${text}`];
  }
  const size = typeSize(c.btf, m.type) ?? 0;
  const at = bytes.subarray(m.bitOffset / 8, m.bitOffset / 8 + size);
  if (FILLER.test(m.name) && at.every((b) => b === 0)) return [];
  const text = textOf(c, m.type, at, m.name, depth + 1);
  return [m.name === '' ? text : `${m.name} ${text}`];
}

function bitfield(btf: Btf, struct: number, bytes: Uint8Array, member: BtfMember): unknown {
  const whole = typedValue(btf, struct, bytes);
  return typeof whole === 'object' && whole !== null ? ((whole as Record<string, unknown>)[member.name] ?? null) : null;
}

function arrayText(
  c: Context,
  id: number,
  type: Kind<'array'>,
  bytes: Uint8Array,
  name: string,
  depth: number,
): string {
  const size = typeSize(c.btf, type.type) ?? 0;
  if (isMac(type, resolveType(c.btf, type.type)?.type, name, bytes)) return formatMac(bytes);
  const whole = typedValue(c.btf, id, bytes);
  if (typeof whole === 'string') return JSON.stringify(whole);
  const items = Array.from(
    { length: Math.min(type.count, SHOWN, size === 0 ? 0 : Math.floor(bytes.length / size)) },
    (_, i) => textOf(c, type.type, bytes.subarray(i * size, (i + 1) * size), name, depth + 1),
  );
  return `[${items.join(' ')}${type.count > SHOWN ? ' …' : ''}]`;
}

/** An enum's value by name, or as `A|B` where all its values are single bits. */
function flagNames(type: Kind<'enum' | 'enum64'>, value: unknown): string {
  if (typeof value !== 'number' && typeof value !== 'bigint') return `${value}`;
  const bits = type.values.filter(([, v]) => v > 0n && (v & (v - 1n)) === 0n);
  const others = type.values.filter(([, v]) => v !== 0n && !bits.some(([, bit]) => bit === v));
  let left = BigInt(value);
  if (left <= 0n || bits.length < 2 || others.length > 0) return `${value}`;
  const names = bits.filter(([, bit]) => (left & bit) !== 0n);
  for (const [, bit] of names) left &= ~bit;
  return left === 0n ? names.map(([name]) => name).join('|') : `${value}`;
}

function protocolText(type: BtfType, bytes: Uint8Array, name: string): string {
  const known = type.kind === 'int' && bytes.length === 1 && PROTOCOL.test(name) ? PROTOCOLS[bytes[0]!] : undefined;
  return known === undefined ? '' : ` (${known})`;
}

/** How long ago, or in how long, for times in nanoseconds that can be ones: after the first second and below twice the clock. */
function timeText({ nowNs }: Context, type: BtfType, bytes: Uint8Array, name: string): string {
  if (nowNs === undefined || type.kind !== 'int' || type.size !== 8 || bytes.length < 8 || !TIME.test(name)) return '';
  const value = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (value < NS || value > 2n * nowNs) return '';
  const millis = (nowNs - value) / 1_000_000n;
  const seconds = Number(millis < 0n ? -millis : millis) / 1000;
  return millis < 0n ? ` (in ${seconds} s)` : ` (${seconds} s ago)`;
}
