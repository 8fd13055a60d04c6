/** Packets in scenario files: their layers by the protocols' own tables. */
import { encodeBytes, encodeValue, expectedValue, type Field, fieldMax } from '../../../net/fields.ts';
import type { Protocol } from '../../../net/proto/protocol.ts';
import { type LayerName, type LayerSpec, PROTOCOLS } from '../../../net/proto/protocols.ts';
import { choice, integer, type Json, type Kind, says, text } from '../../net/file/kinds.ts';
import { as, forms, list, mapping, type NameKind, record } from '../../net/file/parts.ts';
import { isRecord, readKind, report, type Shape, type Sink, type Table } from '../../net/file/shape.ts';
import { dns, utf8 } from './data.ts';
import { devicePlace, duration, hex } from './kinds.ts';

export const LAYERS = Object.keys(PROTOCOLS) as LayerName[];

/** Fields of all variants of a header. */
function allFields(proto: Protocol): readonly Field[] {
  const fields = [...proto.fields, ...(proto.variants ?? []).flatMap((v) => v.fields)];
  return fields.filter((f, i) => fields.findIndex((g) => g.name === f.name) === i);
}

const ADDRESS: Readonly<Record<string, Json>> = {
  mac: { type: 'string', pattern: '^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$' },
  ipv4: { type: 'string', pattern: '^[0-9.]+$' },
  ipv6: { type: 'string', pattern: '^[0-9a-fA-F.:]+$' },
};

function fieldSchema(field: Field): Json {
  if (field.kind === 'bytes') return hex.schema;
  if (field.kind !== 'uint') return ADDRESS[field.kind]!;
  const number = { type: 'integer', minimum: 0, maximum: fieldMax(field) };
  return field.flagNames ? { anyOf: [number, { type: 'string', pattern: flagsPattern(field) }] } : number;
}

/** Flags as text: `S.`, `MF,DF`, `none`. */
function flagsPattern({ flagNames = [], flagJoin = ',' }: Field): string {
  const one = `(?:${flagNames.map((name) => name.replace('.', '\\.')).join('|')})`;
  return flagJoin === '' ? `^(?:none|${one}*)$` : `^(?:none|\\s*${one}\\s*(?:${flagJoin}\\s*${one}\\s*)*)?$`;
}

/** What a field's `auto` or `initial` stands for without being given. */
function presetOf(field: Field): string {
  if (field.auto) return 'computed';
  return field.initial === undefined ? '0' : `\`${field.initial}\``;
}

function fieldKind(field: Field): Kind<unknown> {
  const kind: Kind<unknown> = {
    read: (v) => (encodeValue(field, v) === undefined ? undefined : v),
    wanted: expectedValue(field),
    schema: fieldSchema(field),
  };
  return { ...kind, preset: presetOf(field) };
}

/** A header's options or data behind its fields. */
function tailKind(as: 'bytes' | 'ipv4' | 'tcp'): Kind<unknown> {
  if (as === 'bytes') {
    return {
      read: (v) => (typeof v === 'string' ? encodeBytes(v) : undefined),
      wanted: hex.wanted,
      word: 'hex',
      schema: hex.schema,
    };
  }
  const byte = integer(0, 255);
  const option = record(
    'option',
    'An option of an IPv4 or TCP header: by its name or its number.',
    {
      kind: says(byte, 'Its number.'),
      name: says(text, 'Its name: `mss`, `wscale`, `sackOK`, `TS`, `nop`, `rr` …'),
      values: says(list(integer(0, 0xffff_ffff), 255), 'Its numbers: `[1460]`.'),
      data: says({ ...hex, read: (v: unknown) => (hex.read(v) ? v : undefined) } as Kind<unknown>, 'Its bytes.'),
    },
    [],
    {
      check: ({ kind, name }) =>
        kind === undefined && name === undefined ? 'the name or the kind of an option' : undefined,
      also: { anyOf: [{ required: ['name'] }, { required: ['kind'] }] },
    },
  );
  return list(option, 64);
}

