/** From a program file (or a scenario) and the options around it to what a debugger's session is made of. */
import type { SessionInput, SessionPacket } from '../debug/session/input.ts';
import { Kernel } from '../kernel/kernel.ts';
import type { ProgRecord } from '../kernel/world.ts';
import { chainOf, type Programs, route } from './chains.ts';
import { need } from './failure.ts';
import type { Input } from './input.ts';
import { readProgramFile } from './input.ts';
import type { Io } from './io.ts';
import { readMapFiles } from './mapFiles.ts';
import { readNode } from './nodeFile.ts';
import { contextFields, defines } from './options.ts';
import { inputPackets } from './packets.ts';
import { checkType } from './pick.ts';
import { programFiles } from './programFiles.ts';
import { loadPrograms } from './runPackets.ts';
import { isScenario } from './test/select.ts';

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

function namesOf(progs: Programs, chain: readonly ProgRecord[] | undefined): readonly string[] {
  return (chain ?? []).map((prog) => progs.names[progs.list.indexOf(prog)] ?? prog.name);
}

/** Reads a scenario, or everything that the options name; leaves the command for what is missing or wrong. */
export async function debugInput(io: Io, file: string, options: DebugInputOptions): Promise<DebugInput> {
  if (/\.(ya?ml|json)$/i.test(file) && isScenario(io, file)) {
    // The verifier and the kernel's types come with it.
    const { scenarioInput } = await import('./scenarioInput.ts');
    return scenarioInput(io, file);
  }
  return programInput(io, file, options);
}

function programInput(io: Io, file: string, options: DebugInputOptions): DebugInput {
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
