/**
 * Records what the kernel makes of the programs: `npx tsx scripts/record-programs.ts [NAME …]` (needs the oracle). Writes
 * test/recorded/programs/NAME.json.gz for each sequence: verdict, packet and changes of the maps, packet by packet.
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { LoadRequest } from '../src/spec/request.ts';
import { fromHex, toHex } from '../src/util/hex.ts';
import {
  clockPacket,
  type Golden,
  type MapState,
  OutcomeWriter,
  type Outcome,
  passes,
  SEQUENCES,
  type Sequence,
  type Step,
  stepsOf,
  testRequest,
} from '../test/programs/sequences.ts';
import { askOracle } from './maps/oracle.ts';

const DIR = new URL('../test/recorded/programs/', import.meta.url).pathname;

interface Run {
  readonly errno: number;
  readonly retval: number;
  /** Not there with an errno. */
  readonly data_out?: string;
  readonly truncated?: true;
  readonly maps?: Record<string, [string, string | string[]][]>;
}

function stateOf(run: Run): MapState {
  return Object.fromEntries(
    Object.entries(run.maps ?? {}).map(([name, elements]) => [
      name,
      Object.fromEntries(elements.map(([key, value]) => [key, String(value)])),
    ]),
  );
}

const nameOf = ({ event, prog, data }: Step): string => `${event} ${prog} ${toHex(data)}`;

/** The steps, as far as the packets between the programs of a chain are known from the last round. */
function steps(sequence: Sequence, last: ReadonlyMap<string, Run>): Step[] {
  const list: Step[] = [];
  const walk = stepsOf(sequence);
  for (let at = walk.next(); !at.done; ) {
    const step = at.value;
    list.push(step);
    const run = last.get(nameOf(step));
    at = walk.next(run?.data_out !== undefined && passes(step.prog, run.retval) ? fromHex(run.data_out) : undefined);
  }
  return list;
}

function ask(request: LoadRequest, list: readonly Step[]): Run[] {
  const progs = request.progs?.map((p) => p.name) ?? [request.name];
  const clock = progs.indexOf('set_clock');
  const runs = list.flatMap(({ prog, data, now }) => {
    const index = progs.indexOf(prog);
    const run = { prog: index, data: toHex(data), out_size: 4096 };
    return clock < 0 ? [run] : [{ prog: clock, data: toHex(clockPacket(now)) }, run];
  });
  const [result] = askOracle([
    { ...request, dump_maps: true, test_run: request.progs ? runs : runs.map(({ prog: _, ...r }) => r) },
  ]);
  if (result?.verdict !== 'accept') throw new Error(JSON.stringify(result, null, 1).slice(0, 4000));
  const all = result.test_run as Run[];
  return clock < 0 ? all : all.filter((_, i) => i % 2 === 1);
}

/** A chain needs a round for each program a packet passes: the second one's packet is what the first one made. */
function record(sequence: Sequence): Golden {
  const request = testRequest(sequence.file);
  let list: Step[] = [];
  let runs: Run[] = [];
  let known = new Map<string, Run>();
  for (let round = 0, settled = false; !settled; round++) {
    if (round > 8) throw new Error(`${sequence.name} does not settle`);
    const before = list.map(nameOf).join();
    list = steps(sequence, known);
    settled = before === list.map(nameOf).join();
    if (settled) break;
    runs = ask(request, list);
    known = new Map(list.map((s, i) => [nameOf(s), runs[i]!]));
  }
  const writer = new OutcomeWriter({});
  const outcomes = list.map((step, i): Outcome => {
    const run = runs[i]!;
    if (run.truncated) throw new Error(`${sequence.name} ${i}: too many elements for one dump`);
    return writer.write(step, { errno: run.errno, retval: run.retval, out: run.data_out }, stateOf(run));
  });
  return { sequence: sequence.name, kernel: '6.12', outcomes };
}

const only = process.argv.slice(2);
for (const sequence of SEQUENCES) {
  if (only.length > 0 && !only.includes(sequence.name)) continue;
  const golden = record(sequence);
  const packed = gzipSync(JSON.stringify(golden), { level: 9 });
  writeFileSync(`${DIR}${sequence.name}.json.gz`, packed);
  const verdicts: Record<string, number> = {};
  for (const { retval, errno } of golden.outcomes) {
    const verdict = errno === undefined ? retval : `errno ${errno}`;
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  }
  console.log(`${sequence.name}: ${golden.outcomes.length} runs, ${packed.length} bytes`, verdicts);
}
