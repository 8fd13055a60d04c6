/** From a session's input to a kernel with everything loaded, and the packets that will pass. */
import { Kernel } from '../../kernel/kernel.ts';
import { parseNode } from '../../kernel/net/file/index.ts';
import { initMaps } from '../../kernel/replay/mapInit.ts';
import { openPerfRings } from '../../kernel/replay/readers.ts';
import { Replay, type ReplayState } from '../../kernel/replay/replay.ts';
import type { ReplayPacket } from '../../kernel/replay/result.ts';
import type { ProgRecord } from '../../kernel/world.ts';
import { fail, ok, type Result } from '../../util/problem.ts';
import { Symbols } from '../symbols.ts';
import type { SessionInput } from './input.ts';
import type { Journey } from './journey.ts';
import { sessionProblem } from './messages.ts';
import type { Opened, OpenOptions } from './opened.ts';
import { openScenarioInput } from './openScenario.ts';

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

/** A replay's state is what it saved. */
function replayJourney(replay: Replay): Journey {
  return {
    get ticks() {
      return replay.ticks;
    },
    get machine() {
      return replay.machine;
    },
    get running() {
      return replay.running;
    },
    get over() {
      return replay.over;
    },
    advance: (budget) => replay.advance(budget),
    save: () => replay.save(),
    restore: (state) => replay.restore(state as ReplayState),
  };
}

/** Makes the kernel, loads the programs, fills the maps; problems where the input is not good. */
export function openInput(input: SessionInput, options: OpenOptions): Result<Opened> {
  if (input.scenario) return openScenarioInput(input, input.scenario, options);
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
  return ok({ kernel, symbols, journey: replayJourney(replay), skipped });
}
