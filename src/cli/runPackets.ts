/** What `bpflab run` does, from its options to its exit status. */
import type { KernelOptions } from '../kernel/kernel.ts';
import { Kernel } from '../kernel/kernel.ts';
import type { CtxFields } from '../kernel/replay/ctx.ts';
import { packetCtx } from '../kernel/replay/ctx.ts';
import { openPerfRings } from '../kernel/replay/readers.ts';
import type { PacketResult, ReplayPacket } from '../kernel/replay/replay.ts';
import { Replay } from '../kernel/replay/replay.ts';
import { ctList, reportHead, reportPacket, reportTail } from '../kernel/replay/report.ts';
import type { ProgRecord } from '../kernel/world.ts';
import type { CaptureInterface } from '../net/captureModel.ts';
import type { Problem } from '../util/problem.ts';
import type { RunOptions } from './commands/run.ts';
import type { Status } from './failure.ts';
import { Failure, jsonError, need, STATUS, showProblems, unusable } from './failure.ts';
import { checkOutput, readText, writeOutput } from './files.ts';
import type { Input } from './input.ts';
import { progNames, readProgramFile } from './input.ts';
import type { Io } from './io.ts';
import { dumpText, fillMaps } from './mapFiles.ts';
import { cliProblem } from './messages.ts';
import { defines } from './options.ts';
import type { InputPacket, InputPackets } from './packets.ts';
import { inputPackets, OutputCapture } from './packets.ts';
import { checkType, pickProgram } from './pick.ts';
import { mapMoment, mapsText } from './print/maps.ts';
import { faultText, packetText } from './print/packets.ts';
import { Progress } from './progress.ts';
import { styleOf } from './style.ts';

/** Insns between two looks at the keyboard. */
const SLICE = 2_000_000;
/** Milliseconds of work between two of them. */
const BREATH_MS = 40;

export async function run(io: Io, file: string, options: RunOptions): Promise<Status> {
  checkOptions(io, options);
  const input = readProgramFile(io, file, { defines: defines(options.define), type: options.type });
  const kernel = need(Kernel.create(kernelOptions(options)));
  const progs = load(kernel, input);
  const chain = options.prog === undefined ? (options.on ? [] : [progs.list[0]!]) : chainOf(progs, options.prog);
  const found = inputPackets(io, options, input, progs.list);
  const packets = route(found, progs, options.on);
  openPerfRings(kernel);
  if (options.mapInit) fillMaps(io, kernel, options.mapInit);
  const ctx = options.ctx === undefined ? undefined : contextFields(options.ctx);
  // A field that some program's context does not have is told before anything runs.
  if (ctx) for (const { executable } of progsOf(chain, packets)) need(packetCtx(executable.ctxStruct, ctx, 0));
  const replay = new Replay(kernel, packets, {
    progs: chain,
    time: options.time,
    position: (prog, slot) => input.position(prog, slot),
    ...(ctx && { ctx }),
    ...(options.repeat !== undefined && { repeat: options.repeat }),
    ...(options.insnLimit !== undefined && { insnLimit: options.insnLimit }),
  });
  const outcome = options.json ? new JsonOutcome(io, kernel) : new TextOutcome(io, kernel, options, packets);
  return drive(io, kernel, replay, options, found, outcome);
}

/** Every program that may run. */
function progsOf(chain: readonly ProgRecord[], packets: readonly InputPacket[]): ReadonlySet<ProgRecord> {
  return new Set([...chain, ...packets.flatMap((p) => p.progs ?? [])]);
}

/** How results are shown. */
interface Outcome {
  packet(result: PacketResult): void;
  end(status: Status, problems: readonly Problem[]): void;
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
  if (typeof options.mapDump === 'string') writeOutput(io, options.mapDump, dumpText(kernel));
  outcome.end(status, problems);
  return status;
}

class JsonOutcome implements Outcome {
  readonly #io: Io;
  readonly #kernel: Kernel;
  #first = true;

  constructor(io: Io, kernel: Kernel) {
    this.#io = io;
    this.#kernel = kernel;
    io.out(reportHead(kernel.world.progs.map((p) => ({ name: p.name, type: p.executable.progType }))));
  }

  packet(result: PacketResult): void {
    this.#io.out(reportPacket(this.#kernel, result, this.#first));
    this.#first = false;
  }

