/** Map contents in files: `--map-init` and `--map-dump`. */
import { basename, join } from 'node:path';
import type { SessionMaps } from '../debug/session/input.ts';
import type { BpftoolForm } from '../kernel/bpftool/dump.ts';
import { bpftoolDump } from '../kernel/bpftool/dump.ts';
import { bpftoolShow } from '../kernel/bpftool/show.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { dumpJson, holdsElements } from '../kernel/replay/mapDump.ts';
import { initMaps } from '../kernel/replay/mapInit.ts';
import { toJson } from '../kernel/replay/report.ts';
import { TypedMap } from '../kernel/replay/typedMap.ts';
import type { MapRecord } from '../kernel/world.ts';
import { Failure, jsonError, unusable } from './failure.ts';
import { readText } from './files.ts';
import type { Io } from './io.ts';
import { pickProgram } from './pick.ts';
import { mapsText } from './print/maps.ts';
import { styleOf } from './style.ts';

/** The files of `--map-init`, read: each is for the map that it is named after, or for those that it names. */
export function readMapFiles(io: Io, paths: readonly string[]): SessionMaps[] {
  return paths.flatMap((path) => {
    const files = io.isDirectory(path)
      ? io
          .list(path)
          .filter((name) => name.endsWith('.json'))
          .map((name) => join(path, name))
      : [path];
    if (files.length === 0) unusable('no-map-files', {}, { path });
    return files.map((file) => ({ file, content: readJson(io, file), map: basename(file).replace(/\.json$/, '') }));
  });
}

function readJson(io: Io, path: string): unknown {
  const text = readText(io, path);
  try {
    return JSON.parse(text);
  } catch (error) {
    unusable('bad-json', {}, { path, why: jsonError(error) });
  }
}

/** What a file has contents for and the program has no maps for. */
export function noteSkipped(io: Io, file: string, skipped: readonly string[]): void {
  if (skipped.length > 0) io.err(`note: ${file}: not in this program, skipped: ${skipped.join(', ')}\n`);
}

/** Fills maps from files; of a directory every NAME.json is for map NAME. */
export function fillMaps(io: Io, kernel: Kernel, paths: readonly string[]): void {
  for (const { file, content, map } of readMapFiles(io, paths)) {
    const { problems, skipped } = initMaps(kernel, content, map, file);
    if (problems.length > 0) throw new Failure(problems);
    noteSkipped(io, file, skipped);
  }
}

/** How `--map-dump` writes. */
export const MAP_FORMATS = ['json', 'typed', 'bpftool', 'bpftool-json', 'bpftool-pretty'] as const;
export type MapFormat = (typeof MAP_FORMATS)[number];

/** bpftool's form behind a name of ours; --map-show has no other. */
function bpftoolForm(format: MapFormat): BpftoolForm {
  if (format === 'bpftool-pretty') return 'pretty';
  return format === 'bpftool-json' ? 'json' : 'plain';
}

/** The maps of these names, in the order in which they were loaded; all without names. */
export function pickMaps(kernel: Kernel, names: string | undefined): readonly MapRecord[] {
  const { maps } = kernel.world;
  if (names === undefined) return maps;
  const known = maps.map((map) => map.name);
  const wanted = names.split(',');
  for (const name of wanted) pickProgram(known, name, 'map');
  return maps.filter((map) => wanted.includes(map.name));
}

/** The text of `--map-dump`. */
export function dumpText(kernel: Kernel, maps: readonly MapRecord[], format: MapFormat): string {
  switch (format) {
    case 'json':
      return jsonText(kernel, maps);
    case 'typed': {
      const style = styleOf({ colour: false });
      return mapsText(kernel, { style, columns: undefined, before: undefined, maps, limit: Number.POSITIVE_INFINITY });
    }
    default:
      return bpftoolDump(kernel, maps, bpftoolForm(format));
  }
}

/** The text of `--map-show`. */
export function showText(kernel: Kernel, maps: readonly MapRecord[], format: MapFormat): string {
  return bpftoolShow(kernel, maps, bpftoolForm(format));
}

/** All maps that hold data, by name, each in the shape of bpftool's dumps; one element on each line. */
function jsonText(kernel: Kernel, maps: readonly MapRecord[]): string {
  const blocks = maps
    .filter((m) => holdsElements(m))
    .map((map) => {
      const lines = dumpJson(kernel, map, TypedMap.of(map)).map((e) => `    ${toJson(e)}`);
      return `  ${JSON.stringify(map.name)}: [${lines.length === 0 ? '' : `\n${lines.join(',\n')}\n  `}]`;
    });
  return `{\n${blocks.join(',\n')}\n}\n`;
}
