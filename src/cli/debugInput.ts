/** From a program file and the options around it to what a debugger's session is made of. */
import type { SessionInput, SessionPacket } from '../debug/session/input.ts';
import type { ProgramFile, ProgramFiles } from '../debug/symbols.ts';
import { decodeProgram } from '../isa/codec.ts';
import { slotsOf } from '../isa/insn.ts';
import { Kernel } from '../kernel/kernel.ts';
import type { ProgRecord } from '../kernel/world.ts';
import type { ProgRequest } from '../spec/request.ts';
import { fromHex } from '../util/hex.ts';
import { chainOf, type Programs, route } from './chains.ts';
import { need } from './failure.ts';
import type { Input } from './input.ts';
import { progNames, readProgramFile } from './input.ts';
import type { Io } from './io.ts';
import { readMapFiles } from './mapFiles.ts';
import { readNode } from './nodeFile.ts';
import { contextFields, defines } from './options.ts';
import { inputPackets } from './packets.ts';
import { checkType } from './pick.ts';
import { loadPrograms } from './runPackets.ts';

/** What is debugged, as `bpflab debug` and a launch configuration say it; a part of the options of `bpflab run`. */
export interface DebugInputOptions {
  readonly prog?: string;
  readonly on?: readonly string[];
  readonly type?: string;
  readonly packet?: readonly string[];
  readonly pcap?: string;
  readonly ctx?: string;
  readonly node?: string;
  readonly repeat?: number;
  readonly mapInit?: readonly string[];
  readonly define?: readonly string[];
  readonly seed?: number;
  readonly cpus?: number;
  readonly clock?: bigint;
  readonly time?: 'capture' | 'fixed';
  readonly insnLimit?: number;
}

/** A session's input, and the program file that it is made from. */
export interface DebugInput {
  readonly session: SessionInput;
  readonly input: Input;
}

/** Slots of a program's insns. */
function slotCount({ insns = [] }: ProgRequest): number {
  const bytes = fromHex([insns].flat().join('')) ?? new Uint8Array();
  return decodeProgram(bytes).reduce((sum, insn) => sum + slotsOf(insn), 0);
}

/** Names and source lines of the programs in a file. */
export function programFiles(input: Input): ProgramFiles {
  const { request, object } = input;
  const names = progNames(request);
  const programs = (request.progs ?? [request]).map((prog: ProgRequest, index): ProgramFile => {
    const asm = object?.programs[index];
    const positions = Array.from({ length: slotCount(prog) }, (_, slot) => input.position(index, slot));
    return { name: names[index]!, functions: asm?.functions ?? [], labels: asm?.labels ?? [], positions };
  });
  const files = new Set(programs.flatMap((p) => p.positions.flatMap((at) => (at ? [at.pos.file] : []))));
  const texts = [...files].flatMap((file) => {
    const text = input.fileText?.(file);
    return text === undefined ? [] : [[file, text] as const];
  });
  return { programs, texts: Object.fromEntries(texts) };
}

function namesOf(progs: Programs, chain: readonly ProgRecord[] | undefined): readonly string[] {
  return (chain ?? []).map((prog) => progs.names[progs.list.indexOf(prog)] ?? prog.name);
}

/** Reads everything that the options name; leaves the command for what is missing or wrong. */
export function debugInput(io: Io, file: string, options: DebugInputOptions): DebugInput {
  checkType(options.type);
  const input = readProgramFile(io, file, { defines: defines(options.define), type: options.type });
  const node = options.node === undefined ? undefined : readNode(io, options.node);
  // What packets and programs there are is told by a kernel of its own; the session makes another.
  const kernel = need(Kernel.create({ ...(node && { node: node.node }) }));
  const progs = loadPrograms(kernel, input);
  const chain = options.prog === undefined ? (options.on ? [] : [progs.list[0]!]) : chainOf(progs, options.prog);
  const found = inputPackets(io, options, input, progs.list, chain);
  const packets = route(found, progs, options.on).map(
    ({ bytes, timeNs, progs: own, run }): SessionPacket => ({
      bytes,
      ...(timeNs !== undefined && { timeNs }),
      ...(own && { progs: namesOf(progs, own) }),
      ...(run && { run }),
    }),
  );
  const ctx = options.ctx === undefined ? undefined : contextFields(options.ctx);
  const { repeat, time, insnLimit, seed, cpus, clock } = options;
  const session: SessionInput = {
    name: file,
    request: input.request,
    files: programFiles(input),
    packets,
    progs: namesOf(progs, chain),
    ...(ctx !== undefined && { ctx }),
    ...(repeat !== undefined && { repeat }),
    ...(time !== undefined && { time }),
    ...(insnLimit !== undefined && { insnLimit }),
    ...(seed !== undefined && { seed }),
    ...(cpus !== undefined && { cpus }),
    ...(clock !== undefined && { clockNs: clock }),
    ...(node && { node: node.json }),
    ...(options.mapInit && { maps: readMapFiles(io, options.mapInit) }),
  };
  return { session, input };
}
