/** The packets of `run`: from the command line or a capture, and back into a capture. */
import { frameIn, frameOut } from '../kernel/replay/frames.ts';
import { worksOnPackets } from '../kernel/replay/hook.ts';
import type { PacketResult, ReplayPacket } from '../kernel/replay/result.ts';
import { verdictFate } from '../kernel/replay/verdict.ts';
import type { ProgRecord } from '../kernel/world.ts';
import { readCapture } from '../net/capture.ts';
import type { Capture, CaptureInterface, CapturePacket } from '../net/captureModel.ts';
import { writePcap } from '../net/pcap.ts';
import { writePcapng } from '../net/pcapngWrite.ts';
import type { TestRunRequest } from '../spec/request.ts';
import { fromHex } from '../util/hex.ts';
import type { Problem } from '../util/problem.ts';
import { Failure, need, unusable } from './failure.ts';
import { readInput } from './files.ts';
import type { Input } from './input.ts';
import { isCapture } from './input.ts';
import type { Io } from './io.ts';
import { hexBytes } from './options.ts';

export interface InputPacket extends ReplayPacket {
  /** As captured; packets of the command line have none. */
  readonly captured?: CapturePacket;
}

export interface InputPackets {
  readonly packets: readonly InputPacket[];
  readonly interfaces: readonly CaptureInterface[];
  /** What was wrong behind the packets that could be read. */
  readonly problems: readonly Problem[];
}

/** HEX or @FILE; a file that holds nothing but hex digits is read as hex. */
function packetOf(io: Io, text: string): InputPacket {
  if (!text.startsWith('@')) return { bytes: hexBytes(text, '--packet') };
  const path = text.slice(1);
  const bytes = readInput(io, path, 'give a file that holds one packet');
  if (bytes.length === 0) unusable('empty', {}, { path });
  if (isCapture(bytes)) {
    unusable(
      'unknown-input',
      {},
      { path, what: 'a packet capture, not one packet', help: `give it with --pcap ${path}` },
    );
  }
  const content = bytes.length <= 1 << 20 ? new TextDecoder().decode(bytes) : '';
  return { bytes: /^[\s:0-9a-fA-F]+$/.test(content) ? hexBytes(content, path) : bytes };
}

function fromCapture(path: string, capture: Capture): readonly InputPacket[] {
  if (capture.packets.length === 0) unusable('no-packets', {}, { path });
  return capture.packets.map((captured) => ({ bytes: captured.bytes, timeNs: captured.timeNs, captured }));
}

/** A problem of a binary file with the file's name before it. */
function inFile(path: string, problem: Problem): Problem {
  const place = problem.at.byte === undefined ? path : `${path}, byte 0x${problem.at.byte.toString(16)}`;
  const message = { ...problem.message, text: `{place}: ${problem.message.text}` };
  return {
    ...problem,
    at: {},
    args: { ...problem.args, ...(problem.at.byte !== undefined && { byte: problem.at.byte }), place },
    message,
  };
}

/** The test runs that a load request brings along, each with the program that it names unless `progs` are absent. */
function testRunPackets({ request, path }: Input, progs: readonly ProgRecord[] | undefined): InputPacket[] {
  const runs = request.test_run === undefined ? [] : [request.test_run].flat();
  return runs.map((run: TestRunRequest, index) => {
    const prog = progs?.[run.prog ?? 0];
    if (progs && !prog) unusable('no-test-prog', {}, { path, index, prog: run.prog ?? 0 });
    const { repeat, flags, cpu } = run;
    const ctx = run.ctx === undefined ? undefined : fromHex(run.ctx);
    return {
      bytes: fromHex(run.data ?? '') ?? new Uint8Array(0),
      ...(prog && { progs: [prog] }),
      run: {
        ...(ctx && { ctx }),
        ...(repeat !== undefined && { repeat }),
        ...(flags !== undefined && { flags }),
        ...(cpu !== undefined && { cpu }),
        ...(run.batch_size !== undefined && { batchSize: run.batch_size }),
        ...(run.out_size !== undefined && { outSize: run.out_size }),
        ...(run.ctx_out_size !== undefined && { ctxOutSize: run.ctx_out_size }),
      },
    };
  });
}

