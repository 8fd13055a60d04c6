/** What `bpflab run` does, from its options to its exit status. */
import type { KernelOptions } from '../kernel/kernel.ts';
import { Kernel } from '../kernel/kernel.ts';
import { packetCtx } from '../kernel/replay/ctx.ts';
import { openPerfRings } from '../kernel/replay/readers.ts';
import { Replay } from '../kernel/replay/replay.ts';
import type { PacketResult } from '../kernel/replay/result.ts';
import type { ProgRecord } from '../kernel/world.ts';
import type { Problem } from '../util/problem.ts';
import { chainOf, type Programs, route } from './chains.ts';
import type { Status } from './failure.ts';
import { Failure, need, STATUS, unusable } from './failure.ts';
import { checkOutput, writeOutput } from './files.ts';
import type { Input } from './input.ts';
import { progNames, readProgramFile } from './input.ts';
import type { Io } from './io.ts';
import { kernelTypes } from './kernelTypes.ts';
import { dumpText, fillMaps, pickMaps } from './mapFiles.ts';
import { cliProblem } from './messages.ts';
import { readNode } from './nodeFile.ts';
import { contextFields, defines } from './options.ts';
import type { InputPacket, InputPackets } from './packets.ts';
import { inputPackets, OutputCapture } from './packets.ts';
import { checkType } from './pick.ts';
import { Progress } from './progress.ts';
import type { RunOptions } from './runOptions.ts';
import { JsonOutcome, type Outcome, TextOutcome } from './runOutcome.ts';

/** Insns between two looks at the keyboard. */
const SLICE = 2_000_000;
/** Milliseconds of work between two of them. */
const BREATH_MS = 40;

/** Runs a program file on packets; leaves by `Failure` what cannot be started. */
export async function run(io: Io, file: string, options: RunOptions): Promise<Status> {
  checkOptions(io, options);
  const input = readProgramFile(io, file, { defines: defines(options.define), type: options.type });
  if (options.verify) {
    const { verifyFirst } = await import('./verifyFirst.ts');
    if (!(await verifyFirst(io, input))) return STATUS.interrupted;
  }
  const kernelBtf = await kernelTypes(input.request);
  const kernel = need(Kernel.create({ ...kernelOptions(io, options), ...(kernelBtf && { kernelBtf }) }));
  const progs = loadPrograms(kernel, input);
  const chain = options.prog === undefined ? (options.on ? [] : [progs.list[0]!]) : chainOf(progs, options.prog);
  const found = inputPackets(io, options, input, progs.list, chain);
  const packets = route(found, progs, options.on);
  pickMaps(kernel, options.mapName);
  openPerfRings(kernel);
  if (options.mapInit) fillMaps(io, kernel, options.mapInit);
  const ctx = options.ctx === undefined ? undefined : contextFields(options.ctx);
  // A field that some program's context does not have is told before anything runs.
  if (ctx) for (const { executable } of progsOf(chain, packets)) need(packetCtx(executable, ctx, 0));
  const replay = new Replay(kernel, packets, {
    progs: chain,
    time: options.time,
    position: (prog, slot) => input.position(prog, slot),
    ...(ctx && { ctx }),
    ...(options.repeat !== undefined && { repeat: options.repeat }),
    ...(options.insnLimit !== undefined && { insnLimit: options.insnLimit }),
  });
  const outcome = options.json ? new JsonOutcome(io, kernel, options) : new TextOutcome(io, kernel, options, packets);
  return drive(io, kernel, replay, options, found, outcome);
}

/** Every program that may run. */
function progsOf(chain: readonly ProgRecord[], packets: readonly InputPacket[]): ReadonlySet<ProgRecord> {
  return new Set([...chain, ...packets.flatMap((p) => p.progs ?? [])]);
}

async function drive(
  io: Io,
  kernel: Kernel,
  replay: Replay,
  options: RunOptions,
  found: InputPackets,
  outcome: Outcome,
): Promise<Status> {
  const capture = options.pcapOut === undefined ? undefined : new OutputCapture(options.pcapOut, found.interfaces);
  const progress = new Progress(io, replay.total);
  const problems: Problem[] = [...found.problems];
  let status: Status = found.problems.length > 0 ? STATUS.unusable : STATUS.good;
  let last = Date.now();
  for (;;) {
    const result = replay.advance(SLICE);
    if (result === undefined) break;
    if (Array.isArray(result)) throw new Failure(result);
    if (result !== 'paused') {
      const one = result as PacketResult;
      progress.clear();
      outcome.packet(one);
      if (one.last) capture?.add(one);
      if (one.errno !== 0 || one.fault) status = STATUS.rejected;
      if (one.fault) break;
    }
    if (Date.now() - last < BREATH_MS) continue;
    if (await io.breathe()) {
      problems.push(cliProblem('interrupted', {}, { done: replay.done, total: replay.total }));
      status = STATUS.interrupted;
      break;
    }
    last = Date.now();
    progress.show(replay.done);
  }
  progress.clear();
  // Files first: whoever stops reading our output still has them.
  if (capture) writeOutput(io, options.pcapOut!, capture.file());
  if (typeof options.mapDump === 'string')
    writeOutput(io, options.mapDump, dumpText(kernel, pickMaps(kernel, options.mapName), options.mapFormat));
  outcome.end(status, problems);
  return status;
}

function kernelOptions(io: Io, options: RunOptions): KernelOptions {
  return {
    ...(options.node !== undefined && { node: readNode(io, options.node).node }),
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(options.cpus !== undefined && { cpus: options.cpus }),
    ...(options.clock !== undefined && { clockNs: options.clock }),
  };
}

/** Options whose time has not come yet, and types. */
function checkOptions(io: Io, options: RunOptions): void {
  if (options.engine === 'jit') unusable('no-jit');
  checkType(options.type);
  checkOutput(io, options.pcapOut);
  if (typeof options.mapDump === 'string') checkOutput(io, options.mapDump);
}

/** Loads everything that the file has; what bpf(2) refuses is a rejection. */
export function loadPrograms(kernel: Kernel, input: Input): Programs {
  const loaded = kernel.load(input.request);
  if (loaded.problems.length > 0) {
    const refused = loaded.problems.some((p) => 'errno' in p.args);
    throw new Failure(loaded.problems, refused ? STATUS.rejected : STATUS.unusable);
  }
  const progs = loaded.progs.filter((p) => p !== undefined);
  if (progs.length === 0) unusable('no-progs', {}, { path: input.path });
  return { list: progs, names: progNames(input.request) };
}
