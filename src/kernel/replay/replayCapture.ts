/** From files to a report in one call: what `bpflab run --json` prints, for whoever has no command line. */
import { readCapture } from '../../net/capture.ts';
import type { LoadRequest } from '../../spec/request.ts';
import type { Problem, Result } from '../../util/problem.ts';
import { fail, ok } from '../../util/problem.ts';
import type { KernelOptions } from '../kernel.ts';
import { Kernel } from '../kernel.ts';
import type { ProgRecord } from '../world.ts';
import { initMaps } from './mapInit.ts';
import { replayProblem } from './messages.ts';
import { openPerfRings } from './readers.ts';
import { Replay } from './replay.ts';
import { replayReport } from './report.ts';

/** Everything that `replayCapture` needs. */
export interface ReplayInput {
  /** What to load: see `toRequest`. */
  readonly request: LoadRequest;
  /** A pcap or pcapng file. */
  readonly capture: Uint8Array;
  /** Map contents as parsed JSON, in bpftool's form: lists of elements by map name. */
  readonly maps?: unknown;
  /** Names of the programs that each packet passes. Default: the first of the request. */
  readonly progs?: readonly string[];
  /** The same for packets captured on an interface, by its name. */
  readonly on?: Readonly<Record<string, readonly string[]>>;
  readonly kernel?: KernelOptions;
}

/**
 * Loads a request into a fresh kernel, fills its maps, sends every packet of the capture through its programs and
 * reports all of it as JSON text. The same input gives the same text on every machine.
 *
 * @example
 * const { object } = assemble(text, { file: 'drop.bpf' });
 * const request = toRequest(object);
 * const report = replayCapture({ request: request.value, capture });
 * JSON.parse(report.value).packets[0].verdict // 'XDP_DROP'
 */
export function replayCapture(input: ReplayInput): Result<string> {
  const made = Kernel.create(input.kernel);
  if (!made.ok) return made;
  const kernel = made.value;
  const loaded = kernel.load(input.request);
  if (loaded.problems.length > 0) return fail(...loaded.problems);
  const { capture, problems } = readCapture(input.capture);
  if (!capture || problems.length > 0) return fail(...problems);
  openPerfRings(kernel);
  if (input.maps !== undefined) {
    const filled = initMaps(kernel, input.maps, '', 'maps');
    if (filled.problems.length > 0) return fail(...filled.problems);
  }
  const names = (input.request.progs ?? [input.request]).map((p, i) => p.name ?? p.prog_name ?? `prog${i}`);
  const missing: Problem[] = [];
  const chain = (wanted: readonly string[]): ProgRecord[] =>
    wanted.flatMap((name) => {
      const prog = loaded.progs[names.indexOf(name)];
      if (prog) return [prog];
      missing.push(replayProblem('prog-missing', {}, { name, known: names.join(', ') }));
      return [];
    });
  const progs =
    input.progs || input.on ? chain(input.progs ?? []) : loaded.progs.slice(0, 1).filter((p) => p !== undefined);
  const on = new Map(Object.entries(input.on ?? {}).map(([name, wanted]) => [name, chain(wanted)] as const));
  if (missing.length > 0) return fail(...missing);
  const packets = capture.packets.map(({ bytes, timeNs, interface: index }) => {
    const special = on.get(capture.interfaces[index]?.name ?? `${index}`);
    return { bytes, timeNs, ...(special && { progs: special }) };
  });
  return ok([...replayReport(kernel, new Replay(kernel, packets, { progs }))].join(''));
}