/** Gathers the packets: from the command line, a capture, or the load request itself. Leaves the command where there are none. */
export function inputPackets(
  io: Io,
  options: { readonly packet?: readonly string[]; readonly pcap?: string; readonly prog?: string },
  input: Input,
  progs: readonly ProgRecord[],
  chain: readonly ProgRecord[],
): InputPackets {
  if (options.packet && options.pcap !== undefined) unusable('both-inputs');
  if (options.packet) {
    return { packets: options.packet.map((p) => packetOf(io, p)), interfaces: [], problems: [] };
  }
  if (options.pcap === undefined) {
    const packets = testRunPackets(input, options.prog === undefined ? progs : undefined);
    if (packets.length === 0) {
      const onPackets = chain.find((prog) => worksOnPackets(prog.executable.progType));
      if (onPackets || chain.length === 0) {
        unusable('no-input', {}, { type: (onPackets ?? progs[0]!).executable.progType });
      }
      return { packets: [{ bytes: new Uint8Array() }], interfaces: [], problems: [] };
    }
    return { packets, interfaces: [], problems: [] };
  }
  const path = options.pcap;
  const read = readCapture(readInput(io, path, 'give a pcap or pcapng file'));
  const { capture } = read;
  const problems = read.problems.map((p) => inFile(path, p));
  const foreign = problems.filter((p) => p.code === 'net.link-type');
  if (!capture || foreign.length > 0) throw new Failure(foreign.length > 0 ? foreign : problems);
  if (capture.packets.length === 0 && problems.length > 0) throw new Failure(problems);
  return { packets: fromCapture(path, capture), interfaces: capture.interfaces, problems };
}

/** Gathers packets as they come out; a file of them is made at the end. */
export class OutputCapture {
  readonly #packets: CapturePacket[] = [];
  readonly #interfaces: readonly CaptureInterface[];
  readonly #pcapng: boolean;

  constructor(path: string, interfaces: readonly CaptureInterface[]) {
    this.#pcapng = /\.(pcapng|ntar)$/i.test(path);
    this.#interfaces = interfaces;
  }

  /** Takes the last result of a packet. pcap has no place for a verdict, so dropped packets are not in it. */
  add(result: PacketResult): void {
    const fate = verdictFate(result.verdict);
    if (!this.#pcapng && (fate === 'drop' || result.errno !== 0 || result.fault)) return;
    const { before, after, ctxIn, prog } = result;
    const given = { progType: prog.executable.progType, data: before, ctx: ctxIn };
    const bytes = after ? frameOut(given, after) : frameIn(given);
    const { captured } = result.packet as InputPacket;
    const cut = captured ? captured.origLen - captured.bytes.length : 0;
    const earlier = captured?.comment;
    const comment = `bpflab: ${result.prog.name}: ${result.verdict}`;
    this.#packets.push({
      timeNs: captured?.timeNs ?? result.clockNs,
      bytes,
      origLen: bytes.length + cut,
      interface: captured?.interface ?? 0,
      comment: earlier === undefined ? comment : `${earlier}\n${comment}`,
      ...(captured?.flags !== undefined && { flags: captured.flags }),
    });
  }

  file(): Uint8Array {
    if (!this.#pcapng) {
      const nanoseconds = this.#packets.some((p) => p.timeNs % 1000n !== 0n);
      return need(writePcap(this.#packets, { nanoseconds }));
    }
    const interfaces = this.#interfaces.map(({ linkType, snapLen, name }) => ({
      linkType,
      snapLen,
      ...(name !== undefined && { name }),
    }));
    return need(writePcapng(this.#packets, interfaces.length > 0 ? { interfaces } : {}));
  }
}
