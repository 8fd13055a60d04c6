/** The fields of the context as the program would read them now: the rows that convert its loads are run, nothing is changed. */
import { fieldText } from '../../kernel/replay/ctx.ts';
import { ethertypeName, protocolName } from '../../net/proto/protocols.ts';
import { deviceByIndex } from '../../net/route/netns.ts';
import { UAPI } from '../../spec/constants.ts';
import { ctxStruct } from '../../spec/ctx/index.ts';
import type { CtxField } from '../../spec/ctx/row.ts';
import { joinHalves, swap16 } from '../../util/bits.ts';
import { ctxLoad, type Pair } from '../../vm/ctxView.ts';
import type { View } from '../view.ts';
import { describe, type PointerInfo, pointerText } from './pointer.ts';
import { decimalText } from './registers.ts';

/** A field of the context. */
export interface CtxRow {
  /** `mark`, `cb`; `word 2` of a context without fields. */
  readonly name: string;
  readonly offset: number;
  /** Bytes, of all elements. */
  readonly size: number;
  /** C type of an element. */
  readonly type: string;
  /** As loads give them: unsigned, one for each element of an array. */
  readonly values: readonly bigint[];
  /** Where a field is a pointer that leads somewhere. */
  readonly pointer: PointerInfo | undefined;
  /** The value in words: `2 (eth0)`, `0x0800 (IPv4)`, `10.0.0.1`, `packet+0`. */
  readonly text: string;
  readonly writable: boolean;
}

/** The context of the program that runs. */
export interface CtxNow {
  readonly struct: string;
  readonly address: number;
  /** Fields that this program can read, in the order of the struct. */
  readonly rows: readonly CtxRow[];
}

/** Words of a context without fields that are shown. */
const MAX_WORDS = 64;

/** Numbers of the kernel by their names, as `PREFIX_` tells them. */
function namesOf(pattern: RegExp): ReadonlyMap<number, string> {
  return new Map(
    Object.entries(UAPI)
      .filter(([name]) => pattern.test(name))
      .map(([name, value]) => [Number(value), name] as const)
      .reverse(),
  );
}

const FAMILIES = namesOf(/^AF_(UNSPEC|UNIX|INET|INET6)$/);
const PACKET_TYPES = namesOf(/^PACKET_(HOST|BROADCAST|MULTICAST|OTHERHOST|OUTGOING|LOOPBACK)$/);
const TCP_STATES = namesOf(
  /^TCP_(ESTABLISHED|SYN_SENT|SYN_RECV|FIN_WAIT1|FIN_WAIT2|TIME_WAIT|CLOSE|CLOSE_WAIT|LAST_ACK|LISTEN|CLOSING|NEW_SYN_RECV)$/,
);
const SOCK_TYPES = namesOf(/^SOCK_(STREAM|DGRAM|RAW)$/);
const SOCK_OPS = namesOf(/^BPF_SOCK_OPS_\w+_CB$/);

type Name = (view: View, value: number, struct: string) => string | undefined;

const ethertype: Name = (_view, value) => (value === 0 ? undefined : ethertypeText(swap16(value)));

function ethertypeText(value: number): string {
  const name = ethertypeName(value);
  const hex = `0x${value.toString(16).padStart(4, '0')}`;
  return name === hex ? `network order: ${hex}` : `network order: ${hex} ${name}`;
}

const device: Name = ({ kernel }, value) => (value === 0 ? undefined : deviceByIndex(kernel.world.net, value)?.name);

/** What a number means, by the name of its field. */
const MEANINGS: readonly (readonly [field: RegExp, name: Name])[] = [
  [/^((in|e)gress_)?ifindex$|^bound_dev_if$/, device],
  [/^vlan_proto$|^eth_protocol$/, ethertype],
  [
    /^protocol$/,
    (view, value, struct) =>
      struct === '__sk_buff' ? ethertype(view, value, struct) : value === 0 ? undefined : protocolName(value),
  ],
  [/^ip_protocol$/, (_view, value) => (value === 0 ? undefined : protocolName(value))],
  [/^(user_)?family$/, (_view, value) => FAMILIES.get(value)],
  [/^pkt_type$/, (_view, value) => PACKET_TYPES.get(value)],
  [/^state$/, (_view, value) => TCP_STATES.get(value)],
  [/^type$/, (_view, value) => SOCK_TYPES.get(value)],
  [/^op$/, (_view, value) => SOCK_OPS.get(value)],
  // A port in network order is the upper half of the word.
  [
    /^remote_port$/,
    (_view, value) => (value > 0xffff && value % 0x10000 === 0 ? `port ${swap16(value / 0x10000)}` : undefined),
  ],
  [/^user_port$/, (_view, value) => (value === 0 ? undefined : `port ${swap16(value)}`)],
];

