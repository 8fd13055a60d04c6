/**
 * Compares map creation and user space's updates with the kernel.
 *
 *     npx tsx scripts/maps/compareCreation.ts [--record FILE]
 */
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { ERRNOS } from '../../src/spec/errno.ts';
import { type CreationAttr, type CreationCase, create, rowOf } from '../../test/maps/creation.ts';
import { askOracle } from '../oracle.ts';
import { random } from './generate.ts';
import { tinyBtf } from './program.ts';

type Case = Omit<CreationCase, 'answer'>;

/** A good map of each type, from which the cases depart. */
const GOOD: readonly CreationAttr[] = [
  { type: 1, key_size: 4, value_size: 8, max_entries: 4, map_flags: 0 },
  { type: 2, key_size: 4, value_size: 8, max_entries: 4, map_flags: 0 },
  { type: 3, key_size: 4, value_size: 4, max_entries: 4, map_flags: 0 },
  { type: 4, key_size: 4, value_size: 4, max_entries: 4, map_flags: 0 },
  { type: 5, key_size: 4, value_size: 8, max_entries: 4, map_flags: 0 },
  { type: 6, key_size: 4, value_size: 8, max_entries: 4, map_flags: 0 },
  { type: 8, key_size: 4, value_size: 4, max_entries: 4, map_flags: 0 },
  { type: 9, key_size: 4, value_size: 8, max_entries: 4, map_flags: 0 },
  { type: 10, key_size: 4, value_size: 8, max_entries: 4, map_flags: 0 },
  { type: 11, key_size: 8, value_size: 8, max_entries: 4, map_flags: 1 },
  { type: 14, key_size: 4, value_size: 8, max_entries: 4, map_flags: 0 },
  { type: 16, key_size: 4, value_size: 8, max_entries: 4, map_flags: 0 },
  { type: 22, key_size: 0, value_size: 8, max_entries: 4, map_flags: 0 },
  { type: 23, key_size: 0, value_size: 8, max_entries: 4, map_flags: 0 },
  { type: 25, key_size: 4, value_size: 8, max_entries: 4, map_flags: 0 },
  { type: 27, key_size: 0, value_size: 0, max_entries: 4096, map_flags: 0 },
  { type: 30, key_size: 0, value_size: 8, max_entries: 4, map_flags: 0 },
  { type: 7, key_size: 4, value_size: 8, max_entries: 4, map_flags: 0 },
  { type: 17, key_size: 4, value_size: 4, max_entries: 4, map_flags: 0 },
  { type: 19, key_size: 8, value_size: 8, max_entries: 0, map_flags: 0 },
  { type: 21, key_size: 16, value_size: 8, max_entries: 0, map_flags: 0 },
  { type: 31, key_size: 0, value_size: 0, max_entries: 4096, map_flags: 0 },
  { type: 28, key_size: 4, value_size: 8, max_entries: 0, map_flags: 1 },
  { type: 29, key_size: 4, value_size: 8, max_entries: 0, map_flags: 1 },
  { type: 32, key_size: 4, value_size: 8, max_entries: 0, map_flags: 1 },
  { type: 24, key_size: 4, value_size: 8, max_entries: 0, map_flags: 1 },
];
/** They take maps with BTF only. */
const LOCAL_STORAGES = [24, 28, 29, 32];
const FLAG_BITS = Array.from({ length: 18 }, (_, bit) => 2 ** bit).concat(2 ** 31);

const at = (type: number): CreationAttr => GOOD.find((good) => good.type === type)!;

const cases: Case[] = [];
const one = (attr: CreationAttr): void => {
  cases.push({ maps: [attr], updates: [] });
};
for (const good of GOOD) {
  for (const flag of FLAG_BITS) {
    one({ ...good, map_flags: (good.map_flags | flag) >>> 0 });
    if (flag !== 1) one({ ...good, map_flags: flag });
  }
  for (const pair of [0x18, 0x180, 0x190, 0x42, 0x41, 0x1c00, 0x03, 0x06])
    one({ ...good, map_flags: good.map_flags | pair });
  for (const key_size of [0, 1, 3, 4, 5, 8, 64, 260, 261, 512, 4 << 20]) one({ ...good, key_size });
  for (const value_size of [
    0, 1, 4, 8, 32767, 32768, 32769, 65407, 65408, 65535, 4194260, 4194004, 4194005, 4194008, 4194009, 4194248, 4194252,
    0x7fffffff, 0x80000000, 0xffffffff,
  ])
    one({ ...good, value_size, max_entries: Math.min(1, good.max_entries) });
  for (const value_size of [4194251, 4194252, 4194253, 4194000, 4194024, 4194025])
    one({ ...good, value_size, max_entries: 1, map_flags: 1 });
  for (const max_entries of [0, 1, 2 ** 31, 2 ** 31 + 1, 0xffffffff]) one({ ...good, max_entries });
  for (const name of ['', 'a.b_C9', 'fifteen_letters']) one({ ...good, name });
  one({ ...good, map_extra: 1 });
  for (const numa_node of [0, 1, 0xffffffff, 64]) {
    one({ ...good, map_flags: good.map_flags | 4, numa_node });
    one({ ...good, numa_node });
  }
}
for (const good of GOOD)
  for (const value_size of [4, 8, 65407, 65408])
    for (const map_flags of [good.map_flags, good.map_flags | 0x80, good.map_flags | 0x200])
      one({ ...good, value_size, map_flags, btfInt: true });
