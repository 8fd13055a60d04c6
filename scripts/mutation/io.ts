/** Files for what `src/cli` reads; nothing is written, and notes are not told. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Io } from '../../src/cli/io.ts';

const never = (): never => {
  throw new Error('nothing is written here');
};

export const quietIo: Io = {
  out: never,
  err: () => undefined,
  columns: undefined,
  colour: false,
  progress: false,
  readFile: (path) => readFileSync(path),
  isDirectory: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
  list: (path) => readdirSync(path).sort(),
  writeFile: never,
  growFile: never,
  breathe: async () => false,
};
