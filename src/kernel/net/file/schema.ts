/** JSON Schemas from the tables that the readers go by. */
import { SOCKET_RECORD } from '../../sockets/file.ts';
import { NAMESPACE } from './fields.ts';
import { type Json, type Kind, says } from './kinds.ts';
import { list } from './parts.ts';
import type { Shape, Table } from './shape.ts';

/** A field's schema with what the table says of it. */
function described({ schema, help, preset }: Kind<unknown>): Json {
  if (help === undefined) return schema;
  return { ...schema, description: preset === undefined ? help : `${help} Default: ${preset}.` };
}

function objectOf({ about, shape, needed, also = {}, schema }: Table): Json {
  if (schema) return { description: about, ...schema };
  const properties = Object.fromEntries(Object.entries(shape).map(([name, kind]) => [name, described(kind)]));
  return {
    description: about,
    type: 'object',
    additionalProperties: false,
    ...(needed.length > 0 && { required: needed }),
    properties,
    ...also,
  };
}

/** All tables below these kinds, each once, those that are met first in front. */
export function tablesBelow(shape: Shape): readonly Table[] {
  const found = new Map<string, Table>();
  const visit = (tables: readonly Table[]): void => {
    for (const table of tables) {
      if (found.has(table.title)) continue;
      found.set(table.title, table);
      for (const kind of Object.values(table.shape)) visit(kind.tables ?? []);
    }
  };
  for (const kind of Object.values(shape)) visit(kind.tables ?? []);
  return [...found.values()];
}

/** The schema of a file whose own keys are those of a table. */
export function fileSchema(table: Table, type: unknown = 'object'): Json {
  const $defs = Object.fromEntries(tablesBelow(table.shape).map((t) => [t.title, objectOf(t)]));
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: table.title,
    ...objectOf(table),
    type,
    $defs,
  };
}

/** docs/node.schema.json */
export function nodeSchema(): Readonly<Record<string, unknown>> {
  const version = { read: () => undefined, wanted: '1', schema: { const: 1 } };
  const shape = {
    bpflab: says(version, 'Version of the format.', '1'),
    ...NAMESPACE,
    sockets: says(list(SOCKET_RECORD, 4096), 'Sockets that are there from the beginning.', 'none'),
  };
  const about = 'The network namespace around a program: docs/node.md.';
  return fileSchema({ title: 'bpflab node file', about, shape, needed: [] }, ['object', 'null']);
}
