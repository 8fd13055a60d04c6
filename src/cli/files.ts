/** Reading and writing the user's files, with problems instead of errno exceptions. */
import { dirname } from 'node:path';
import { Failure, unusable } from './failure.ts';
import type { GrowingFile, Io } from './io.ts';

/** The errno name of a file system error; what is no such error is a bug and goes on. */
function fsError(error: unknown): string {
  if (error instanceof Failure || !(error instanceof Error) || !('code' in error)) throw error;
  // A name with a zero byte in it (of an included file) does not get as far as the system.
  if (error.code === 'ERR_INVALID_ARG_VALUE') return 'ENOENT';
  if (error.code === 'ERR_FS_FILE_TOO_LARGE') return 'EFBIG';
  if (!('syscall' in error)) throw error;
  return String(error.code);
}

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOENT: 'the directory does not exist',
  ENOTDIR: 'a part of the path is not a directory',
  ENOSPC: 'no space left',
  EROFS: 'read-only file system',
  EMFILE: 'too many open files',
  EISDIR: 'it is a directory',
  ENAMETOOLONG: 'the name is too long',
  EFBIG: 'it is too large',
  ELOOP: 'too many symbolic links',
};

/** What an errno name means to the owner of the file. */
export function errnoWords(code: string): string {
  return WORDS[code] ?? code;
}

/** Bytes of a file, `-` for standard input; leaves the command when it cannot be read. */
export function readInput(io: Io, path: string, directoryHelp = 'give a file'): Uint8Array {
  try {
    return io.readFile(path);
  } catch (error) {
    const code = fsError(error);
    if (code === 'ENOENT') unusable('no-file', {}, { path });
    if (code === 'EISDIR') unusable('is-directory', {}, { path, help: directoryHelp });
    unusable('unreadable', {}, { path, why: errnoWords(code) });
  }
}

/** The file's text. */
export function readText(io: Io, path: string): string {
  return new TextDecoder().decode(readInput(io, path));
}

/** Names in a directory, sorted; leaves the command when it cannot be read. */
export function listDirectory(io: Io, path: string): readonly string[] {
  try {
    return io.list(path);
  } catch (error) {
    unusable('unreadable', {}, { path, why: errnoWords(fsError(error)) });
  }
}

/** The text of an included file, undefined where there is none. */
export function tryText(io: Io, path: string): string | undefined {
  try {
    return new TextDecoder().decode(io.readFile(path));
  } catch (error) {
    fsError(error);
    return undefined;
  }
}

/** Leaves the command, before any work is done, where a file could not be written later. */
export function checkOutput(io: Io, path: string | undefined): void {
  if (path === undefined || path === '-') return;
  if (io.isDirectory(path)) unusable('is-directory', {}, { path, help: 'give the name of a file to write' });
  if (!io.isDirectory(dirname(path))) unusable('unwritable', {}, { path, why: WORDS.ENOENT! });
}

/** Puts a whole file in place, or leaves the command without a trace of it. */
export function writeOutput(io: Io, path: string, data: string | Uint8Array): void {
  try {
    if (io.isDirectory(path)) unusable('is-directory', {}, { path, help: 'give the name of a file to write' });
    io.writeFile(path, data);
  } catch (error) {
    const code = fsError(error);
    unusable('unwritable', {}, { path, why: errnoWords(code) });
  }
}

/** Begins a file that grows, or leaves the command; so does every piece that cannot be written. */
export function growOutput(io: Io, path: string): GrowingFile {
  const attempt = <T>(write: () => T): T => {
    try {
      return write();
    } catch (error) {
      const code = fsError(error);
      unusable('unwritable', {}, { path, why: errnoWords(code === 'EEXIST' ? 'ENOTDIR' : code) });
    }
  };
  const file = attempt(() => io.growFile(path));
  return { append: (data) => attempt(() => file.append(data)), close: () => attempt(() => file.close()) };
}
