/**
 * What a debugger costs, as multiples of plain interpretation in the same run: continuing with one breakpoint set, with a
 * data breakpoint, and a step back after 1,000,000 insns: `npm run bench -- debug`.
 */
import { assemble } from '../src/asm/assemble.ts';
import { toRequest } from '../src/asm/request.ts';
import { Session } from '../src/debug/session/session.ts';
import type { BreakSpec, Motion } from '../src/debug/session/types.ts';
import { Kernel } from '../src/kernel/kernel.ts';
import { type Row, report } from './report.ts';

const LOOP = `.map table, type=array, key=u32, value=u64, max_entries=4
.section .text
mix:
 r0 = r1
 r0 *= 31
 r0 ^= r2
 exit
.section license
.asciz "GPL"
.section "xdp"
main:
 r6 = 60000
 r7 = 0
loop:
 r1 = r7
 r2 = r6
 call mix
 r7 = r0
 *(u64 *)(r10 - 8) = r7
 r3 = *(u64 *)(r10 - 8)
 r3 >>= 5
 r7 += r3
 if r7 == 0 goto never
 r6 -= 1
 if r6 != 0 goto loop
 r0 = 2
 exit
never:
 r0 = 1
 exit
`;

const { object } = assemble(LOOP, { file: 'loop.bpf' });
const made = object && toRequest(object);
if (!made?.ok) throw new Error('loop.bpf');
const request = made.value;
const packets = [{ bytes: new Uint8Array(64) }];

function session(): Session {
  const files = { programs: object!.programs.map((p) => ({ ...p, positions: [] })), texts: {} };
  const opened = Session.open({ name: 'loop', request, files, packets, progs: [] });
  if (!opened.ok) throw new Error('loop');
  return opened.value;
}

function cpu(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

/** CPU time of `work` in µs, the best of several; `make` is not counted. */
function best<T>(make: () => T, work: (made: T) => void, rounds = 7): number {
  return Math.min(...Array.from({ length: rounds }, () => make()).map((m) => cpu(() => work(m))));
}

function plainRun() {
  const kernel = Kernel.create();
  if (!kernel.ok) throw new Error('no kernel');
  return kernel.value.testRun(kernel.value.load(request).progs[0]!, { data: packets[0]!.bytes });
}

let insns = 0;
const plain = best(plainRun, (run) => {
  const { machine } = run;
  run.finish();
  insns = machine!.insns;
});
const perInsn = plain / insns;

const GO: Motion = { kind: 'continue' };
const place = (s: Session, text: string): BreakSpec['place'] => {
  const found = s.place(text);
  if (!found.ok) throw new Error(text);
  return found.value;
};

function continuing(spec: (s: Session) => BreakSpec): number {
  return best(
    () => {
      const s = session();
      const added = s.breakpoints.add(spec(s));
      if (!added.ok) throw new Error('breakpoint');
      return s;
    },
    (s) => {
      if (s.go(GO).reason !== 'end') throw new Error('it stopped');
    },
    3,
  );
}

function row(name: string, micros: number, unitInsns: number): Row {
  return { name, rate: (unitInsns * 1e6) / micros, unit: 'insn/s', ratio: micros / (perInsn * unitInsns) };
}

/** A step back from the end of a million insns; the ratio is to what interpreting 100,000 insns costs. */
function backFrom(ticks: number): number {
  const s = session();
  s.go({ kind: 'goto', tick: ticks });
  const times: number[] = [];
  for (let i = 0; i < 20; i++) times.push(cpu(() => void s.go({ kind: 'step', unit: 'insn', back: true })));
  return times.reduce((a, b) => a + b, 0) / times.length;
}

const back = backFrom(900_000);
const deep = best(
  () => {
    const s = session();
    s.go({ kind: 'goto', tick: 900_000 });
    const b = s.breakpoints.add({ place: place(s, 'main') });
    if (!b.ok) throw new Error('breakpoint');
    return s;
  },
  (s) => {
    if (s.go({ kind: 'continue', back: true }).tick !== 1) throw new Error('it stopped');
  },
  3,
);

report('debugger', [
  { name: 'plain interpretation', rate: 1e6 / perInsn, unit: 'insn/s', ratio: 1 },
  row(
    'continue, a breakpoint never met',
    continuing((s) => ({ place: place(s, 'never') })),
    insns,
  ),
  row(
    'continue, met and false each time',
    continuing((s) => ({ place: place(s, 'mix'), condition: 'r2 == 999999' })),
    insns,
  ),
  row(
    'continue, a register watched',
    continuing(() => ({ place: { kind: 'watch', expr: 'r9' } })),
    insns,
  ),
  row(
    'continue, stack watched',
    continuing(() => ({ place: { kind: 'watch', expr: 'fp-16:8' } })),
    insns,
  ),
  row('reverse-continue over 900,000 insns', deep, 900_000),
  { name: 'a step back, of 100,000 insns', rate: 1e6 / back, unit: 'step/s', ratio: back / (perInsn * 100_000) },
]);
