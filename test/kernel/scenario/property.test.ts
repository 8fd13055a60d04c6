/** Scenario files by chance: the reader answers for anything, and agrees with the schema on what a file is made of. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readScenario } from '../../../src/kernel/scenario/file/index.ts';
import { fitsSchema, full, type Json, problems } from './files.ts';

const KEYS = ['bpflab', 'node', 'steps', 'packet', 'in', 'expect', 'maps', 'ipv4', 'out', 'devices', 'name', 'x'];
const anyJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom<unknown>(1, 0, -1, 1.5, 1e300, '', 'eth0', 'record', '30s', true, null, 'lo'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 5 }),
  ),
})).value;

test('any value gives a scenario or problems, and a value of the schema’s choice where it is one', () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      for (const json of [
        value,
        { bpflab: 1, steps: value },
        { bpflab: 1, node: value },
        { bpflab: 1, steps: [value] },
      ]) {
        const read = readScenario(json, 'f');
        if (read.ok) expect(fitsSchema(json)).toBe(true);
        else expect(read.problems.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 500, seed: 6 },
  );
});

test('values that are no JSON are refused', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true }), (value) => {
      expect(readScenario({ bpflab: 1, node: value }, 'f').ok || true).toBe(true);
    }),
    { numRuns: 300, seed: 6 },
  );
});

/** All places of a value, as paths of keys. */
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  const below = Array.isArray(value)
    ? value.flatMap((item, i) => places(item, [...path, i]))
    : Object.entries(value).flatMap(([key, item]) => places(item, [...path, key]));
  return path.length === 0 ? below : [path, ...below];
}

function changed(json: Json, path: readonly (string | number)[], change: (parent: Json, key: string) => void): Json {
  let at = json;
  for (const key of path.slice(0, -1)) at = at[key as string] as Json;
  change(at, path.at(-1) as string);
  return json;
}

const PLACES = places(full());
/** Something of another kind than what is there. */
const OTHERS: readonly unknown[] = [null, true, -7, 0.25, [], {}, '\n', [[]], { zz: 1 }];

describe('one change at one place of the file that uses every key', () => {
  /** The reader looks for names once the rest is in order: what it then says is none of the schema's business. */
  const dangling =
    /wanted: (a sysctl that|a socket that|a name that|a name other|a CPU|the name of a (device|namespace)|NETNS|a cgroup of|a field of a layer of|an agent|a command)|: (the kernel refuses|\w+ has no field)|wanted: (a device of this|a device whose)|is not understood|is not an option|sysctls\.net\S* "\\n", wanted/;

  /** What reader and schema do not agree on. */
  function disagreements(changes: Iterable<readonly [string, Json]>): string[] {
    const found: string[] = [];
    for (const [where, json] of changes) {
      const said = problems(json);
      const structural = said.filter((line) => !dangling.test(line));
      if (fitsSchema(json) !== (structural.length === 0)) found.push(`${where}: ${said.join('; ')}`);
    }
    return found;
  }

  const at = (path: readonly (string | number)[]): string => path.join('.');

  test('a value of another type', () => {
    const changes = PLACES.flatMap((path) =>
      OTHERS.map((other): [string, Json] => [
        `${at(path)} = ${JSON.stringify(other)}`,
        changed(full(), path, (parent, key) => {
          parent[key] = other;
        }),
      ]),
    );
    expect(disagreements(changes)).toEqual([]);
  });

  test('a key more, a key less', () => {
    const changes = PLACES.flatMap((path): [string, Json][] => [
      [
        `${at(path)} gone`,
        changed(full(), path, (parent, key) => {
          if (Array.isArray(parent)) parent.splice(Number(key), 1);
          else delete parent[key];
        }),
      ],
      [
        `${at(path)} with zz beside it`,
        changed(full(), path, (parent) => {
          if (!Array.isArray(parent)) parent.zz = 1;
        }),
      ],
    ]);
    expect(disagreements(changes)).toEqual([]);
  });
});