for (const type of LOCAL_STORAGES)
  for (const change of [
    {},
    { key_size: 8 },
    { max_entries: 1 },
    { map_flags: 0 },
    { map_flags: 0x201 },
    { map_flags: 0x401 },
  ])
    one({ ...at(type), value_size: 4, btfInt: true, ...change });
for (const value_size of [8, 16, 24, 32, 64, 1008, 1016, 1024, 2032, 4064, 4096])
  for (const map_flags of [0, 32, 36, 0x28, 0x80]) one({ ...at(7), value_size, map_flags });
for (const max_entries of [1, 3, 1 << 20, 2 ** 31, 2 ** 31 + 1]) one({ ...at(7), max_entries });
for (const type of [19, 21])
  for (const key_size of [4, 8, 12, 16])
    for (const btfInt of [true, false]) one({ ...at(type), key_size, value_size: 4, ...(btfInt && { btfInt }) });
for (const max_entries of [1, 4095, 8192, 12288, 1 << 24]) one({ ...at(31), max_entries });
for (const type of [7, 17, 31]) one({ ...at(type), value_size: 4, btfInt: true });
/** Types without keys, redirect maps: combinations of their own attributes. */
for (const max_entries of [
  1,
  2048,
  4095,
  4096,
  4097,
  8192,
  12288,
  16384,
  1 << 20,
  1 << 24,
  (1 << 24) + 4096,
  2 ** 31 + 4096,
])
  for (const change of [{}, { key_size: 4 }, { value_size: 4 }, { map_flags: 8 }])
    one({ ...at(27), max_entries, ...change });
for (const map_extra of [0, 1, 5, 15, 16, 17, 31, 0x80000000, 0xffffffff])
  for (const max_entries of [1, 7, 10000, 0x30000000])
    for (const change of [{}, { map_flags: 64 }, { value_size: 3 }, { value_size: 4194305 }])
      if (max_entries < 0x30000000 || map_extra > 15) one({ ...at(30), map_extra, max_entries, ...change });
for (const type of [22, 23, 30])
  for (const value_size of [4194303, 4194304, 4194305, 0])
    for (const change of [{}, { key_size: 4 }, { max_entries: 0 }, { map_flags: 1 }, { map_flags: 0x180 }])
      one({ ...at(type), max_entries: 1, value_size, ...change });
for (const type of [14, 16, 25])
  for (const value_size of [3, 4, 5, 8, 9, 12])
    for (const max_entries of [0, 1, 8191, 8192, 8193, 65536])
      for (const map_flags of [0, 4, 8, 16, 0x80, 0x100]) one({ ...at(type), value_size, max_entries, map_flags });
for (const type of [14, 16, 22, 23, 25, 27, 30])
  for (const [key_size, value_size] of [
    [0, 4],
    [4, 4],
    [4, 8],
  ] as const)
    one({ ...at(type), key_size, value_size, btfInt: true });
for (const type of [0, 34, 35, 1000, 0xffffffff]) one({ ...GOOD[0]!, type });

/** Maps in maps: every type as a template, and inner maps that differ in one field. */
for (const outer of [12, 13]) {
  const outerAttr = { type: outer, key_size: 4, value_size: 4, max_entries: 2, map_flags: 0 };
  one(outerAttr);
  cases.push({ maps: [GOOD[1]!, { ...outerAttr, inner_map: 0, btfInt: true }], updates: [] });
  for (const inner of GOOD) {
    if (LOCAL_STORAGES.includes(inner.type)) continue;
    cases.push({ maps: [inner, { ...outerAttr, inner_map: 0 }], updates: [] });
    const changed: CreationAttr[] = [
      inner,
      { ...inner, max_entries: 5 },
      { ...inner, value_size: 16 },
      { ...inner, key_size: 12 },
      { ...inner, map_flags: inner.map_flags | 8 },
      GOOD[0]!,
    ];
    for (const second of changed)
      for (const flags of [0, 1, 2])
        cases.push({
          maps: [inner, second, { ...outerAttr, inner_map: 0 }],
          updates: [
            ['00000000', 0, 0],
            ['00000000', 1, flags],
          ],
        });
  }
  cases.push({ maps: [GOOD[1]!, { ...outerAttr, inner_map: 0 }, { ...outerAttr, inner_map: 1 }], updates: [] });
  const growing = { ...GOOD[1]!, map_flags: 0x1000 };
  cases.push({
    maps: [growing, { ...growing, max_entries: 9 }, { ...outerAttr, inner_map: 0 }],
    updates: [['01000000', 1, 0]],
  });
  for (const value_size of [0, 1, 8])
    cases.push({ maps: [GOOD[1]!, { ...outerAttr, value_size, inner_map: 0 }], updates: [] });
  for (const map_flags of [0x80, 0x100, 0x1000, 0x400, 0x40, 1, 8, 16])
    cases.push({ maps: [GOOD[1]!, { ...outerAttr, map_flags, inner_map: 0 }], updates: [] });
  for (const key of ['02000000', '00000000'])
    cases.push({
      maps: [GOOD[1]!, { ...outerAttr, inner_map: 0 }],
      updates: [
        [key, 0, 0],
        ['01000000', 0, 0],
        ['05000000', 0, 0],
      ],
    });
}

