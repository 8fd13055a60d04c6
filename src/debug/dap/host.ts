/** What the adapter needs of the world around it; with these it runs in a process, in a browser's worker, in a test. */
import type { Result } from '../../util/problem.ts';
import type { SessionInput } from '../session/input.ts';
import type { OpenOptions } from '../session/opened.ts';
import type { TimedEdit } from '../session/timeline.ts';
import { listOf, type Shape } from './shape.ts';

/** Where the adapter's bytes go. What the client sends is given to `DapAdapter.receive`. */
export interface DapTransport {
  /** Takes bytes for the client, in order. */
  send(bytes: Uint8Array): void;
}

/** Of a recording: changes that happen again, the moment at which it was made, and what that moment was like. */
export interface Recorded {
  readonly edits: readonly TimedEdit[];
  readonly tick: number;
  /** See `digestOf`. */
  readonly digest: string;
}

/** What a launch asks for, put together. */
export interface LaunchInput {
  readonly input: SessionInput;
  readonly options?: OpenOptions;
  /** Where it is a recording. */
  readonly recorded?: Recorded;
}

/** What surrounds an adapter. */
export interface DapHost {
  /** Reads what a launch names and puts it together; problems are told to the client. */
  makeSession(args: LaunchArguments): Promise<Result<LaunchInput>>;
  /** The absolute path of a source file as the session names it; undefined where it is no file. */
  sourcePath(file: string): string | undefined;
  /** Calls `work` soon, after whatever else has come in by then (`setTimeout(work, 0)`). */
  later(work: () => void): void;
  /** The client has disconnected: nothing more is sent. */
  ended(): void;
}

/** What `launch` (and `restart`) may say; see docs/dap.md. */
export interface LaunchArguments {
  /** Runs to the end without stopping. */
  readonly noDebug?: boolean;
  /** The program's file: `.bpf` text, a load request, raw insns. Not needed with `replay`. */
  readonly program?: string;
  /** Names of the programs that packets pass (`a,b`); default: the file's first. */
  readonly prog?: string;
  /** The same by section: the programs of this SEC(). */
  readonly section?: string;
  /** Prog type of files that name none. (`type` is the editor's: it names the adapter and is passed over.) */
  readonly progType?: string;
  /** Packets in hex, or `@FILE`. */
  readonly packet?: string | readonly string[];
  /** A capture, and the packet (from 1) at which it begins: those before it have passed. */
  readonly pcap?: string;
  readonly nth?: number;
  /** Context fields by name, or the context's bytes in hex. */
  readonly ctx?: unknown;
  /** Files or directories for maps, or contents by map name. */
  readonly mapInit?: unknown;
  /** A node file, or its content. */
  readonly node?: unknown;
  /** Numbers for the assembler by name. */
  readonly define?: unknown;
  readonly seed?: number;
  readonly cpus?: number;
  /** Seconds since boot at the first packet, as number or text. */
  readonly clock?: unknown;
  readonly time?: string;
  readonly repeat?: number;
  readonly insnLimit?: number;
  /** A recording: all of the above. */
  readonly replay?: string;
  /** Stops before the first insn; default false. */
  readonly stopOnEntry?: boolean;
  /** Stops once more when nothing is left to run; default true. */
  readonly stopAtEnd?: boolean;
  /** Asks the verifier first; default true, but for recordings. `noVerify` is the same the other way round. */
  readonly verify?: boolean;
  readonly noVerify?: boolean;
}

export const LAUNCH_SHAPE: Shape<LaunchArguments> = {
  need: {},
  may: {
    noDebug: 'boolean',
    program: 'string',
    prog: 'string',
    section: 'string',
    progType: 'string',
    packet: { either: ['string', listOf('string')] },
    pcap: 'string',
    nth: 'number',
    ctx: 'any',
    mapInit: 'any',
    node: 'any',
    define: 'any',
    seed: 'number',
    cpus: 'number',
    clock: 'any',
    time: 'string',
    repeat: 'number',
    insnLimit: 'number',
    replay: 'string',
    stopOnEntry: 'boolean',
    stopAtEnd: 'boolean',
    verify: 'boolean',
    noVerify: 'boolean',
  },
};
