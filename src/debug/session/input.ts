/** What a session is made of: plain data, so that a session can be recorded and made again elsewhere. */
import type { CtxFields } from '../../kernel/replay/ctx.ts';
import type { TestRunInput } from '../../kernel/testRun/uarg.ts';
import type { LoadRequest } from '../../spec/request.ts';
import type { ProgramFiles } from '../symbols.ts';

/** A packet, from its Ethernet header on. */
export interface SessionPacket {
  readonly bytes: Uint8Array;
  /** Nanoseconds since 1970 (any other origin will do); absent: the clock stays. */
  readonly timeNs?: bigint;
  /** Names of the programs that it passes; absent: the session's. */
  readonly progs?: readonly string[];
  /** The rest of what its test run gets. */
  readonly run?: Omit<TestRunInput, 'data'>;
}

/** Everything that a session is made of; plain data. */
export interface SessionInput {
  /** What it is called: the file's name. */
  readonly name: string;
  readonly request: LoadRequest;
  readonly files: ProgramFiles;
  /** Without packets, programs that need none run once. */
  readonly packets: readonly SessionPacket[];
  /** Names of the programs that each packet passes, one after the other; empty: the request's first. */
  readonly progs: readonly string[];
  /** Fields by name, or the context's bytes. */
  readonly ctx?: CtxFields | Uint8Array;
  readonly repeat?: number;
  /** See `ReplayOptions`. */
  readonly time?: 'capture' | 'fixed';
  readonly insnLimit?: number;
  readonly seed?: number;
  readonly cpus?: number;
  /** Nanoseconds since boot at the first packet. */
  readonly clockNs?: bigint;
  /** A scenario instead of packets: `request` is then that of its first program file, and `packets` are none. */
  readonly scenario?: SessionScenario;
  /** A node file, parsed as JSON. */
  readonly node?: unknown;
  /** Contents of maps: parsed files of `--map-init`, each for the map it names (`map`) or for several. */
  readonly maps?: readonly SessionMaps[];
}

/** A file with contents of maps. */
export interface SessionMaps {
  /** For messages. */
  readonly file: string;
  readonly content: unknown;
  /** The map that the file is for, where its content names none. */
  readonly map: string;
}

/** A scenario with all the files that it names. */
export interface SessionScenario {
  /** The file, parsed as JSON. */
  readonly json: unknown;
  /** The load requests of its program files, each with the defines that it was made with. */
  readonly requests: readonly {
    readonly file: string;
    readonly define: Readonly<Record<string, number>>;
    readonly request: LoadRequest;
  }[];
  /** Captures by the names that stand in the scenario. */
  readonly captures: Readonly<Record<string, Uint8Array>>;
  /** Contents of maps, parsed, by the names that stand in the scenario. */
  readonly maps: Readonly<Record<string, unknown>>;
}