/** Updates by user space, refused or not. */
const rng = random(99);
for (const good of GOOD) {
  if ([3, 4, 8, 14, 16, 22, 23, 24, 25, 27, 30].includes(good.type)) continue;
  for (let i = 0; i < 25; i++) {
    const map_flags = good.map_flags | [0, 0, 0, 8, 16, 0x80][rng(6)]!;
    const updates = Array.from({ length: 6 }, () => {
      const head = good.type === 11 ? rng(34) : rng(6);
      const key = `${head.toString(16).padStart(2, '0')}000000`.padEnd(2 * good.key_size, '8');
      return [key, '1122334455667788', [0, 0, 0, 1, 2, 3, 4, 5, 8][rng(9)]!] as const;
    });
    cases.push({ maps: [{ ...good, map_flags }], updates });
  }
}

/** Updates of redirect maps: interfaces and CPUs that are there or not, numbers that no program has; keys where none is taken. */
const word = (n: number): string => Buffer.from(Uint32Array.of(n).buffer).toString('hex');
for (const type of [14, 16, 25])
  for (const value_size of [4, 8])
    for (let i = 0; i < 40; i++) {
      const updates = Array.from({ length: 8 }, () => {
        const target = [0, 1, 1, 1, 2, 192, 16384, 16385, 0xffffffff][rng(9)]!;
        const prog = [0, 0, 0, 0xffffffff, 1000][rng(5)]!;
        const value = word(target) + (value_size === 8 ? word(prog) : '');
        return [word([0, 1, 2, 3, 4, 5, 1000][rng(7)]!), value, [0, 0, 0, 1, 2, 3, 4, 8][rng(8)]!] as const;
      });
      cases.push({
        maps: [{ ...at(type), value_size, max_entries: 1 + rng(5), map_flags: type === 16 ? 0 : [0, 8, 16][rng(3)]! }],
        updates,
      });
    }
for (const type of [22, 23, 27, 30])
  for (const map_flags of type === 27 ? [0] : [0, 8, 16, 0x80])
    for (const flags of [0, 1, 2, 4])
      cases.push({
        maps: [{ ...at(type), map_flags }],
        updates: [['00', type === 27 ? '' : '1122334455667788', flags]],
      });

const requests = cases.map((test, i) => ({
  name: `c${i}`,
  prog_type: 'socket_filter',
  license: 'GPL',
  insns: 'b7000000000000009500000000000000',
  map_relocs: [],
  maps: test.maps.map(({ btfInt, ...attr }, m) => ({
    name: 'm',
    ...attr,
    ...(btfInt ? { btf: tinyBtf().toString('hex'), btf_key_type_id: 1, btf_value_type_id: 1 } : {}),
    updates:
      m < test.maps.length - 1
        ? []
        : test.updates.map(([key, value, flags]) => ({
            key,
            ...(typeof value === 'number' ? { value_map: value } : { value }),
            flags,
          })),
  })),
}));
const results = askOracle(requests);
const golden = new Set<string>();
/** Types with many combinations: the file keeps every third. */
const THINNED = new Set([14, 16, 22, 23, 25, 27, 30]);
let outOfMemory = 0;
let differing = 0;
results.forEach((result, i) => {
  const test = cases[i]!;
  const refused = ((result.notes ?? []) as string[]).map((note) => errnoOf(note.replace(/^.*update: /, '')));
  const answer = { errno: result.verdict === 'accept' ? 0 : result.errno, refused };
  const ours = create(test);
  if (answer.errno === 12) outOfMemory++;
  if (!isDeepStrictEqual(answer, ours)) {
    differing++;
    if (differing <= 25) console.log('kernel', answer, 'here', ours, JSON.stringify(test));
    return;
  }
  if (i % 3 === 0 || !test.maps.some(({ type }) => THINNED.has(type)))
    golden.add(JSON.stringify(rowOf({ ...test, answer })));
});

function errnoOf(text: string): number {
  return Object.values(ERRNOS).find((row) => row.text === text)?.number ?? Number(text.replace(/\D+/, ''));
}

console.log(
  `${results.length - differing} of ${results.length} the same, ${differing} differ, ${outOfMemory} without memory`,
);
const recordAt = process.argv.indexOf('--record');
if (recordAt > 0) writeFileSync(process.argv[recordAt + 1]!, `[\n${[...golden].join(',\n')}\n]\n`);
