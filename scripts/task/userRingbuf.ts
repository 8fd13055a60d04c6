/**
 * Compares bpf_user_ringbuf_drain with the kernel: `npx tsx scripts/task/userRingbuf.ts SEED COUNT [--record]`. The guest has to
 * fill the ring: it must take each update of a user_ringbuf as a sample to be written through mmap, with flags 0 committed,
 * 1 discarded, 2 busy. With --record the answers go to test/recorded/maps/userRingbuf.json.
 */
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { UserSampleState } from '../../src/maps/userRingbuf.ts';
import { UAPI } from '../../src/spec/constants.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { type DrainCase, drainHere } from '../../test/maps/userRingbuf.ts';
import { Random } from '../../test/random.ts';
import { insn, ldMap, tinyBtf } from '../maps/program.ts';
import { askOracle } from '../oracle.ts';

const STATES: readonly UserSampleState[] = ['committed', 'discarded', 'busy'];
const MOST = 30;
const RESULT_AT = 1000;

const mov = (dst: number, src: number): string => insn(0xbf, dst, src, 0, 0);
const set = (dst: number, imm: number): string => insn(0xb7, dst, 0, 0, imm);
const call = (id: number): string => insn(0x85, 0, 0, 0, id);
const DYNPTR_READ = 201;
const DRAIN = 209;

/** Notes what it read of each sample, and asks to stop at one that begins with 0xff. Maps: 0 the output, 1 the ring. */
const callback = [
  mov(6, 1),
  insn(0x7a, 10, 0, -8, 0),
  mov(1, 10),
  insn(0x07, 1, 0, 0, -8),
  set(2, 8),
  mov(3, 6),
  set(4, 0),
  set(5, 0),
  call(DYNPTR_READ),
  ...ldMap(7, 0, 2),
  insn(0x79, 8, 7, 0, 0),
  insn(0x79, 1, 10, -8, 0),
  insn(0x25, 8, 0, 6, MOST),
  insn(0x07, 8, 0, 0, 1),
  insn(0x7b, 7, 8, 0, 0),
  insn(0x67, 8, 0, 0, 4),
  insn(0x0f, 7, 8, 0, 0),
  insn(0x7b, 7, 0, 0, 0),
  insn(0x7b, 7, 1, 8, 0),
  insn(0x57, 1, 0, 0, 0xff),
  set(0, 0),
  insn(0x55, 1, 0, 1, 0xff),
  set(0, 1),
  insn(0x95, 0, 0, 0, 0),
];

function program(flags: number): { insns: string; map_relocs: [number, number][]; func_info: string } {
  const main = [
    ...ldMap(1, 1),
    'CB',
    insn(0, 0, 0, 0, 0),
    set(3, 0),
    set(4, flags),
    call(DRAIN),
    ...ldMap(1, 0, 2),
    insn(0x7b, 1, 0, RESULT_AT, 0),
    set(0, 0),
    insn(0x95, 0, 0, 0, 0),
  ];
  const insns = [
    ...main.map((text, i) => (text === 'CB' ? insn(0x18, 2, 4, 0, main.length - i - 1) : text)),
    ...callback,
  ];
  const func_info = Buffer.alloc(16);
  [0, 3, main.length, 4].forEach((word, i) => {
    func_info.writeUInt32LE(word, 4 * i);
  });
  const map_relocs = insns.flatMap((text, i): [number, number][] =>
    /^18[12]/.test(text) ? [[i, Number.parseInt(text.slice(8, 10), 16)]] : [],
  );
  return { insns: insns.join(''), map_relocs, func_info: func_info.toString('hex') };
}

export function requestOf({ size, runs }: DrainCase): LoadRequest {
  return {
    prog_type: 'raw_tracepoint',
    license: 'GPL',
    btf: tinyBtf().toString('hex'),
    dump_maps: true,
    maps: [
      { name: 'out', type: 'array', key_size: 4, value_size: 1024, max_entries: 1 },
      { name: 'ring', type: 'user_ringbuf', key_size: 0, value_size: 0, max_entries: size },
    ],
    progs: runs.map((flags) => ({ ...program(flags), func_info_rec_size: 8 })),
  };
}

function caseOf(r: Random): DrainCase {
  const size = 4096;
  const samples = Array.from({ length: r.below(20) }, (): readonly [string, UserSampleState] => {
    const length = r.pick([0, 1, 4, 7, 8, 9, 16, 24, 100, 500, 2000, 4088, 4089]);
    const bytes = r.bytes(length);
    if (length > 0 && r.bool(0.1)) bytes[0] = 0xff;
    return [
      Buffer.from(bytes).toString('hex'),
      r.weighted([
        [7, () => STATES[0]!],
        [2, () => STATES[1]!],
        [1, () => STATES[2]!],
      ]),
    ];
  });
  const { BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP } = UAPI;
  const runs = Array.from({ length: 1 + r.below(4) }, () =>
    r.pick([0, 0, 0, BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP, 3, 4, -1]),
  );
  return { size, samples, runs };
}

const [seed, count] = process.argv.slice(2).map(Number);
const random = new Random(seed!);
const cases = Array.from({ length: count! }, () => caseOf(random));
const requests = cases.map(requestOf);
const filled = requests.map((request, i): LoadRequest => {
  const updates = cases[i]!.samples.map(([value, state]) => ({ key: '', value, flags: STATES.indexOf(state) }));
  const maps = request.maps!.map((map) => (map.name === 'ring' ? { ...map, updates } : map));
  return {
    ...request,
    maps,
    test_run: cases[i]!.runs.map((_, prog) => ({ prog, ctx: '00'.repeat(16), ctx_out_size: 0 })),
  };
});
const rows: string[] = [];
let differing = 0;
askOracle(filled, 1).forEach((kernel, i) => {
  const answers = (kernel.test_run ?? []).map(({ maps }) => String(maps?.out?.[0]?.[1] ?? '').replace(/(00)+$/, ''));
  if (kernel.verdict !== 'accept') console.log(kernel.verdict, kernel.progs?.[0]?.log?.slice(-300));
  const here = drainHere(cases[i]!, requests[i]!);
  if (!isDeepStrictEqual(answers, here)) {
    differing++;
    if (differing < 6)
      console.log(JSON.stringify(cases[i]).slice(0, 600), '\n  kernel', answers, '\n  here  ', here, kernel.notes);
  }
  rows.push(JSON.stringify({ test: cases[i], request: requests[i], answers }));
});
console.log(`${rows.length} cases, ${differing} differ`);
if (process.argv.includes('--record')) {
  writeFileSync(new URL('../../test/recorded/maps/userRingbuf.json', import.meta.url), `[\n${rows.join(',\n')}\n]\n`);
}