/** The record of a layer's fields. */
function layerShape(name: LayerName): Shape {
  const proto: Protocol = PROTOCOLS[name];
  return {
    ...Object.fromEntries(allFields(proto).map((f) => [f.name, fieldKind(f)])),
    ...(proto.tail && { [proto.tail.name]: tailKind(proto.tail.as) }),
    ...(name === 'payload' && { dns: says(dns, 'A DNS message instead of bytes.') }),
    cut: says(integer(0, 65535), 'Only so many bytes of the header are there.', 'all'),
  };
}

const layerRecord = (name: LayerName): Kind<object> => {
  const about = `A header \`${name}\`; fields that are left out are computed or have defaults.`;
  return as(record(name, about, layerShape(name)), ({ dns: message, ...fields }) =>
    message ? { bytes: message, ...fields } : fields,
  );
};

const LAYER_KINDS = Object.fromEntries(
  LAYERS.map((name): [string, Kind<unknown>] => {
    const fields = layerRecord(name);
    if (name !== 'payload' && name !== 'padding') return [name, says(fields, `A header \`${name}\`.`)];
    const kind = forms({ text: as(utf8, (bytes) => ({ bytes })), record: fields });
    const help =
      name === 'payload'
        ? 'Data: a text, `{bytes: HEX}` or `{dns: …}`.'
        : 'Bytes behind the packet that no length counts.';
    return [name, says(kind, help)];
  }),
) as Readonly<Record<LayerName, Kind<unknown>>>;

const LAYER_WANTED = `a mapping with layer (${LAYERS.join(', ')}) and its fields`;
const LAYER_RECORDS = new Map<string, Kind<object>>(LAYERS.map((name) => [name, layerRecord(name)]));

/** What `layers` holds: the name of a layer, and its fields. */
const LAYER_ITEM: Table = {
  title: 'layer',
  about: 'A layer by its name, with its fields.',
  shape: {
    layer: says(choice(Object.fromEntries(LAYERS.map((n) => [n, n]))), 'Its name; its fields stand beside it.'),
  },
  needed: ['layer'],
  schema: {
    type: 'object',
    required: ['layer'],
    properties: { layer: { enum: LAYERS } },
    oneOf: LAYERS.map((name) => ({
      additionalProperties: false,
      properties: {
        layer: { const: name },
        ...Object.fromEntries(Object.entries(layerShape(name)).map(([field, kind]) => [field, kind.schema])),
      },
    })),
  },
};

function readLayer(sink: Sink, value: unknown, path: string): LayerSpec | undefined {
  const { layer, ...fields } = isRecord(value) ? value : {};
  const kind = typeof layer === 'string' ? LAYER_RECORDS.get(layer) : undefined;
  if (kind) {
    const read = readKind(sink, kind, fields, path);
    return read && ({ layer, ...read } as LayerSpec);
  }
  if (layer === undefined) report(sink, path, value, LAYER_WANTED);
  else report(sink, `${path}.layer`, layer, `one of ${LAYERS.join(', ')}`);
  return undefined;
}

const layerItem: Kind<LayerSpec> = {
  read: () => undefined,
  within: readLayer,
  wanted: LAYER_WANTED,
  word: 'layer',
  schema: { $ref: '#/$defs/layer' },
  tables: [LAYER_ITEM, ...LAYERS.flatMap((name) => LAYER_KINDS[name].tables ?? [])],
};

const MOST_LAYERS = 64;
const layersKind = list(layerItem, MOST_LAYERS, 1);

/** Fields that traffic can vary: numbers and addresses of the fixed part. */
const FIELD_NAMES = LAYERS.map((name) => [name, allFields(PROTOCOLS[name]).map((f) => f.name)] as const);

const ofLayers = (index: string): string =>
  `^(?:${FIELD_NAMES.filter(([, fields]) => fields.length > 0)
    .map(([name, fields]) => `${name}${index}\\.(?:${fields.join('|')})`)
    .join('|')})$`;

