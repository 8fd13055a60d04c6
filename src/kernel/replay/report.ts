/** A replay as JSON, piece by piece: the same text wherever it is made. */

import type { Redirect } from '../../helpers/ports/devices.ts';
import { insnText } from '../../isa/disasm.ts';
import { mapInfo } from '../../maps/object.ts';
import { dumpMap } from '../../maps/user.ts';
import { HELPERS } from '../../spec/helpers/index.ts';
import { toHex } from '../../util/hex.ts';
import type { Problem } from '../../util/problem.ts';
import { problemJson } from '../../util/problem.ts';
import { CT_ENTRY, TUPLE } from '../agent/ctEntry.ts';
import type { Kernel } from '../kernel.ts';
import { isCurrentMap } from '../mapNames.ts';
import type { MapRecord, Output } from '../world.ts';
import { mapAt } from '../world.ts';
import { ctLine } from './ctList.ts';
import { ctxWords } from './ctx.ts';
import { dataLine } from './frames.ts';
import { ctxLayout } from './hook.ts';
import { holdsElements, mapReport } from './mapDump.ts';
import { monitorLine } from './monitor.ts';
import type { Replay } from './replay.ts';
import type { Fault, PacketResult } from './result.ts';
import { TypedMap } from './typedMap.ts';

/** Numbers that JSON cannot hold exactly become text. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? `${v}` : v));
}

const helper = (id: number): string | undefined => Object.entries(HELPERS).find(([, row]) => row.id === id)?.[0];

/** The text of a faulting insn in the kernel's syntax: `(61) r0 = *(u32 *)(r1 +0)`. */
export function faultInsnText({ insn }: Fault): string | undefined {
  return insn && `(${insn.code.toString(16).padStart(2, '0')}) ${insnText(insn, 'kernel', { helper })}`;
}

function outputJson(kernel: Kernel, output: Output): unknown {
  if (output.kind === 'trace') return output;
  if (output.kind === 'sent') return { ...output, data: toHex(output.data) };
  const { map, data } = output.kind === 'perf' ? output.record : output;
  const name = mapAt(kernel.world, map)?.name ?? '';
  if (output.kind === 'ringbuf') return { kind: 'ringbuf', map: name, data: toHex(data) };
  const { cpu } = output.record;
  const text = monitorLine(kernel, output.record);
  return { kind: 'perf', map: name, cpu, ...(text !== undefined && { text }), data: toHex(data) };
}

function faultJson(fault: Fault): unknown {
  return {
    ...problemJson(fault.problem),
    prog: fault.prog,
    insn: fault.slot,
    disasm: faultInsnText(fault),
    ...(fault.position && { source: fault.position.pos, line: fault.position.text }),
    registers: Object.fromEntries(fault.registers.map((v, i) => [`R${i}`, `0x${v.toString(16)}`])),
  };
}

function redirectJson(kernel: Kernel, { kind, ifindex, flags, map, index }: Redirect): unknown {
  const name = mapAt(kernel.world, map)?.name;
  return { kind, ifindex, flags, ...(kind === 'map' && { map: name, index }) };
}

/** What a program runs on in one line: the packet, or the context where there is none. */
export function runLine({ before, prog, ctxIn }: PacketResult): string {
  const { executable } = prog;
  const line = dataLine({ progType: executable.progType, data: before, ctx: ctxIn });
  if (line !== '' || ctxIn === undefined) return line;
  const layout = ctxLayout(executable.progType, executable.ctxStruct);
  return layout ? ctxWords(executable, ctxIn).join(', ') : toHex(ctxIn.subarray(0, 32), ' ');
}

