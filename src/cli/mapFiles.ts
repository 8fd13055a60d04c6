/** Map contents in files: `--map-init` and `--map-dump`. */
import { basename, join } from 'node:path';
import type { Kernel } from '../kernel/kernel.ts';
import { dumpJson, holdsElements } from '../kernel/replay/mapDump.ts';
import { initMaps } from '../kernel/replay/mapInit.ts';
import { toJson } from '../kernel/replay/report.ts';
import { TypedMap } from '../kernel/replay/typedMap.ts';
import { Failure, jsonError, unusable } from './failure.ts';
import { readText } from './files.ts';
import type { Io } from './io.ts';

/** Fills maps from files; of a directory every NAME.json is for map NAME. */
export function fillMaps(io: Io, kernel: Kernel, paths: readonly string[]): void {
  for (const path of paths) {
    const files = io.isDirectory(path)
      ? io
          .list(path)
          .filter((name) => name.endsWith('.json'))
          .map((name) => join(path, name))
      : [path];
    if (files.length === 0) unusable('no-map-files', {}, { path });
    for (const file of files) {
      const text = readText(io, file);
      let json: unknown;
      try {
        json = JSON.parse(text);
      } catch (error) {
        unusable('bad-json', {}, { path: file, why: jsonError(error) });
      }
      const { problems, skipped } = initMaps(kernel, json, basename(file).replace(/\.json$/, ''), file);
      if (problems.length > 0) throw new Failure(problems);
      if (skipped.length > 0) io.err(`note: ${file}: not in this program, skipped: ${skipped.join(', ')}\n`);
    }
  }
}

/** All maps that hold data, by name, each as bpftool dumps it; one element on each line. */
export function dumpText(kernel: Kernel): string {
  const maps = kernel.world.maps.filter((m) => holdsElements(m));
  const blocks = maps.map((map) => {
    const lines = dumpJson(kernel.maps, map, TypedMap.of(map)).map((e) => `    ${toJson(e)}`);
    return `  ${JSON.stringify(map.name)}: [${lines.length === 0 ? '' : `\n${lines.join(',\n')}\n  `}]`;
  });
  return `{\n${blocks.join(',\n')}\n}\n`;
}