/** `ipv4.src` */
const VARIED: NameKind = { pattern: ofLayers(''), wanted: 'a field of a layer, such as ipv4.src', word: 'field' };

/** `ipv4.src`, `ipv4#2.src` of the second such header. */
export const OUT_FIELD = ofLayers('(?:#[1-9][0-9]?)?');

/** How a packet's contents are given: as layers by key, as a list of layers, or as bytes; only one of them. */
const CONTENTS: Json = {
  oneOf: [{ required: ['layers'] }, { required: ['bytes'] }, { anyOf: LAYERS.map((name) => ({ required: [name] })) }],
};
const TEMPLATE: Json = {
  oneOf: [{ required: ['layers'] }, { anyOf: LAYERS.map((name) => ({ required: [name] })) }],
};

function contents(value: Readonly<Record<string, unknown>>): string | undefined {
  const ways = ['layers', 'bytes'].filter((key) => value[key] !== undefined).length;
  const keyed = LAYERS.some((name) => value[name] !== undefined) ? 1 : 0;
  if (ways + keyed === 1) return undefined;
  return 'one description of the packet: layers by name (ipv4: …), or layers: [ … ], or bytes: HEX';
}

const PACKET = {
  in: says(devicePlace, 'The device that it comes in at.'),
  ...LAYER_KINDS,
  layers: says(layersKind, 'The layers as a list, where one comes twice: `[{layer: eth}, {layer: ipv4}, …]`.'),
  bytes: says(hex, 'The whole packet from the link layer on.'),
  times: says(integer(1, 1_000_000), 'How often it comes.', '1'),
} as const;

/** A packet that comes while another CPU stands still. */
const innerPacket = record('other_packet', 'A packet that comes in meanwhile.', PACKET, ['in'], {
  check: contents,
  also: CONTENTS,
});

const interleave = record(
  'interleave',
  'A CPU stops at a lock point while others go on.',
  {
    cpu: says(integer(0, 63), 'The CPU that stops.', '0'),
    at: says(text, 'The lock point.'),
    map: says(text, 'The map whose lock it is.', 'any'),
    nth: says(integer(1, 1_000_000), 'At the how-manieth time that it comes there.', '1'),
    // biome-ignore lint/suspicious/noThenProperty: the word of the format; nothing awaits a table
    then: says(
      list(
        record(
          'meanwhile',
          'What another CPU does.',
          { cpu: says(integer(0, 63), 'The CPU.', '1'), packet: says(innerPacket, 'The packet that it gets through.') },
          ['packet'],
        ),
        1000,
      ),
      'Packets that other CPUs get through meanwhile.',
    ),
  },
  ['at', 'then'],
);

/** Action `packet`. */
export const packet = record(
  'packet',
  'A packet that comes in at a device from outside. `eth` may be left out: the packet is then addressed to the device.',
  { ...PACKET, interleave: says(list(interleave, 1000), 'CPUs that stop on its way.', 'none') },
  ['in'],
  { check: contents, also: CONTENTS },
);

/** Action `traffic`. */
export const traffic = record(
  'traffic',
  'Many packets of many flows: a template, and what differs.',
  {
    in: says(devicePlace, 'The device that they come in at.'),
    packets: says(integer(1, 100_000_000), 'How many.'),
    flows: says(integer(1, 10_000_000), 'Of how many flows.', '1'),
    every: says(duration, 'Time from one packet to the next.', '`1us`'),
    order: says(
      choice({ round: 'round', random: 'random' } as const),
      'One flow after the other, or by chance from the seed.',
      '`round`',
    ),
    vary: says(
      mapping(VARIED, integer(1, 10_000_000), 64),
      'How fields grow with the number of the flow: `ipv4.src: 250` adds the number modulo 250.',
      'nothing',
    ),
    ...LAYER_KINDS,
    layers: says(layersKind, 'The layers as a list.'),
  },
  ['in', 'packets'],
  { check: contents, also: TEMPLATE },
);
