/** From a session's input to a kernel with everything loaded, and the packets that will pass. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import { Kernel } from '../../kernel/kernel.ts';
import { parseNode } from '../../kernel/net/file/index.ts';
import { initMaps } from '../../kernel/replay/mapInit.ts';
import { openPerfRings } from '../../kernel/replay/readers.ts';
import { Replay } from '../../kernel/replay/replay.ts';
import type { ReplayPacket } from '../../kernel/replay/result.ts';
import type { ProgRecord } from '../../kernel/world.ts';
import { fail, ok, type Result } from '../../util/problem.ts';
import { Symbols } from '../symbols.ts';
import type { CheckpointLimits } from './checkpoints.ts';
import type { SessionInput } from './input.ts';
import { sessionProblem } from './messages.ts';

/** A kernel ready for its first packet. */
export interface Opened {
  readonly kernel: Kernel;
  readonly symbols: Symbols;
  readonly replay: Replay;
  /** Maps that the contents are for and that the programs do not have. */
  readonly skipped: readonly string[];
}

/** What is not part of the input: the kernel's types, which can be found anywhere, and how much of the past is kept. */
export interface OpenOptions {
  /** Absent: as much as suits long runs. */
  readonly checkpoints?: CheckpointLimits;
  /** See `KernelOptions.kernelBtf`. */
  readonly kernelBtf?: () => KernelBtf;
}

function makeKernel(input: SessionInput, options: OpenOptions): Result<Kernel> {
  const node = input.node === undefined ? ok(undefined) : parseNode(input.node, 'node');
  if (!node.ok) return node;
  return Kernel.create({
    ...(input.seed !== undefined && { seed: input.seed }),
    ...(input.cpus !== undefined && { cpus: input.cpus }),
    ...(input.clockNs !== undefined && { clockNs: input.clockNs }),
    ...(node.value && { node: node.value }),
    ...(options.kernelBtf && { kernelBtf: options.kernelBtf }),
  });
}

function progsNamed(symbols: Symbols, names: readonly string[]): Result<ProgRecord[]> {
  const known = symbols.progs.map((p) => p.name).join(', ');
  const progs: ProgRecord[] = [];
  for (const name of names) {
    const found = symbols.named(name);
    if (!found) return fail(sessionProblem('no-prog', {}, { name, known }));
    progs.push(found.prog);
  }
  return ok(progs);
}

function packetsOf(input: SessionInput, symbols: Symbols): Result<ReplayPacket[]> {
  const packets: ReplayPacket[] = [];
  for (const { bytes, timeNs, progs, run } of input.packets) {
    const own = progs ? progsNamed(symbols, progs) : ok(undefined);
    if (!own.ok) return own;
    packets.push({
      bytes,
      ...(timeNs !== undefined && { timeNs }),
      ...(own.value && { progs: own.value }),
      ...(run && { run }),
    });
  }
  return ok(packets);
}

/** Makes the kernel, loads the programs, fills the maps; problems where the input is not good. */
export function openInput(input: SessionInput, options: OpenOptions): Result<Opened> {
  const made = makeKernel(input, options);
  if (!made.ok) return made;
  const kernel = made.value;
  const loaded = kernel.load(input.request);
  if (loaded.problems.length > 0) return fail(...loaded.problems);
  const progs = loaded.progs.filter((p) => p !== undefined);
  if (progs.length === 0) return fail(sessionProblem('no-programs', {}, { name: input.name }));
  openPerfRings(kernel);
  const skipped: string[] = [];
  for (const { file, content, map } of input.maps ?? []) {
    const filled = initMaps(kernel, content, map, file);
    if (filled.problems.length > 0) return fail(...filled.problems);
    skipped.push(...filled.skipped);
  }
  const symbols = new Symbols(kernel, progs, input.files);
  const chain = input.progs.length === 0 ? ok([progs[0]!]) : progsNamed(symbols, input.progs);
  if (!chain.ok) return chain;
  const packets = packetsOf(input, symbols);
  if (!packets.ok) return packets;
  const { ctx, repeat, time, insnLimit } = input;
  const replay = new Replay(kernel, packets.value, {
    progs: chain.value,
    position: (name, slot) => symbols.named(name)?.insns[slot]?.position,
    ...(ctx !== undefined && { ctx }),
    ...(repeat !== undefined && { repeat }),
    ...(time !== undefined && { time }),
    ...(insnLimit !== undefined && { insnLimit }),
  });
  return ok({ kernel, symbols, replay, skipped });
}
