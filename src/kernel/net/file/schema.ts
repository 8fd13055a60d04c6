/** The JSON Schema of node files, from the tables that their reader goes by. */
import { SOCKET, SOCKET_NEEDS } from '../../sockets/file.ts';
import { DEVICE, NEIGHBOUR, ROUTE, RULE } from './fields.ts';
import { interfaceAddress, sysctlValue } from './kinds.ts';
import type { Shape } from './shape.ts';

type Json = Readonly<Record<string, unknown>>;

function objectOf(shape: Shape, required: readonly string[], more: Json = {}): Json {
  const properties = Object.fromEntries(Object.entries(shape).map(([name, kind]) => [name, kind.schema]));
  return { type: 'object', additionalProperties: false, required, properties: { ...properties, ...more } };
}

const list = (items: Json): Json => ({ type: 'array', items });

/** docs/node.schema.json */
export function nodeSchema(): Readonly<Record<string, unknown>> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'bpflab node file',
    type: ['object', 'null'],
    additionalProperties: false,
    properties: {
      bpflab: { const: 1 },
      devices: list(objectOf(DEVICE, ['name'], { addresses: list(interfaceAddress.schema) })),
      routes: list(objectOf(ROUTE, ['to'])),
      rules: list(objectOf(RULE, [])),
      neighbours: list(objectOf(NEIGHBOUR, ['address', 'mac', 'dev'])),
      sysctls: { type: 'object', additionalProperties: sysctlValue.schema },
      setup: list({ type: 'string' }),
      sockets: list(objectOf(SOCKET, SOCKET_NEEDS)),
    },
  };
}
