/** Which files `bpflab test` runs: those that are named, and all scenarios below directories. */
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { Failure } from '../failure.ts';
import { listDirectory, readText } from '../files.ts';
import type { Io } from '../io.ts';

/** Directories that nobody keeps scenarios in. */
const PASSED_OVER: readonly string[] = ['node_modules', '.git'];

/** Directories in directories. */
const DEEPEST = 32;

/** A scenario has these at its top level; text without them is not parsed at all. */
const SIGNS = [/\bbpflab\b/, /\bsteps\b/];

/** Whether a file below a directory is a scenario: node files and other YAML are not. */
export function isScenario(io: Io, path: string): boolean {
  const text = attempt(() => readText(io, path));
  // What cannot be read is told when its turn comes.
  if (text === undefined) return true;
  if (!SIGNS.every((sign) => sign.test(text))) return false;
  try {
    const document = parseDocument(text, { prettyErrors: false });
    return document.get('bpflab') === 1 && document.has('steps');
  } catch {
    // What cannot be read as YAML at all is no scenario.
    return false;
  }
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function below(io: Io, directory: string, depth = 0): string[] {
  // Links may lead in circles.
  if (depth > DEEPEST) return [];
  return listDirectory(io, directory).flatMap((name) => {
    const path = join(directory, name);
    if (io.isDirectory(path)) return PASSED_OVER.includes(name) ? [] : below(io, path, depth + 1);
    return /\.(ya?ml|json)$/i.test(name) && isScenario(io, path) ? [path] : [];
  });
}

/** The files to run, each once: files as they are named, below directories all scenarios in the order of their names. */
export function scenarioPaths(io: Io, named: readonly string[]): readonly string[] {
  return [...new Set(named.flatMap((path) => (io.isDirectory(path) ? below(io, path) : [path])))];
}
