/** The debug adapter's host in a process: files, and the options of `bpflab debug` from launch arguments. */
import { resolve } from 'node:path';
import type { DapHost, LaunchArguments, LaunchInput } from '../debug/dap/host.ts';
import type { SessionInput } from '../debug/session/input.ts';
import type { Result } from '../util/problem.ts';
import { fail, ok } from '../util/problem.ts';
import { type DebugInput, type DebugInputOptions, debugInput } from './debugInput.ts';
import { Failure, unusable } from './failure.ts';
import type { Io } from './io.ts';
import { kernelTypes } from './kernelTypes.ts';
import { cliProblem } from './messages.ts';
import { contextFields, seconds } from './options.ts';
import { readRecording } from './recording.ts';

/** A host for one client; `ended` is called when it has disconnected. */
export function dapHost(io: Io, ended: () => void): DapHost {
  // Standard input is the client's.
  const own: Io = { ...io, readFile: (path) => (path === '-' ? noStandardInput() : io.readFile(path)) };
  return {
    makeSession: (args) => makeSession(own, args),
    sourcePath: (file) => (file === '<stdin>' ? undefined : resolve(file)),
    later: (work) => void setImmediate(work),
    ended,
  };
}

function noStandardInput(): never {
  throw new Failure([cliProblem('no-file', {}, { path: 'standard input' })]);
}

async function makeSession(io: Io, args: LaunchArguments): Promise<Result<LaunchInput>> {
  try {
    const path = args.replay ?? args.program;
    const recording = path === undefined || path === '' ? undefined : readRecording(io, path);
    if (args.replay !== undefined && !recording) wrong('replay', `${args.replay} is no recording`);
    const input = recording ? recording.input : (await launchInput(io, args)).session;
    const kernelBtf = await kernelTypes(input.request);
    return ok({ input, options: { ...(kernelBtf && { kernelBtf }) }, ...(recording && { recorded: recording }) });
  } catch (error) {
    if (error instanceof Failure) return fail(...error.problems);
    throw error;
  }
}

/** What stands in the launch itself and not in files. */
type Inline = Pick<SessionInput, 'ctx' | 'node' | 'maps'>;

async function launchInput(io: Io, args: LaunchArguments): Promise<DebugInput> {
  const { program, nth } = args;
  if (program === undefined || program === '') unusable('no-program');
  const inline: Inline = {
    ...(isObject(args.ctx) && { ctx: contextFields(JSON.stringify(args.ctx)) }),
    ...(isObject(args.node) && { node: args.node }),
    ...(isObject(args.mapInit) && {
      maps: Object.entries(args.mapInit).map(([map, content]) => ({ file: 'mapInit', map, content })),
    }),
  };
  const first = await debugInput(io, program, optionsOf(args));
  const made = args.section === undefined ? first : await debugInput(io, program, ofSection(first, args));
  const count = made.session.packets.length;
  if (nth !== undefined && (nth < 1 || nth > count)) unusable('no-nth', {}, { nth, count });
  return { ...made, session: { ...made.session, ...inline } };
}

function ofSection({ input }: DebugInput, args: LaunchArguments): DebugInputOptions {
  const programs = input.object?.programs ?? [];
  const names = programs.filter((p) => p.section === args.section).map((p) => p.name);
  if (names.length === 0) {
    const known = [...new Set(programs.map((p) => p.section))].join(', ') || 'none';
    unusable('no-section', {}, { name: args.section ?? '', known });
  }
  return { ...optionsOf(args), prog: names.join(',') };
}

function optionsOf(args: LaunchArguments): DebugInputOptions {
  const { prog, progType: type, pcap, repeat, seed, cpus, insnLimit, time } = args;
  const packet = args.packet === undefined ? undefined : [args.packet].flat();
  const ctx = textOf('ctx', args.ctx);
  const node = textOf('node', args.node);
  const mapInit = textsOf('mapInit', args.mapInit);
  const define = definesOf(args.define);
  if (time !== undefined && time !== 'capture' && time !== 'fixed') wrong('time', "'capture' or 'fixed' is wanted");
  return {
    ...(prog !== undefined && { prog }),
    ...(type !== undefined && { type }),
    ...(packet && packet.length > 0 && { packet }),
    ...(pcap !== undefined && { pcap }),
    ...(ctx !== undefined && { ctx }),
    ...(node !== undefined && { node }),
    ...(mapInit && { mapInit }),
    ...(define && { define }),
    ...(repeat !== undefined && { repeat: within('repeat', repeat, 1, 0xffff_ffff) }),
    ...(seed !== undefined && { seed: within('seed', seed, 0, 0xffff_ffff) }),
    ...(cpus !== undefined && { cpus: within('cpus', cpus, 1, 64) }),
    ...(insnLimit !== undefined && { insnLimit: within('insnLimit', insnLimit, 1, Number.MAX_SAFE_INTEGER) }),
    ...(args.clock !== undefined && { clock: clockOf(args.clock) }),
    ...(time !== undefined && { time }),
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function wrong(name: string, why: string): never {
  unusable('launch-argument', {}, { name, why });
}

/** Text, or nothing where an object stands instead. */
function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || isObject(value)) return undefined;
  return typeof value === 'string' ? value : wrong(name, 'text or an object is wanted');
}

function textsOf(name: string, value: unknown): readonly string[] | undefined {
  if (value === undefined || isObject(value)) return undefined;
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return texts.map((text) => (typeof text === 'string' ? text : wrong(name, 'a path, paths or an object is wanted')));
}

function definesOf(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value)) return textsOf('define', value);
  return Object.entries(value).map(([name, number]) => `${name}=${String(number)}`);
}

function within(name: string, value: number, min: number, max: number): number {
  return value >= min && value <= max ? value : wrong(name, `a whole number from ${min} to ${max} is wanted`);
}

function clockOf(value: unknown): bigint {
  try {
    return seconds(String(value));
  } catch {
    return wrong('clock', 'seconds since boot are wanted, such as 1000 or "12.5"');
  }
}