function bytesOf(values: readonly bigint[], size: number): Uint8Array {
  const bytes = new Uint8Array(values.length * size);
  values.forEach((value, i) => {
    for (let k = 0; k < size; k++) bytes[i * size + k] = Number((value >> BigInt(8 * k)) & 0xffn);
  });
  return bytes;
}

function rowText(view: View, struct: string, name: string, field: CtxField, values: readonly bigint[]): string {
  const plain = fieldText(name, { ...field, offset: 0 }, bytesOf(values, field.size));
  const meaning = field.count === undefined ? MEANINGS.find(([pattern]) => pattern.test(name)) : undefined;
  const words = meaning?.[1](view, Number(values[0]), struct);
  return words === undefined ? plain : `${plain} (${words})`;
}

const isPointer = ({ type, from }: CtxField): boolean =>
  type.endsWith('*') || from?.how === 'pointer' || from?.how === 'linear-end';

function rowOf(
  view: View,
  address: number,
  struct: string,
  progType: string,
  name: string,
  field: CtxField,
): CtxRow | undefined {
  const { arena } = view.kernel;
  const out: Pair = { lo: 0, hi: 0 };
  const values: bigint[] = [];
  for (let i = 0; i < (field.count ?? 1); i++) {
    const at = address + field.offset + i * field.size;
    if (!ctxLoad(arena, { ctxStruct: struct, progType }, at, field.size, out)) return undefined;
    values.push(field.size === 8 ? joinHalves(out.lo, out.hi) : BigInt(out.lo >>> 0));
  }
  const found = isPointer(field) && values[0] !== undefined ? describe(view, values[0]) : undefined;
  const { write } = field;
  return {
    name,
    offset: field.offset,
    size: field.size * (field.count ?? 1),
    type: field.type,
    values,
    pointer: found,
    text: found ? pointerText(found) : rowText(view, struct, name, field, values),
    writable: write === 'all' || (write?.some((who) => who.split('/')[0] === progType) ?? false),
  };
}

/** A context that is memory: the tabled fields, or words. */
function memoryRows(view: View, address: number, struct: string): CtxRow[] {
  const { arena } = view.kernel;
  const region = arena.region(address);
  if (!region) return [];
  const size = region.end - address;
  const fields: [string, CtxField][] = Object.entries(ctxStruct(struct)?.fields ?? {}).filter(
    ([, f]) => f.count === undefined && f.offset + f.size <= size,
  );
  const words = Array.from({ length: Math.min(MAX_WORDS, Math.floor(size / 8)) }, (_, i): [string, CtxField] => [
    `word ${i}`,
    { offset: 8 * i, size: 8, type: 'u64' },
  ]);
  return (fields.length > 0 ? fields : words).map(([name, field]): CtxRow => {
    const bytes = arena.bytes(address + field.offset, field.size);
    const value = bytes.reduceRight((sum, b) => (sum << 8n) | BigInt(b), 0n);
    const pointer = field.size === 8 ? describe(view, value) : undefined;
    const { offset, type } = field;
    const hex = `0x${value.toString(16)}`;
    const text = pointer ? pointerText(pointer) : decimalText(value) || hex;
    return { name, offset, size: field.size, type, values: [value], pointer, text, writable: (region.perm & 2) !== 0 };
  });
}

/** The context of the program that runs; undefined between packets and in callbacks of timers. */
export function ctxNow(view: View): CtxNow | undefined {
  const { running, kernel } = view;
  const context = running?.run.context;
  if (!running || !context) return undefined;
  const { ctxStruct: struct, progType } = running.prog.executable;
  const { address } = context;
  if (kernel.arena.region(address)?.kind !== 'ctx') return { struct, address, rows: memoryRows(view, address, struct) };
  const fields: [string, CtxField][] = Object.entries(ctxStruct(struct)?.fields ?? {});
  const rows = fields.flatMap(([name, field]) => rowOf(view, address, struct, progType, name, field) ?? []);
  return { struct, address, rows };
}

/** `mark +8  5`; without `all` only fields that are not zero. One line that says so where there is no context. */
export function ctxLines(view: View, all = false): string[] {
  const now = ctxNow(view);
  if (!now) return ['no context'];
  const rows = now.rows.filter((row) => all || row.values.some((v) => v !== 0n));
  const width = rows.reduce((max, row) => Math.max(max, row.name.length), 0);
  const hidden = now.rows.length - rows.length;
  return [
    `struct ${now.struct} at 0x${now.address.toString(16)}`,
    ...rows.map((row) => `${`+${row.offset}`.padEnd(5)}${row.name.padEnd(width)}  ${row.text}`),
    ...(hidden > 0 ? [`(${hidden} more fields are zero)`] : []),
  ];
}
