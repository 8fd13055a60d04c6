/**
 * Time of the verifier per processed insn, log level 0, beside the time of native arithmetic in the same run:
 * `npm run build && BPFLAB_WORKLOADS=DIR npm run bench -- verifier`.
 */
import { existsSync } from 'node:fs';
import { assemble } from '../src/asm/assemble.ts';
import { toRequest } from '../src/asm/request.ts';
import type * as Builtin from '../src/btf/builtin.ts';
import { fromHex } from '../src/util/hex.ts';
import { problemText } from '../src/util/problem.ts';
import { mapInfos } from '../src/verifier/maps.ts';
import type * as Verify from '../src/verifier/verify.ts';
import { nativeNanos } from './native.ts';
import { type Row, report } from './report.ts';

// What users run is compiled by tsc; tsx names every closure anew, which makes hot code several times slower.
const DIST = new URL('../dist/', import.meta.url);
const built = existsSync(DIST);
if (!built) console.error('bench: there is no dist/ (npm run build): measuring through tsx, several times slower');
const { Verifier } = (await import(
  built ? new URL('verifier/verify.js', DIST).href : '../src/verifier/verify.ts'
)) as typeof Verify;
const { builtinTypes } = (await import(
  built ? new URL('btf/builtin.js', DIST).href : '../src/btf/builtin.ts'
)) as typeof Builtin;

const repeated = (n: number, line: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => line(i)).join('\n');
const loop = (times: number, body: string): string =>
  `r6 = 0\nloop:\n${body}\nr6 += 1\nif r6 < ${times} goto loop\nr0 = 0\nexit`;

const ALU = ['r7 += r8', 'r8 ^= 77', 'w7 &= 0xffff', 'r8 <<= 3', 'r7 -= 5', 'r8 |= r7', 'w8 >>= 2', 'r7 *= 3'];
const INPUT = 'r7 = *(u32 *)(r1 + 12)\nr8 = *(u32 *)(r1 + 16)\nr9 = r10\n';

/** Programs by what they are full of. */
const WORKLOADS: Readonly<Record<string, string>> = {
  'straight arithmetic': `${INPUT}${repeated(40_000, (i) => ALU[i % ALU.length]!)}\nr0 = 0\nexit`,
  'spills and fills': `${INPUT}${repeated(20_000, (i) => `*(u64 *)(r10 - ${8 * (1 + (i % 16))}) = r${7 + (i % 2)}\nr8 = *(u64 *)(r10 - ${8 * (1 + (i % 16))})`)}\nr0 = 0\nexit`,
  branches: `${INPUT}${repeated(400, (i) => `if r7 > ${i} goto L${i}\nr8 += 1\nr8 &= 0xff\nL${i}:`)}\nr0 = 0\nexit`,
  'bounded loop': `${INPUT}${loop(100_000, 'r7 ^= r6\nr7 &= 0xff')}`,
  'loop with a spill': `${INPUT}${loop(100_000, '*(u64 *)(r10 - 8) = r6\nr7 = *(u64 *)(r10 - 8)')}`,
  'a million insns, rejected': `${INPUT}${loop(0x7fff_ffff, 'r7 ^= r6\nr7 &= 0xff')}`,
};

interface Measured {
  readonly insns: number;
  readonly micros: number;
}

function measure(name: string, body: string): Measured {
  const { object, problems } = assemble(`.section license\n.asciz "GPL"\n.section "xdp"\nmain:\n${body}\n`, {
    file: name,
  });
  if (!object) throw new Error(problems.map(problemText).join('\n'));
  const request = toRequest(object, { name });
  if (!request.ok) throw new Error(name);
  const { btf: _b, func_info: _f, line_info: _l, ...plain } = request.value;
  const bytes = fromHex(typeof plain.insns === 'string' ? plain.insns : plain.insns!.join(''))!;
  const maps = mapInfos(plain.maps ?? []);
  let best: Measured | undefined;
  for (let round = 0; round < 3; round++) {
    const verifier = new Verifier({ request: plain, bytes, maps, logLevel: 0, types: builtinTypes });
    const start = process.cpuUsage();
    const done = verifier.advance(Number.MAX_SAFE_INTEGER);
    const used = process.cpuUsage(start);
    if (!done || done.verdict === 'not_covered') throw new Error(`${name}: ${JSON.stringify(done)}`);
    const measured = { insns: done.insns, micros: used.user + used.system };
    if (!best || measured.micros < best.micros) best = measured;
  }
  return best!;
}

const native = nativeNanos();
const rates: Row[] = [];
const ratios: Row[] = [];
for (const [name, body] of Object.entries(WORKLOADS)) {
  const { insns, micros } = measure(name, body);
  rates.push({ name, size: insns, rate: (insns * 1e6) / micros, unit: 'insn/s' });
  if (typeof native === 'number') ratios.push({ name, rate: (micros * 1000) / insns / native, unit: 'x native' });
}
report('verifier', rates);
if (typeof native === 'string') console.error(`bench: no comparison with native arithmetic: ${native}`);
else report(`verifier per insn, native arithmetic ${native.toFixed(3)} ns per insn`, ratios);
report('verifier, peak memory of the process', [
  { name: 'all of the above', rate: process.resourceUsage().maxRSS / 1024, unit: 'MiB' },
]);