/** One packet in one program. */
function packetJson(kernel: Kernel, result: PacketResult): unknown {
  const { packet, prog, redirect, after, fault } = result;
  return {
    packet: result.number,
    prog: prog.name,
    ...(packet.timeNs !== undefined && { time_ns: `${packet.timeNs}` }),
    clock_ns: `${result.clockNs}`,
    summary: runLine(result),
    errno: result.errno,
    retval: result.retval,
    verdict: result.verdict,
    insns: result.insns,
    changes: result.changes,
    ...(redirect && { redirect: redirectJson(kernel, redirect) }),
    outputs: result.outputs.map((o) => outputJson(kernel, o)),
    data_in: toHex(result.before),
    ...(after && { data_out: toHex(after) }),
    ...(result.ctxIn && { ctx_in: toHex(result.ctxIn) }),
    ...(result.ctxOut && { ctx_out: toHex(result.ctxOut), ctx_changes: result.ctxChanges }),
    ...(fault && { fault: faultJson(fault) }),
  };
}

/** The entries of one map as `cilium bpf ct list global` prints them; none where its sizes are not those of a conntrack map. */
export function ctMapList(kernel: Kernel, map: MapRecord): string[] {
  const { key_size, value_size } = mapInfo(kernel.maps, map.address);
  if (key_size !== TUPLE.size || value_size !== CT_ENTRY.size) return [];
  const names = TypedMap.of(map)?.memberTypedefs('value', 'rev_nat_index');
  const big = names === undefined || names.some((n) => /be16/.test(n));
  return dumpMap(kernel.maps, map.address).flatMap((e) => ('value' in e ? (ctLine(e, big) ?? []) : []));
}

/** Tables of single endpoints, which `ct list` shows by the endpoint's number. */
const OF_ENDPOINT = /^cilium_ct(_any)?[46]_\d+$/;

/** All conntrack entries, of the maps that are called so, as `cilium bpf ct list global` prints them. */
export function ctList(kernel: Kernel): string[] {
  const { world } = kernel;
  const isTable = (map: MapRecord): boolean => /ct/.test(map.name) && !OF_ENDPOINT.test(map.name);
  return world.maps.flatMap((map) => (isTable(map) && isCurrentMap(world, map) ? ctMapList(kernel, map) : []));
}

export interface ReportEnd {
  /** Everything ran: no fault, no refused packet. */
  readonly ok: boolean;
  readonly problems: readonly Problem[];
}

/** The report's beginning, before the packets. */
export function reportHead(progs: readonly { readonly name: string; readonly type: string }[]): string {
  return `{"bpflab":1,"progs":${toJson(progs)},"packets":[`;
}

/** One packet's piece; `first` has no comma before it. */
export function reportPacket(kernel: Kernel, result: PacketResult, first: boolean): string {
  return `${first ? '' : ','}\n${toJson(packetJson(kernel, result))}`;
}

/** The report's end: maps (these or all), conntrack list, problems. */
export function* reportTail(kernel: Kernel, end: ReportEnd, maps = kernel.world.maps): Generator<string> {
  yield '\n],"maps":[';
  let first = true;
  for (const map of maps) {
    if (!holdsElements(map)) continue;
    yield `${first ? '' : ','}\n${toJson(mapReport(kernel, map, TypedMap.of(map)))}`;
    first = false;
  }
  yield `\n],"ct":${toJson(ctList(kernel))},"problems":${toJson(end.problems.map(problemJson))},"ok":${end.ok}}\n`;
}

/** A whole replay, run and reported. It stops at the first fault. */
export function* replayReport(kernel: Kernel, replay: Replay): Generator<string> {
  yield reportHead(kernel.world.progs.map((p) => ({ name: p.name, type: p.executable.progType })));
  let ok = true;
  let problems: readonly Problem[] = [];
  let first = true;
  for (let result = replay.next(); result; result = replay.next()) {
    if (Array.isArray(result)) {
      problems = result;
      ok = false;
      break;
    }
    yield reportPacket(kernel, result as PacketResult, first);
    first = false;
    if ((result as PacketResult).errno !== 0) ok = false;
    if ((result as PacketResult).fault) {
      ok = false;
      break;
    }
  }
  yield* reportTail(kernel, { ok, problems });
}
