/**
 * Records what a real kernel answers to BPF_PROG_TEST_RUN with good and bad sizes, contexts and flags:
 * `npx tsx scripts/record-testrun.ts [COUNT SEED OUT]` writes test/recorded/kernel/testrun.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { encodeProgram, makeInsn } from '../src/isa/codec.ts';
import type { Insn } from '../src/isa/insn.ts';
import { rowNamed } from '../src/isa/opcodes.ts';
import { ctxField, ctxStruct } from '../src/spec/ctx/index.ts';
import type { LoadRequest, TestRunRequest } from '../src/spec/request.ts';
import { toHex } from '../src/util/hex.ts';
import { Random } from '../test/random.ts';
import { askOracle } from './oracle.ts';

const [count = '400', seed = '1', out = 'test/recorded/kernel/testrun.json'] = process.argv.slice(2);

const random = new Random(Number(seed));
const below = (n: number): number => random.below(n);
const pick = <T>(list: readonly T[]): T => random.pick(list);
const chance = (percent: number): boolean => below(100) < percent;

function insn(name: string, f: { dst?: number; src?: number; off?: number; imm?: number } = {}): Insn {
  const row = rowNamed(name);
  const { fixed } = row;
  return makeInsn({
    code: row.code,
    dst: f.dst ?? 0,
    src: fixed.src ?? f.src ?? 0,
    off: fixed.off ?? f.off ?? 0,
    imm: fixed.imm ?? f.imm ?? 0,
  });
}

const READ = [
  'len',
  'pkt_type',
  'mark',
  'queue_mapping',
  'protocol',
  'vlan_present',
  'vlan_tci',
  'priority',
  'ingress_ifindex',
  'ifindex',
  'tc_index',
  'cb',
  'tc_classid',
  'wire_len',
  'gso_segs',
  'gso_size',
];
const WRITE = ['mark', 'queue_mapping', 'priority', 'tc_index', 'cb', 'tc_classid'];
const TYPES = {
  xdp: { struct: 'xdp_md', read: ['ingress_ifindex', 'rx_queue_index'], write: [] as string[] },
  sched_cls: { struct: '__sk_buff', read: READ, write: WRITE },
} as const;
type Type = keyof typeof TYPES;

/** A small program that looks at, or changes, one thing. */
function program(type: Type): Insn[] {
  const { struct, read, write } = TYPES[type];
  const at = (name: string): number => ctxField(struct, name)!.offset;
  const bounds = [
    insn('ldxw', { dst: 2, src: 1, off: at('data') }),
    insn('ldxw', { dst: 3, src: 1, off: at('data_end') }),
  ];
  const difference = [insn('mov64_reg', { dst: 0, src: 3 }), insn('sub64_reg', { dst: 0, src: 2 })];
  const bytes = pick([1, 2, 8, 14, 34]);
  const kinds: (() => Insn[])[] = [
    () => [insn('mov64_imm', { imm: pick([0, 1, 2, 3, -1, 7]) })],
    () => [...bounds, ...difference],
    () => [
      insn('ldxw', { src: 1, off: at('data_meta') }),
      insn('ldxw', { dst: 2, src: 1, off: at('data') }),
      insn('sub64_reg', { dst: 2, src: 0 }),
      insn('mov64_reg', { src: 2 }),
    ],
    () => [insn('ldxw', { src: 1, off: at(pick(read)) })],
    () => [
      insn('mov64_imm', { imm: 99 }),
      ...bounds,
      insn('mov64_reg', { dst: 4, src: 2 }),
      insn('add64_imm', { dst: 4, imm: bytes }),
      insn('jgt64_reg', { dst: 4, src: 3, off: 3 }),
      insn('ldxb', { src: 2, off: bytes - 1 }),
      insn('add64_imm', { imm: 1 }),
      insn('stxb', { dst: 2, src: 0, off: bytes - 1 }),
    ],
  ];
  if (write.length > 0) {
    kinds.push(
      () => [insn('ldxb', { src: 1, off: at(pick(read)) + below(4) })],
      () => [insn('ldxh', { src: 1, off: at(pick(read)) + 2 * below(2) })],
      () => [
        insn('mov64_imm', { dst: 2, imm: below(2 ** 30) }),
        insn('stxw', { dst: 1, src: 2, off: at(pick(write)) }),
        insn('ldxw', { src: 1, off: at(pick(write)) }),
      ],
    );
  }
  return [...pick(kinds)(), insn('exit')];
}

