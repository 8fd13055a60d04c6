/** How `bpflab run` shows what its packets met: as JSON, or as text for people. */
import type { Kernel } from '../kernel/kernel.ts';
import { ctList, reportHead, reportPacket, reportTail } from '../kernel/replay/report.ts';
import type { PacketResult, ReplayPacket } from '../kernel/replay/result.ts';
import type { MapRecord } from '../kernel/world.ts';
import type { Problem } from '../util/problem.ts';
import { STATUS, type Status, showProblems } from './failure.ts';
import type { Io } from './io.ts';
import { dumpText, pickMaps, showText } from './mapFiles.ts';
import { mapMoment, mapsText } from './print/maps.ts';
import { faultText, packetText } from './print/packets.ts';
import type { RunOptions } from './runOptions.ts';
import { styleOf } from './style.ts';

/** How results are shown. */
export interface Outcome {
  packet(result: PacketResult): void;
  end(status: Status, problems: readonly Problem[]): void;
}

/** One JSON document, written piece by piece. */
export class JsonOutcome implements Outcome {
  readonly #io: Io;
  readonly #kernel: Kernel;
  readonly #maps: readonly MapRecord[];
  #first = true;

  constructor(io: Io, kernel: Kernel, options: RunOptions) {
    this.#io = io;
    this.#maps = pickMaps(kernel, options.mapName);
    this.#kernel = kernel;
    io.out(reportHead(kernel.world.progs.map((p) => ({ name: p.name, type: p.executable.progType }))));
  }

  packet(result: PacketResult): void {
    this.#io.out(reportPacket(this.#kernel, result, this.#first));
    this.#first = false;
  }

  end(status: Status, problems: readonly Problem[]): void {
    const end = { ok: status === STATUS.good, problems };
    for (const piece of reportTail(this.#kernel, end, this.#maps)) this.#io.out(piece);
  }
}

/** What a terminal shows: packets as they pass, then the maps. */
export class TextOutcome implements Outcome {
  readonly #io: Io;
  readonly #kernel: Kernel;
  readonly #options: RunOptions;
  readonly #startNs: bigint | undefined;
  readonly #named: boolean;
  readonly #before: ReturnType<typeof mapMoment> | undefined;
  /** What is printed stands behind an empty line, unless it is the first. */
  #gap = '';

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
      this.#gap = '\n';
    }
    if (result.fault) this.#io.out(`\n${faultText(result.fault, style)}`);
  }

  end(_status: Status, problems: readonly Problem[]): void {
    const io = this.#io;
    const style = styleOf(io);
    const { mapDump, mapFormat, mapName, mapShow, maps: which } = this.#options;
    const maps = pickMaps(this.#kernel, mapName);
    if (mapShow) this.#block(showText(this.#kernel, maps, mapFormat));
    if (mapDump === true) this.#block(dumpText(this.#kernel, maps, mapFormat));
    else if (which !== 'none' && !mapShow) {
      const text = mapsText(this.#kernel, { style, columns: io.columns, before: this.#before, maps });
      if (text !== '') this.#block(text);
    }
    if (this.#options.ct) {
      this.#block(
        ctList(this.#kernel)
          .map((line) => `${line}\n`)
          .join(''),
      );
    }
    if (problems.length > 0) showProblems(io, problems, { json: false });
  }

  #block(text: string): void {
    this.#io.out(`${this.#gap}${text}`);
    this.#gap = '\n';
  }
}