  end(status: Status, problems: readonly Problem[]): void {
    for (const piece of reportTail(this.#kernel, { ok: status === STATUS.good, problems })) this.#io.out(piece);
  }
}

class TextOutcome implements Outcome {
  readonly #io: Io;
  readonly #kernel: Kernel;
  readonly #options: RunOptions;
  readonly #startNs: bigint | undefined;
  readonly #named: boolean;
  readonly #before: ReturnType<typeof mapMoment> | undefined;

  constructor(io: Io, kernel: Kernel, options: RunOptions, packets: readonly ReplayPacket[]) {
    this.#io = io;
    this.#kernel = kernel;
    this.#options = options;
    this.#startNs = packets[0]?.timeNs;
    this.#named = options.on !== undefined || (options.prog ?? '').includes(',') || packets.some((p) => p.progs);
    this.#before = options.maps === 'changed' ? mapMoment(kernel) : undefined;
  }

  packet(result: PacketResult): void {
    const style = styleOf(this.#io);
    if (!this.#options.quiet || result.fault || result.errno !== 0) {
      const printer = { style, columns: this.#io.columns, startNs: this.#startNs, named: this.#named };
      this.#io.out(packetText(this.#kernel, result, printer));
    }
    if (result.fault) this.#io.out(`\n${faultText(result.fault, style)}`);
  }

  end(_status: Status, problems: readonly Problem[]): void {
    const io = this.#io;
    const style = styleOf(io);
    if (this.#options.mapDump === true) io.out(`\n${dumpText(this.#kernel)}`);
    else if (this.#options.maps !== 'none') {
      const text = mapsText(this.#kernel, { style, columns: io.columns, before: this.#before });
      if (text !== '') io.out(`\n${text}`);
    }
    if (this.#options.ct)
      io.out(
        `\n${ctList(this.#kernel)
          .map((line) => `${line}\n`)
          .join('')}`,
      );
    if (problems.length > 0) showProblems(io, problems, { json: false });
  }
}

function kernelOptions(options: RunOptions): KernelOptions {
  return {
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
  if (options.node === undefined) return;
  const text = readText(io, options.node);
  // Comments and an empty mapping are all that an empty node consists of, in YAML and in JSON.
  const rest = text
    .replace(/^\s*#.*$/gm, '')
    .replace(/---|\.\.\./g, '')
    .trim();
  if (!/^(\{\s*\}|\{\s*"?bpflab"?\s*:\s*1\s*\}|bpflab:\s*1|)$/.test(rest)) unusable('node-not-covered');
}

/** Loads everything that the file has; what bpf(2) refuses is a rejection. */
function load(kernel: Kernel, input: Input): Programs {
  const loaded = kernel.load(input.request);
  if (loaded.problems.length > 0) {
    const refused = loaded.problems.some((p) => 'errno' in p.args);
    throw new Failure(loaded.problems, refused ? STATUS.rejected : STATUS.unusable);
  }
  const progs = loaded.progs.filter((p) => p !== undefined);
  if (progs.length === 0) unusable('no-progs', {}, { path: input.path });
  return { list: progs, names: progNames(input.request) };
}

/** Loaded programs with the names that their file gives them. */
interface Programs {
  readonly list: readonly ProgRecord[];
  readonly names: readonly string[];
}

/** `a,b` as programs. */
function chainOf(progs: Programs, names: string): ProgRecord[] {
  return names.split(',').map((name) => progs.list[pickProgram(progs.names, name.trim())]!);
}

/** Packets with the programs of the interface that they were captured on. */
function route(found: InputPackets, progs: Programs, on: readonly string[] | undefined): InputPacket[] {
  if (!on) return [...found.packets];
  const chains = new Map<number, ProgRecord[]>();
  for (const text of on) {
    const match = /^([^=]+)=(.+)$/.exec(text);
    if (!match) unusable('bad-on', {}, { found: text });
    const index = interfaceIndex(found.interfaces, match[1]!);
    if (index < 0) {
      const names = found.interfaces.map((i, n) => i.name ?? `${n}`).join(', ') || 'none';
      unusable('no-interface', {}, { found: text, names });
    }
    chains.set(index, chainOf(progs, match[2]!));
  }
  const packets = found.packets.map((p) => {
    const chain = p.captured && chains.get(p.captured.interface);
    return chain ? { ...p, progs: chain } : p;
  });
  return packets;
}

/** By name or, for interfaces without one, by number. */
function interfaceIndex(interfaces: readonly CaptureInterface[], name: string): number {
  const index = interfaces.findIndex((i) => i.name === name);
  return index < 0 && /^\d+$/.test(name) && Number(name) < interfaces.length ? Number(name) : index;
}

/** `--ctx`: an object of numbers, or of lists of them. */
function contextFields(text: string): CtxFields {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    unusable('ctx-shape', {}, { why: jsonError(error) });
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    unusable('ctx-shape', {}, { why: 'an object of fields is wanted' });
  }
  return Object.fromEntries(
    Object.entries(json).map(([field, value]) => {
      const values = (Array.isArray(value) ? value : [value]).map((v: unknown) => numberOf(field, v));
      return [field, Array.isArray(value) ? values : values[0]!];
    }),
  );
}

function numberOf(field: string, value: unknown): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?(0x[0-9a-fA-F]{1,16}|\d{1,20})$/.test(value)) {
    return value.startsWith('-') ? -BigInt(value.slice(1)) : BigInt(value);
  }
  unusable('ctx-value', {}, { field, found: JSON.stringify(value) ?? 'nothing', expected: 'a whole number' });
}
