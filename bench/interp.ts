/** Insns per second of the interpreter on small programs, each dominated by one kind of insn: `npm run bench -- interp`. */
import { assemble } from '../src/asm/assemble.ts';
import { toRequest } from '../src/asm/request.ts';
import { Kernel } from '../src/kernel/kernel.ts';
import { problemText } from '../src/util/problem.ts';
import { type Row, report } from './report.ts';

/** Bodies of a loop that r6 counts down. */
const WORKLOADS: Readonly<Record<string, string>> = {
  'alu64 add, xor, shift': 'r0 += r6\n r0 ^= 77\n r0 <<= 3\n r0 += 1',
  'alu64 multiply, divide': 'r0 *= 31\n r0 += r6\n r1 = r0\n r1 /= 7\n r0 ^= r1',
  alu32: 'w0 += w6\n w0 ^= 77\n w0 <<= 3\n w0 *= 5',
  'stack load and store':
    '*(u64 *)(r10 - 8) = r6\n r1 = *(u64 *)(r10 - 8)\n *(u32 *)(r10 - 16) = r1\n r0 = *(u32 *)(r10 - 16)',
  'packet load': 'r1 = *(u8 *)(r7 + 0)\n r2 = *(u16 *)(r7 + 12)\n r3 = *(u32 *)(r7 + 26)\n r0 += r3',
  branches: 'if r6 & 1 goto odd\n r0 += 1\n goto even\nodd:\n r0 += 2\neven:\n r0 ^= r6',
  'atomic add': 'r1 = 1\n lock *(u64 *)(r10 - 8) += r1',
  'helper call': 'call bpf_get_smp_processor_id',
  'map lookup (array)': '*(u32 *)(r10 - 4) = 0\n r1 = table ll\n r2 = r10\n r2 += -4\n call bpf_map_lookup_elem',
  'bpf-to-bpf call': 'r1 = r6\n call callee',
};
const ROUNDS = 300_000;

function program(body: string): string {
  return `.map table, type=array, key=u32, value=u64, max_entries=1
.section .text
callee:
 r0 = r1
 exit
.section license
.asciz "GPL"
.section "xdp"
main:
 r7 = *(u32 *)(r1 + xdp_md.data)
 r6 = ${ROUNDS}
 r0 = 0
 *(u64 *)(r10 - 8) = 0
loop:
 ${body}
 r6 -= 1
 if r6 != 0 goto loop
 exit
`;
}

function measure(name: string, body: string): Row {
  const { object, problems } = assemble(program(body), { file: name });
  if (!object) throw new Error(problems.map(problemText).join('\n'));
  const request = toRequest(object, { name });
  const made = Kernel.create();
  if (!request.ok || !made.ok) throw new Error(name);
  const prog = made.value.load(request.value).progs[0]!;
  const data = new Uint8Array(64);
  let insns = 0;
  let micros = 0;
  // The first rounds warm the code up and are not counted.
  for (let round = -2; round < 5; round++) {
    const run = made.value.testRun(prog, { data });
    const { machine } = run;
    const start = process.cpuUsage();
    const status = run.finish();
    const used = process.cpuUsage(start);
    if (status.state !== 'done') throw new Error(`${name}: ${JSON.stringify(status)}`);
    if (round < 0) continue;
    insns += machine!.insns;
    micros += used.user + used.system;
  }
  return { name, rate: (insns * 1e6) / micros, unit: 'insn/s' };
}

report(
  'interpreter',
  Object.entries(WORKLOADS).map(([name, body]) => measure(name, body)),
);
