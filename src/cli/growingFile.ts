/** Files that grow: written beside their place and moved there at the end, so that nobody sees half of one. */
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Bytes that are gathered before they are written. */
const GATHERED = 1 << 16;

/** Names of files that are not in place yet: whatever ends the process, none is left behind. */
const unfinished = new Set<string>();
process.on('exit', () => {
  for (const path of unfinished) rmSync(path, { force: true });
});

/** Begins a file; it takes no descriptor, so that there can be as many as there are devices. */
export function growingFile(path: string): { append(data: Uint8Array): void; close(): void } {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  writeFileSync(temporary, '', { flag: 'wx' });
  unfinished.add(temporary);
  let pieces: Uint8Array[] = [];
  let size = 0;
  const write = (): void => {
    if (size > 0) appendFileSync(temporary, Buffer.concat(pieces));
    pieces = [];
    size = 0;
  };
  return {
    append(data) {
      pieces.push(data);
      size += data.length;
      if (size >= GATHERED) write();
    },
    close() {
      write();
      renameSync(temporary, path);
      unfinished.delete(temporary);
    },
  };
}
