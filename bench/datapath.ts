/** Packets per second through the conntrack and load-balancing programs: `npm run bench -- datapath`. */
import { Kernel } from '../src/kernel/kernel.ts';
import { manyEvents } from '../test/programs/many.ts';
import { testRequest } from '../test/programs/sequences.ts';
import { type Row, report } from './report.ts';

const CASES = [
  { name: 'tc: conntrack + LB', file: 'lb/tc.bpf', entry: 'tc_main' },
  { name: 'XDP: conntrack + LB', file: 'lb/xdp.bpf', entry: 'xdp_main' },
  { name: 'XDP: count by protocol', file: 'hello/count.bpf', entry: 'count' },
];

function measure({ name, file, entry }: (typeof CASES)[number]): Row[] {
  const made = Kernel.create();
  if (!made.ok) throw new Error(name);
  const kernel = made.value;
  kernel.load(testRequest(file));
  const prog = kernel.prog(entry)!;
  const packets = manyEvents().map((e) => e.bytes);
  let insns = 0;
  const pass = (): void => {
    for (const data of packets) {
      const run = kernel.testRun(prog, { data });
      const { machine } = run;
      run.finish();
      insns += machine?.insns ?? 0;
    }
  };
  for (let i = 0; i < 10; i++) pass();
  insns = 0;
  const rounds = 40;
  const start = process.cpuUsage();
  for (let i = 0; i < rounds; i++) pass();
  const used = process.cpuUsage(start);
  const seconds = (used.user + used.system) / 1e6;
  const count = rounds * packets.length;
  return [
    { name, size: Math.round(insns / count), rate: count / seconds, unit: 'packet/s' },
    { name: `${name}, insns`, rate: insns / seconds, unit: 'insn/s' },
  ];
}

report('datapath (size: insns a packet)', CASES.flatMap(measure));
