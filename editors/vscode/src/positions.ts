/**
 * Run as a process of its own: `node positions.js BPFLAB-FOLDER FILE` prints where each slot of each program was written,
 * as JSON.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Positions } from './report.ts';

interface Assembler {
  assemble(
    text: string,
    options: { file: string; readFile: (path: string, from: string) => string | undefined },
  ): {
    object?: { programs: readonly { name: string; positions: readonly (Positions[string][number] | undefined)[] }[] };
  };
}

const [folder, file] = process.argv.slice(2) as [string, string];
const { assemble } = (await import(pathToFileURL(resolve(folder, 'dist/index.js')).href)) as Assembler;

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

const readFile = (path: string, from: string) => textOf(resolve(dirname(from), path));
const { object } = assemble(textOf(file) ?? '', { file, readFile });
const positions = Object.fromEntries((object?.programs ?? []).map(({ name, positions: all }) => [name, all]));
process.stdout.write(JSON.stringify(positions));
