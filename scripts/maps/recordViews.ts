/**
 * What bpftool prints for the maps of viewShapes.ts, and where bpflab prints something else.
 *
 *     npx tsx scripts/maps/recordViews.ts ask > requests.jsonl     load requests with a field `shell`: commands to be run in the guest
 *                                                                  while the maps are there, $M0 … their ids, $P0 … the programs'
 *     npx tsx scripts/maps/recordViews.ts record answers.jsonl     writes test/recorded/maps/bpftool.jsonl.gz from { setup: [{ cmd, out }] }
 *
 * The guest needs bpftool 7.5 (of Linux 6.12) and two CPUs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { answersOf, type Recorded } from '../../test/kernel/bpftool/replay.ts';
import { SHAPES, type Shape } from './viewShapes.ts';

const OPTIONS = ['', '-j ', '-p '];

function commands({ map, byName, lookups }: Shape): string[] {
  const id = byName === undefined ? `id $M${map}` : `name ${byName}`;
  const all = (command: string): string[] => OPTIONS.map((option) => `bpftool ${option}map ${command}`);
  return [
    ...all(`dump ${id}`),
    ...all(`show ${id}`),
    ...lookups.flatMap((key) => all(`lookup ${id} key hex ${key.replace(/../g, '$& ').trim()}`)),
    'echo $M0 $P0',
  ];
}

/** Ids as they are when nothing was loaded before: maps first, then programs. */
function withOwnIds(text: string, type: unknown, firstMap: number, firstProg: number, maps: number): string {
  const mapId = (id: number): number => id - firstMap + 1;
  const idsInValues = /prog_array|_of_maps/.test(`${type}`);
  const id = (value: number): number => (type === 'prog_array' ? value - firstProg + 1 + maps : mapId(value));
  const named = text
    .replace(/(inner_map_id(?:"?: ?|:\n))(\d+)/g, (_, name, n) => `${name}${mapId(Number(n))}`)
    .replace(/^(\d+)(?=: )/gm, (_, n) => `${mapId(Number(n))}`)
    .replace(/("id": ?)(\d+)/g, (_, name, n) => `${name}${mapId(Number(n))}`)
    .replace(/(btf_id"?:? ?)\d+/g, (_, name) => `${name}1`);
  if (!idsInValues) return named;
  // Small ids: all bytes but the lowest are 0.
  return named
    .replace(/(?<=value: |value:\n)[0-9a-f]{2}(?= 00)/g, (hex) => byte(id(Number.parseInt(hex, 16))))
    .replace(/(?<="value": ?\["0x)[0-9a-f]{2}/g, (hex) => byte(id(Number.parseInt(hex, 16))));
}

const byte = (n: number): string => n.toString(16).padStart(2, '0');

function recordedOf(shape: Shape, outputs: readonly string[]): Recorded {
  const { name, map, byName: _, lookups, ...rest } = shape;
  const [firstMap = 0, firstProg = 0] = outputs.at(-1)!.trim().split(' ').map(Number);
  const three = (from: number): string[] =>
    outputs
      .slice(from, from + 3)
      .map((text) => withOwnIds(text, rest.maps![map]!.type, firstMap, firstProg, rest.maps!.length));
  return {
    name,
    request: rest,
    map,
    ...(shape.byName !== undefined && { byName: shape.byName }),
    dump: three(0),
    show: three(3),
    lookups: lookups.map((key, i) => ({ key, out: three(6 + 3 * i) })),
  };
}

function firstDifference(kernel: readonly string[], here: readonly string[]): string {
  const i = kernel.findIndex((text, at) => text !== here[at]);
  const at = [...kernel[i]!].findIndex((c, k) => c !== here[i]![k]);
  const from = Math.max(0, at - 60);
  return `output ${i}\n  kernel ${JSON.stringify(kernel[i]!.slice(from, at + 80))}\n  here   ${JSON.stringify(here[i]!.slice(from, at + 80))}`;
}

const [command, path] = process.argv.slice(2);
if (command === 'ask') {
  for (const shape of SHAPES) {
    const { map: _, byName: __, lookups: ___, ...request } = shape;
    console.log(JSON.stringify({ ...request, shell: commands(shape) }));
  }
} else {
  const lines = readFileSync(path!, 'utf8').trim().split('\n');
  const recorded = lines.map((line, i) => {
    const { setup } = JSON.parse(line) as { setup: { out: string }[] };
    return recordedOf(
      SHAPES[i]!,
      setup.map((s) => s.out),
    );
  });
  let equal = 0;
  for (const one of recorded) {
    const here = answersOf(one);
    const { dump, show, lookups, name } = one;
    if (JSON.stringify(here) === JSON.stringify({ dump, show, lookups })) equal++;
    else
      console.log(
        `${name}: ${typeof here === 'string' ? here.slice(0, 300) : firstDifference([...dump, ...show, ...lookups.flatMap((l) => l.out)], [...here.dump, ...here.show, ...here.lookups.flatMap((l) => l.out)])}`,
      );
  }
  console.log(`${equal} of ${recorded.length} equal`);
  const file = new URL('../../test/recorded/maps/bpftool.jsonl.gz', import.meta.url);
  writeFileSync(file, gzipSync(recorded.map((one) => `${JSON.stringify(one)}\n`).join(''), { level: 9 }));
}
