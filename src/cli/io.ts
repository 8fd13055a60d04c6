/** The outside world of the command line: one object, so that tests run commands in the same process. */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { growingFile } from './growingFile.ts';
import { type Ask, nodePrompt } from './prompt.ts';
import { nodeTerminal, type Terminal } from './terminal.ts';
import { nodeWatcher, type Watcher } from './watcher.ts';

/** A file that is written in pieces under another name, and gets its own at the end: readers see all of it or nothing. */
export interface GrowingFile {
  append(data: Uint8Array): void;
  /** Puts it in place. */
  close(): void;
}

export interface Io {
  /** Standard output; what is written there is the command's answer. */
  out(text: string | Uint8Array): void;
  /** Standard error: problems and progress. */
  err(text: string): void;
  /** Columns of the terminal behind standard output; undefined when there is none. */
  readonly columns: number | undefined;
  readonly colour: boolean;
  /** Standard error is a terminal: progress may be drawn. */
  readonly progress: boolean;
  /** Whole contents of a file, `-` is standard input. Throws what fs throws. */
  readFile(path: string): Uint8Array;
  isDirectory(path: string): boolean;
  /** Names in a directory, sorted. */
  list(path: string): readonly string[];
  /** Puts a whole file in place at once: readers see the old or the new one. `-` is standard output. */
  writeFile(path: string, data: string | Uint8Array): void;
  /** A file that grows piece by piece; the directory is made where it is not there. Throws what fs throws. */
  growFile(path: string): GrowingFile;
  /** Looks out for changes of files; absent where nobody waits for them. */
  readonly watcher?: () => Watcher;
  /**
   * A line that the user types at a prompt, completed as `complete` says; undefined at the end of input. Absent where
   * nobody types.
   */
  readonly ask?: Ask;
  /** The terminal, where panes can be shown; undefined where there is none. */
  readonly terminal?: Terminal | undefined;
  /** Gives signals and the reader of our output a chance; true once the user has asked to stop. */
  breathe(): Promise<boolean>;
}

function wantsColour(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') return env.FORCE_COLOR !== '0';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** Writes beside the target and renames, so that an interrupted run leaves no half file. */
function writeWhole(path: string, data: string | Uint8Array): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat && !stat.isFile() && !stat.isDirectory()) {
    writeFileSync(path, data);
    return;
  }
  // A link stays a link: what it points to is replaced.
  const target = stat ? realpathSync(path) : path;
  if (stat) writeFileSync(target, '', { flag: 'a' });
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    writeFileSync(temporary, data, { flag: 'wx' });
    if (stat) chmodSync(temporary, stat.mode & 0o7777);
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Devices and pipes may never end: more than this of them is not waited for. */
const STREAM_LIMIT = 1 << 30;

/** All that a stream has to say. A pipe may be set to give up rather than to wait: then we wait. */
function readStream(fd: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  let total = 0;
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    const chunk = new Uint8Array(1 << 16);
    try {
      const length = readSync(fd, chunk);
      if (length === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, length));
      total += length;
      if (total > STREAM_LIMIT) throw Object.assign(new Error('too large'), { code: 'EFBIG', syscall: 'read' });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return Buffer.concat(chunks);
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 5);
    }
  }
}

/** Whole contents of a file, or of whatever else the name stands for. */
function readWhole(path: string): Uint8Array {
  if (path === '-') return readStream(0);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat || stat.isFile() || stat.isDirectory()) return readFileSync(path);
  const fd = openSync(path, 'r');
  try {
    return readStream(fd);
  } finally {
    closeSync(fd);
  }
}

/** The process's own streams and files. */
export function nodeIo(): Io {
  const { stdin, stdout, stderr, env } = process;
  let stopped = false;
  const onInterrupt = () => {
    // A second Ctrl-C ends the process: no output file is ever half written.
    if (stopped) process.exit(130);
    stopped = true;
  };
  process.on('SIGINT', onInterrupt);
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    columns: stdout.isTTY ? stdout.columns : undefined,
    colour: wantsColour(stdout, env),
    ...(stdin.isTTY && stdout.isTTY && { ask: nodePrompt(stdin, stdout) }),
    terminal: nodeTerminal(wantsColour(stdout, env)),
    progress: stderr.isTTY === true,
    readFile: readWhole,
    isDirectory: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
    list: (path) => readdirSync(path).sort(),
    writeFile: (path, data) => {
      if (path === '-') stdout.write(data);
      else writeWhole(path, data);
    },
    growFile: growingFile,
    watcher: () => nodeWatcher(stdin),
    async breathe() {
      await setImmediate();
      if (stdout.writableNeedDrain) {
        await new Promise<void>((resolve) => {
          stdout.once('drain', resolve);
          stdout.once('error', () => resolve());
        });
      }
      // A second Ctrl-C before the first was noticed ends the process.
      const asked = stopped;
      stopped = false;
      return asked;
    },
  };
}