function packet(): Uint8Array {
  const size = chance(3)
    ? pick([3520, 3700, 3713])
    : chance(12)
      ? pick([0, 1, 13, 14, 15, 33])
      : pick([14, 20, 34, 40, 54, 60]);
  const data = Uint8Array.from({ length: size }, (_, i) => (i < 60 ? below(256) : i & 0xff));
  if (size >= 14 && chance(75))
    data.set(
      pick([
        [8, 0],
        [0x86, 0xdd],
        [0x81, 0],
        [8, 6],
        [0, 0x20],
      ]),
      12,
    );
  if (size >= 6 && chance(30))
    data.set(
      pick([
        [0, 0, 0, 0, 0, 0],
        [255, 255, 255, 255, 255, 255],
        [1, 0, 0x5e, 0, 0, 1],
      ]),
    );
  return data;
}

function context(type: Type, size: number): Uint8Array {
  const full = ctxStruct(TYPES[type].struct)!.size;
  const ctx = new Uint8Array(chance(80) ? full : pick([4, 16, 24, 100, full, full + 8]));
  const view = new DataView(ctx.buffer);
  const set = (offset: number, value: number): void => {
    if (offset + 4 <= ctx.length) view.setUint32(offset, value, true);
  };
  if (type === 'xdp') {
    if (chance(70)) set(4, pick([size, size, size, size + 1, Math.max(0, size - 1), 0]));
    if (chance(40)) set(0, pick([4, 8, 16, 64, 216, 220, 3]));
    if (chance(20)) set(pick([8, 12, 16, 20]), pick([1, 2]));
  } else {
    const names = [...Object.keys(ctxStruct('__sk_buff')!.fields)];
    for (let i = below(3); i > 0; i--) {
      const name = chance(80)
        ? pick([
            'mark',
            'priority',
            'ingress_ifindex',
            'ifindex',
            'cb',
            'tstamp',
            'wire_len',
            'gso_segs',
            'gso_size',
            'hwtstamp',
          ])
        : pick(names);
      set(ctxField('__sk_buff', name)!.offset, pick([1, 2, 60, 100, 65536, 200_000]));
    }
  }
  if (ctx.length > full && chance(50)) ctx[ctx.length - 1] = 1;
  return ctx;
}

function testRun(type: Type): TestRunRequest {
  const data = packet();
  return {
    data: toHex(data),
    ...(chance(60) && { ctx: toHex(context(type, data.length)) }),
    ...(chance(15) && { repeat: pick([0, 1, 2, 5]) }),
    ...(chance(10) && { out_size: pick([1, 10, 20, 60]) }),
    ...(chance(10) && { ctx_out_size: pick([1, 24, 100, 192, 200]) }),
    ...(chance(8) && { flags: pick(type === 'xdp' ? [1, 4, 8] : [1, 2, 4]) }),
    ...(chance(4) && { cpu: 1 }),
    ...(chance(4) && { batch_size: 1 }),
  };
}

const requests: LoadRequest[] = Array.from({ length: Number(count) }, (_, i) => {
  const type = pick(['xdp', 'sched_cls', 'sched_cls'] as const);
  return {
    name: `testrun-${i}`,
    prog_type: type,
    license: 'GPL',
    insns: toHex(encodeProgram(program(type))),
    test_run: [testRun(type), testRun(type)],
  };
});
const answers = askOracle(requests);
const recorded = requests.flatMap((request, i) => {
  const answer = answers[i]!;
  // A program that the verifier refuses says nothing about runs.
  if (answer.verdict !== 'accept') return [];
  const runs = answer.test_run!.map(({ errno, retval, data_out, ctx_out }) => ({ errno, retval, data_out, ctx_out }));
  return [{ request, runs }];
});
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, `[\n${recorded.map((r) => JSON.stringify(r)).join(',\n')}\n]\n`);
console.log(`${recorded.length} of ${requests.length} programs recorded in ${out}`);
