/** Command lines in this process, over real files, with what they print caught. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { growingFile } from '../../src/cli/growingFile.ts';
import type { Io } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/run.ts';
import type { Watcher } from '../../src/cli/watcher.ts';

export const ROOT = resolve(import.meta.dirname, '../..');

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  /** Everything on standard output, as bytes. */
  readonly bytes: Uint8Array;
}

export interface RunWith {
  readonly stdin?: string | Uint8Array;
  readonly columns?: number;
  readonly colour?: boolean;
  /** Asks to stop after so many breaths. */
  readonly stopAfter?: number;
  /** What comes of waiting for changes; gets the paths that are watched. */
  readonly onWait?: (paths: readonly string[]) => 'changed' | 'left';
}

/** Paths are relative to the repository, as in its documentation. */
export async function bpflab(args: readonly string[], options: RunWith = {}): Promise<Ran> {
  const out: Uint8Array[] = [];
  const err: string[] = [];
  let breaths = 0;
  const bytesOf = (data: string | Uint8Array) => (typeof data === 'string' ? new TextEncoder().encode(data) : data);
  const path = (name: string) => resolve(ROOT, name);
  const io: Io = {
    out: (text) => void out.push(bytesOf(text)),
    err: (text) => void err.push(text),
    columns: options.columns,
    colour: options.colour ?? false,
    progress: false,
    readFile: (name) => (name === '-' ? bytesOf(options.stdin ?? '') : readFileSync(path(name))),
    isDirectory: (name) => statSync(path(name), { throwIfNoEntry: false })?.isDirectory() === true,
    list: (name) => readdirSync(path(name)).sort(),
    writeFile: (name, data) => (name === '-' ? void out.push(bytesOf(data)) : writeFileSync(path(name), data)),
    growFile: (name) => growingFile(path(name)),
    ...(options.onWait && { watcher: () => fakeWatcher(options.onWait!) }),
    breathe: async () => options.stopAfter !== undefined && ++breaths >= options.stopAfter,
  };
  const status = await runCli(args, io);
  const bytes = Buffer.concat(out);
  return { status, out: new TextDecoder().decode(bytes), err: err.join(''), bytes };
}

function fakeWatcher(onWait: NonNullable<RunWith['onWait']>): Watcher {
  const paths = new Set<string>();
  return { add: (name) => void paths.add(name), wait: async () => onWait([...paths].sort()), close: () => undefined };
}

/** A directory of its own for a test, with files in it; `use` gets a function that makes paths in it. */
export async function inTemp<T>(
  files: Readonly<Record<string, string | Uint8Array>>,
  use: (at: (name: string) => string) => Promise<T>,
): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'bpflab-cli-'));
  try {
    for (const [name, data] of Object.entries(files)) writeFileSync(join(dir, name), data);
    return await use((name) => join(dir, name));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A whole Ethernet frame that no test looks into. */
export const FRAME = '00'.repeat(60);

export const NODE_RUN = [
  'run',
  'programs/lb/node.bpf',
  '--on',
  'eth0=xdp_main,tc_main',
  '--on',
  'lxc=tc_main',
  '--map-init',
  'programs/demo/maps.json',
  '--pcap',
  'programs/demo/node.pcapng',
] as const;
