/** Waiting for files to change, while somebody may type `q`. */
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { ReadStream } from 'node:tty';

/** Looks out for changes of files. */
export interface Watcher {
  /** From now on a change of this file counts, or of anything in this directory. */
  add(path: string, isDirectory: boolean): void;
  /** Waits for a change since `add` or the last one, or until the user leaves: `q`, Ctrl-C. */
  wait(): Promise<'changed' | 'left'>;
  close(): void;
}

/** Editors write a file in several steps: they count as one change. */
const SETTLE_MS = 120;

/** `q`, `Q`, Ctrl-C, Ctrl-D */
const LEAVE = ['q', 'Q', '\x03', '\x04'];

export function nodeWatcher(stdin: ReadStream): Watcher {
  // Directories are watched, not files: a file that is replaced is another one. Names in each; undefined: all.
  const directories = new Map<string, { readonly names: Set<string> | undefined; readonly watcher: FSWatcher }>();
  let changed = false;
  let wake: () => void = () => undefined;
  let timer: NodeJS.Timeout | undefined;
  const touch = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      changed = true;
      wake();
    }, SETTLE_MS);
  };
  const directory = (path: string, names: Set<string> | undefined): void => {
    try {
      const watcher = watch(path, (_, name) => {
        const wanted = directories.get(path)?.names;
        if (name === null || !wanted || wanted.has(name)) touch();
      });
      watcher.on('error', touch);
      directories.set(path, { names, watcher });
    } catch {
      // What cannot be watched does not change for us.
    }
  };
  return {
    add(path, isDirectory) {
      const where = isDirectory ? path : dirname(path);
      const known = directories.get(where);
      if (known && isDirectory && known.names) {
        known.watcher.close();
        directory(where, undefined);
      } else if (known) known.names?.add(basename(path));
      else directory(where, isDirectory ? undefined : new Set([basename(path)]));
    },
    async wait() {
      let resolve: (why: 'changed' | 'left') => void = () => undefined;
      const promise = new Promise<'changed' | 'left'>((done) => {
        resolve = done;
      });
      wake = () => resolve('changed');
      if (changed) wake();
      const typed = (data: Buffer | string): void => {
        const text = data.toString();
        if (LEAVE.some((key) => text.includes(key))) resolve('left');
      };
      const left = (): void => resolve('left');
      process.once('SIGINT', left);
      if (stdin.isTTY) {
        stdin.setRawMode(true);
        stdin.on('data', typed);
        stdin.resume();
      }
      const why = await promise;
      process.off('SIGINT', left);
      if (stdin.isTTY) {
        stdin.off('data', typed);
        stdin.pause();
        stdin.setRawMode(false);
      }
      changed = false;
      return why;
    },
    close() {
      clearTimeout(timer);
      for (const { watcher } of directories.values()) watcher.close();
    },
  };
}
