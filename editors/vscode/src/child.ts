/** Runs bpflab as a child process. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';

/** How bpflab is started. */
export interface Bpflab {
  /** The folder that holds `dist/`. */
  readonly folder: string;
  readonly node: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * @param configured folder by the setting; empty: the one inside the extension
 * @param node by the setting; empty: what this process runs on, which in VS Code is told to be plain node
 */
export function bpflabAt(extension: string, configured: string, node: string): Bpflab {
  return {
    folder: configured === '' ? join(extension, 'bpflab') : configured,
    node: node === '' ? process.execPath : node,
    env: node === '' ? { ELECTRON_RUN_AS_NODE: '1' } : {},
  };
}

export const mainOf = ({ folder }: Bpflab): string => join(folder, 'dist', 'cli', 'main.js');

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** It could not be started, took too long, or was cancelled. */
  readonly failure?: 'start' | 'timeout' | 'cancelled';
}

const MOST_OUTPUT = 64 * 1024 * 1024;

/** Waits for the end of `node ARGS`; never rejects. */
export function runNode(
  bpflab: Bpflab,
  args: readonly string[],
  { seconds, signal }: { readonly seconds: number; readonly signal: AbortSignal },
): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...bpflab.env, NO_COLOR: '1' };
    const options = { env, signal, timeout: seconds * 1000, killSignal: 'SIGKILL', maxBuffer: MOST_OUTPUT } as const;
    execFile(bpflab.node, args, options, (error, stdout, stderr) => {
      const failed = error as (Error & { code?: unknown; killed?: boolean }) | null;
      // A number is the exit status: bpflab has answered.
      if (!failed || typeof failed.code === 'number') resolve({ stdout, stderr });
      else if (signal.aborted) resolve({ stdout, stderr, failure: 'cancelled' });
      else resolve({ stdout, stderr: stderr || failed.message, failure: failed.killed ? 'timeout' : 'start' });
    });
  });
}
