/** What a scenario file can expect of a step, and at the end. */
import { ERRNOS } from '../../../spec/errno.ts';
import type { Kind } from '../../net/file/kinds.ts';
import { choice, integer, says } from '../../net/file/kinds.ts';
import { as, forms, list, mapping, record } from '../../net/file/parts.ts';
import { isRecord, joined, readKind, report, type Sink } from '../../net/file/shape.ts';
import { anything, devicePlace, hex, lines, MAP_LABEL, SOCKET_NAME, scalar, words } from './kinds.ts';
import { OUT_FIELD } from './packet.ts';

const STATES = [
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
  'gone',
];

const named = (names: readonly string[]): Kind<string> => choice(Object.fromEntries(names.map((name) => [name, name])));

const ELEMENT = {
  key: says(anything, 'The key, by type or as bytes; of a typed one only the given members count.', 'any'),
  value: says(anything, 'The value, likewise.', 'any'),
};

const mapExpect = record('map_expect', 'What a map is to hold.', {
  count: says(integer(0, 0xffff_ffff), 'Number of elements.'),
  has: says(
    list(record('element_expect', 'An element, or part of what is known of it.', ELEMENT), 10_000),
    'Elements that are there.',
  ),
  lacks: says(list(anything, 10_000), 'Keys that are not there, by type or as bytes.'),
  changes: says(lines, 'The elements that the step changed, as the timeline prints them.'),
});

const OUT = {
  dev: says(devicePlace, 'The device that it left through.'),
  bytes: says(hex, 'All its bytes.', 'any'),
};
const outFixed = record('out_fixed', '', OUT, ['dev']);
const outField = new RegExp(OUT_FIELD);

/** Fields by `LAYER.FIELD`, as they are written. */
export interface OutGiven {
  readonly dev: string;
  readonly bytes?: Uint8Array;
  readonly fields: Readonly<Record<string, string | number>>;
}

function readOut(sink: Sink, value: unknown, path: string): OutGiven | undefined {
  if (!isRecord(value)) {
    report(sink, path, value, OUT_WANTED);
    return undefined;
  }
  const before = sink.problems.length;
  const fields: Record<string, string | number> = {};
  const rest: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(value)) {
    if (!name.includes('.')) {
      rest[name] = given;
      continue;
    }
    const at = joined(path, name);
    if (!outField.test(name)) report(sink, at, name, 'LAYER.FIELD, such as ipv4.dst, or ipv4#2.dst of a second header');
    const read = readKind(sink, scalar, given, at);
    if (read !== undefined) fields[name] = read;
  }
  const fixed = readKind(sink, outFixed, rest, path);
  return fixed && sink.problems.length === before ? { ...fixed, fields } : undefined;
}

const OUT_WANTED = 'a mapping with dev, and fields such as ipv4.dst, or bytes';

const out: Kind<OutGiven> = {
  read: () => undefined,
  within: readOut,
  wanted: OUT_WANTED,
  word: 'out',
  schema: { $ref: '#/$defs/out' },
  tables: [
    {
      title: 'out',
      about:
        'A packet that left the node: its device, and fields as `ipv4.dst: 10.0.2.30`, `tcp.flags: S.`, `ipv4#2.ttl: 63`.',
      shape: OUT,
      needed: ['dev'],
      also: { patternProperties: { [OUT_FIELD]: scalar.schema } },
    },
  ],
};

const EXPECT = {
  verdicts: says(lines, 'Verdicts of the programs that ran, in order.'),
  path: says(lines, 'The hops of the packet, as the timeline prints them.'),
  out: says(list(out, 10_000), 'Packets that left through devices that lead outside: all, in order.'),
  changes: says(lines, 'What changed in packets: `ipv4.dst 10.96.0.80 -> 10.0.2.30`.'),
  maps: says(
    mapping(MAP_LABEL, mapExpect, 1024),
    'What maps hold, by name; `NAME (unpinned)` is what the agent has made anew and old programs still use.',
  ),
  ct: says(lines, 'Conntrack entries, as `cilium bpf ct list global` prints them.'),
  log: says(lines, 'What programs said: notifications, trace lines. `[]` for silence.'),
  events: says(
    lines,
    'The records that programs wrote into perf event arrays and ring buffers: `MAP: BYTES`, in hexadecimal; `log` has them in words.',
  ),
  received: says(mapping(SOCKET_NAME, words, 4096), 'What sockets have received since the step began, by name.'),
  sockets: says(
    mapping(SOCKET_NAME, named(STATES), 4096),
    'States of sockets by name; `gone` for one that is no more.',
  ),
  result: says(
    {
      ...named(['ok', ...Object.keys(ERRNOS)]),
      wanted: 'ok or the name of an errno, such as ECONNREFUSED',
      word: '`ok` or errno',
    },
    "What the step's system call answered.",
  ),
  drops: says(lines, 'Why packets were dropped, in order.'),
  agent: says(lines, 'What the agent said.'),
} as const;

/** Expectations: `record` for those that are still to be written. */
export const expectation = forms({
  record: record('expect', 'What is to be true. What is not mentioned may be anything.', EXPECT),
  text: as(choice({ record: 'record' } as const), () => ({ record: true }) as const),
});
