/** Random packets as layers, drawn from the protocol table itself. */

import fc from 'fast-check';
import { formatIpv4, formatIpv6, formatMac } from '../../src/net/addr.ts';
import { type Field, fieldMax } from '../../src/net/fields.ts';
import type { Protocol } from '../../src/net/proto/protocol.ts';
import { headerFields, type LayerName, type LayerSpec, PROTOCOLS } from '../../src/net/proto/protocols.ts';

function fieldValue(field: Field): fc.Arbitrary<unknown> {
  const bytes = fc.uint8Array({ minLength: field.size, maxLength: field.size });
  switch (field.kind) {
    case 'uint':
      return fc.integer({ min: 0, max: fieldMax(field) });
    case 'mac':
      return bytes.map((b) => formatMac(b));
    case 'ipv4':
      return bytes.map((b) => formatIpv4(b));
    case 'ipv6':
      return bytes.map((b) => formatIpv6(b));
    case 'bytes':
      return bytes;
  }
}

const OPTIONS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  ipv4: fc.array(
    fc.oneof(
      fc.constant({ name: 'nop' }),
      fc.record({ kind: fc.constant(148), values: fc.tuple(fc.nat(0xffff)) }),
      fc.record({ kind: fc.constant(7), data: fc.uint8Array({ minLength: 1, maxLength: 11 }) }),
    ),
    { maxLength: 3 },
  ),
  tcp: fc.array(
    fc.oneof(
      fc.constant({ name: 'nop' }),
      fc.constant({ name: 'sackOK' }),
      fc.record({ name: fc.constant('mss'), values: fc.tuple(fc.nat(0xffff)) }),
      fc.record({ name: fc.constant('TS'), values: fc.tuple(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff)) }),
      fc.record({ kind: fc.constant(253), data: fc.uint8Array({ maxLength: 8 }) }),
    ),
    { maxLength: 3 },
  ),
};

/** A header with some of its free fields given; those that are computed or constant are left to the builder. */
function layerOf(name: LayerName, given: Record<string, unknown> = {}): fc.Arbitrary<LayerSpec> {
  const proto: Protocol = PROTOCOLS[name];
  const typeField = proto.variants && proto.fields.find((f) => f.name === 'type');
  const fields = headerFields(proto, { type: typeField?.initial, ...given });
  const free = fields.filter((f) => !f.auto && f.expect === undefined && !(f.name in given) && f !== typeField);
  const entries: Record<string, fc.Arbitrary<unknown>> = Object.fromEntries(free.map((f) => [f.name, fieldValue(f)]));
  if (proto.tail) {
    entries[proto.tail.name] = OPTIONS[proto.tail.as] ?? fc.uint8Array({ maxLength: name === 'ah' ? 12 : 40 });
  }
  return fc.record(entries, { requiredKeys: [] }).map((fields) => ({ layer: name, ...given, ...fields }) as LayerSpec);
}

const UNFRAGMENTED = { frag_off: 0, flags: 2 };
const payload = fc
  .uint8Array({ maxLength: 60 })
  .map((bytes): LayerSpec[] => (bytes.length === 0 ? [] : [{ layer: 'payload', bytes }]));
const many = (a: fc.Arbitrary<LayerSpec>, max: number) => fc.array(a, { maxLength: max });

const chunks = many(layerOf('sctp_chunk'), 3);
const segment = (icmp: 'icmp' | 'icmp6') =>
  fc.oneof(
    fc.tuple(layerOf('tcp'), payload).map(([l, p]) => [l, ...p]),
    fc.tuple(layerOf('udp'), payload).map(([l, p]) => [l, ...p]),
    fc.tuple(layerOf(icmp), payload).map(([l, p]) => [l, ...p]),
    fc.tuple(layerOf('sctp'), chunks).map(([l, c]) => [l, ...c]),
  );
const v4 = layerOf('ipv4', UNFRAGMENTED);
const v6 = fc
  .tuple(layerOf('ipv6'), many(fc.oneof(layerOf('hopopts'), layerOf('dstopts'), layerOf('ah')), 2))
  .map(([l, x]) => [l, ...x]);
const over4 = fc.tuple(v4, segment('icmp')).map(([ip, s]) => [ip, ...s]);
const over6 = fc.tuple(v6, segment('icmp6')).map(([ip, s]) => [...ip, ...s]);
const inner = fc.oneof(over4, over6);
const tunnel = fc
  .tuple(
    fc.oneof(
      v4.map((l) => [l]),
      v6,
    ),
    inner,
  )
  .map(([o, i]) => [...o, ...i]);
const network = fc.oneof(
  over4,
  over6,
  tunnel,
  layerOf('arp').map((l) => [l]),
);

/** A whole, well-formed packet: Ethernet, up to two tags, IP over IP or not, a transport header and data. */
export const packetSpec: fc.Arbitrary<LayerSpec[]> = fc
  .tuple(layerOf('eth'), many(layerOf('vlan'), 2), network)
  .map(([e, tags, rest]) => [e, ...tags, ...rest]);

/** A few random changes to bytes: overwritten ones, cut short. */
export function mutated(bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const edit = fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255)));
  return fc.tuple(bytes, fc.array(edit, { maxLength: 6 }), fc.option(fc.nat())).map(([b, edits, keep]) => {
    const out = b.slice();
    for (const [at, value] of edits) if (out.length > 0) out[at % out.length] = value;
    return keep === null ? out : out.slice(0, keep % (out.length + 1));
  });
}
