/** Load requests out of JSON files: their shape is checked before anything believes in their types. */
import type { LoadRequest } from '../spec/request.ts';
import { fromHex } from '../util/hex.ts';
import { jsonError, unusable } from './failure.ts';

type Json = Readonly<Record<string, unknown>>;

/** A kind of value: what messages call it, and whether a value is one. */
interface Kind {
  readonly is: string;
  readonly test: (v: unknown) => boolean;
}

const isObject = (v: unknown): v is Json => typeof v === 'object' && v !== null && !Array.isArray(v);
const isCount = (v: unknown): boolean => Number.isInteger(v) && (v as number) >= 0;

const STRING: Kind = { is: 'a string', test: (v) => typeof v === 'string' };
const COUNT: Kind = { is: 'a whole number', test: isCount };
const NAMED: Kind = { is: 'a name or a number', test: (v) => typeof v === 'string' || isCount(v) };
const PINNING: Kind = { is: 'by_name', test: (v) => v === 'by_name' };
const HEX: Kind = { is: 'hex', test: (v) => typeof v === 'string' || (Array.isArray(v) && v.every(STRING.test)) };
const BYTES: Kind = { is: 'hex', test: (v) => typeof v === 'string' && fromHex(v) !== undefined };
const FLAGS: Kind = {
  is: 'a number or a list of names',
  test: (v) => isCount(v) || (Array.isArray(v) && v.every(STRING.test)),
};
const BOOLEAN: Kind = { is: 'true or false', test: (v) => typeof v === 'boolean' };
const OBJECTS: Kind = { is: 'a list of objects', test: (v) => Array.isArray(v) && v.every(isObject) };
const OBJECT: Kind = { is: 'an object', test: isObject };
const PAIRS: Kind = {
  is: 'a list of [insn, map]',
  test: (v) => Array.isArray(v) && v.every((p) => Array.isArray(p) && p.length === 2 && p.every(isCount)),
};

/** Fields with their kinds; those that must be there are in `required`. */
interface Shape {
  readonly fields: Readonly<Record<string, Kind>>;
  readonly required: readonly string[];
}

const PROG: Shape = {
  fields: {
    name: STRING,
    insns: HEX,
    prog_type: NAMED,
    expected_attach_type: NAMED,
    license: STRING,
    prog_name: STRING,
    prog_flags: FLAGS,
    map_relocs: PAIRS,
    parent_relocs: PAIRS,
    btf_relocs: OBJECTS,
    btf: STRING,
    func_info: STRING,
    line_info: STRING,
  },
  required: ['insns'],
};

const MAP: Shape = {
  fields: {
    name: STRING,
    type: NAMED,
    key_size: COUNT,
    value_size: COUNT,
    max_entries: COUNT,
    map_flags: COUNT,
    map_extra: COUNT,
    inner_map: COUNT,
    btf: STRING,
    btf_key_type_id: COUNT,
    btf_value_type_id: COUNT,
    freeze: BOOLEAN,
    pinning: PINNING,
    updates: OBJECTS,
  },
  required: ['type', 'key_size', 'value_size', 'max_entries'],
};

const UPDATE: Shape = {
  fields: {
    key: STRING,
    value: STRING,
    value_map: COUNT,
    value_prog: OBJECT,
    value_prog_index: COUNT,
    flags: COUNT,
  },
  required: ['key'],
};

const TEST_RUN: Shape = {
  fields: {
    prog: COUNT,
    data: BYTES,
    ctx: BYTES,
    repeat: COUNT,
    flags: COUNT,
    cpu: COUNT,
    batch_size: COUNT,
    out_size: COUNT,
    ctx_out_size: COUNT,
  },
  required: [],
};

const RELOC: Shape = { fields: { insn: COUNT, name: STRING, kind: STRING }, required: ['insn', 'name'] };

/** Load requests of a JSON file: one object, an array of them, or one on each line. */
export function readRequests(path: string, text: string): LoadRequest[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (whole) {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    if (lines.length < 2) unusable('bad-json', {}, { path, why: jsonError(whole) });
    value = lines.map((line, i) => jsonLine(path, line, i));
  }
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) => checkRequest(path, item));
}

function jsonLine(path: string, line: string, index: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    unusable('bad-json', {}, { path, why: `line ${index + 1}: ${jsonError(error)}` });
  }
}

/** One run or a list of them. */
function testRuns(given: unknown): readonly unknown[] {
  if (given === undefined) return [];
  return Array.isArray(given) ? given : [given];
}

/** The value as a load request; leaves the command for what is none. */
export function checkRequest(path: string, item: unknown): LoadRequest {
  const check = (where: string, object: Json, shape: Shape): void => {
    const missing = shape.required.find((field) => object[field] === undefined);
    if (missing !== undefined) unusable('bad-request', {}, { path, why: `${where}${missing} is missing` });
    for (const [field, kind] of Object.entries(shape.fields)) {
      const value = object[field];
      if (value !== undefined && !kind.test(value)) {
        unusable('bad-request', {}, { path, why: `${where}${field} must be ${kind.is}` });
      }
    }
  };
  const checkProg = (where: string, prog: Json): void => {
    check(where, prog, PROG);
    for (const reloc of (prog.btf_relocs ?? []) as Json[]) check(`${where}btf_relocs: `, reloc, RELOC);
  };
  if (!isObject(item)) unusable('bad-request', {}, { path, why: 'an object is wanted' });
  // What programs share stands in the request itself.
  check('', item, { fields: { ...PROG.fields, progs: OBJECTS, maps: OBJECTS }, required: item.progs ? [] : ['insns'] });
  for (const [i, prog] of ((item.progs ?? []) as Json[]).entries()) checkProg(`program ${i}: `, prog);
  if (item.progs === undefined) checkProg('', item);
  for (const [i, map] of ((item.maps ?? []) as Json[]).entries()) {
    check(`map ${i}: `, map, MAP);
    for (const [n, update] of ((map.updates ?? []) as Json[]).entries()) {
      const where = `map ${i}, update ${n}: `;
      check(where, update, UPDATE);
      if (update.value_prog !== undefined) checkProg(`${where}value_prog: `, update.value_prog as Json);
    }
  }
  for (const [i, run] of testRuns(item.test_run_in ?? item.test_run).entries()) {
    const where = `test_run ${i}: `;
    if (!isObject(run)) unusable('bad-request', {}, { path, why: `${where}an object is wanted` });
    check(where, run, TEST_RUN);
  }
  return item as unknown as LoadRequest;
}
