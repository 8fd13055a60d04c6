/** Stack depth over chains of calls, spills around bpf_fastcall helpers, packet loads and tail calls in subprograms. */
import { program, type Requests } from './source.ts';

const use = (bytes: number): string => `*(u8 *)(r10 - ${bytes}) = 1\n`;
const leaf = (body: string): string => `.func f(struct __sk_buff *ctx) -> int static\n${body}r0 = 0\nexit\n`;
const TAIL = 'r2 = jumps ll\nr3 = 0\ncall bpf_tail_call\n';
const CPU = 'call bpf_get_smp_processor_id\n';
const SPILLED = `*(u64 *)(r10 - 8) = r1\n${CPU}r1 = *(u64 *)(r10 - 8)\n`;

const chain = (frames: number): string =>
  Array.from(
    { length: frames },
    (_, i) => `.func f${i + 1}() -> int static\n${i + 1 < frames ? `call f${i + 2}\n` : ''}r0 = 0\nexit\n`,
  ).join('');

type Source = readonly [body: string, subs?: string];

const FASTCALL: Readonly<Record<string, Source>> = {
  'spill and fill': [SPILLED],
  'two spills': [
    `r2 = 1\n*(u64 *)(r10 - 16) = r1\n*(u64 *)(r10 - 8) = r2\n${CPU}r2 = *(u64 *)(r10 - 8)\nr1 = *(u64 *)(r10 - 16)`,
  ],
  'fills in the wrong order': [
    `r2 = 1\n*(u64 *)(r10 - 8) = r1\n*(u64 *)(r10 - 16) = r2\n${CPU}r2 = *(u64 *)(r10 - 16)\nr1 = *(u64 *)(r10 - 8)`,
  ],
  'slot read later': [`${SPILLED}r2 = *(u64 *)(r10 - 8)`],
  'slot written later': [`${SPILLED}*(u8 *)(r10 - 8) = 1`],
  'another register': [`*(u64 *)(r10 - 8) = r1\n${CPU}r2 = *(u64 *)(r10 - 8)`],
  'around another helper': ['*(u64 *)(r10 - 8) = r1\ncall bpf_ktime_get_ns\nr1 = *(u64 *)(r10 - 8)'],
  'slot as a key': [`${SPILLED}r2 = r10\nr2 += -8\nr1 = plain ll\ncall bpf_map_lookup_elem`],
  'slot filled by a helper': [`${SPILLED}r3 = r10\nr3 += -8\nr2 = 0\nr4 = 8\ncall bpf_skb_load_bytes`],
  'read by a subprogram': [
    `${SPILLED}r1 = r10\nr1 += -8\ncall f`,
    '.func f(u64 *c) -> int static\nr0 = *(u64 *)(r1 + 0)\nr0 = 0\nexit\n',
  ],
  'written by a subprogram': [
    `${SPILLED}r1 = r10\nr1 += -8\ncall f`,
    '.func f(u64 *c) -> int static\n*(u64 *)(r1 + 0) = 1\nr0 = 0\nexit\n',
  ],
  'frees the stack of 512 bytes': [`*(u64 *)(r10 - 512) = r1\n${CPU}r1 = *(u64 *)(r10 - 512)\ncall f`, leaf(use(8))],
};

const LOOP = 'r1 = 10\nr2 = cb ll\nr3 = 0\n';
const CB = '.func cb(u32 i, u64 *c) -> long static\n';
const DEPTH: Readonly<Record<string, Source>> = {
  'tail call behind 240 bytes': [`${use(240)}call f`, leaf(TAIL)],
  'tail call behind 256 bytes': [`${use(256)}call f`, leaf(TAIL)],
  'eight frames': [`${use(8)}call f1`, chain(7)],
  'nine frames': [`${use(8)}call f1`, chain(8)],
  'subprogram that is not reached': ['r1 = 0\nif r1 == 0 goto out\ncall f', leaf(use(64))],
  'loop written out': [`${use(13)}${LOOP}r4 = 0\ncall bpf_loop`, `${CB}${use(40)}r0 = 0\nexit\n`],
  'loop with flags': [`${LOOP}r4 = 1\ncall bpf_loop`, `${CB}r0 = 0\nexit\n`],
  'loop of 512 bytes': [`${use(256)}${LOOP}r4 = 0\ncall bpf_loop`, `${CB}${use(264)}r0 = 0\nexit\n`],
  may_goto: [`${use(16)}l:\nmay_goto out\ngoto l`],
};

const RESERVE = 'r1 = ring ll\nr2 = 8\nr3 = 0\ncall bpf_ringbuf_reserve\nif r0 == 0 goto out\nr7 = r0\n';
const SUBMIT = 'r1 = r7\nr2 = 0\ncall bpf_ringbuf_submit\n';
const LOAD = 'r6 = r1\nr0 = *(u8 *)skb[3]\nexit\n';
const f = (body: string): string => `.func f(struct __sk_buff *ctx) -> int static\n${body}`;
const PACKET =
  'r6 = r1\nr7 = *(u32 *)(r1 + 76)\nr8 = *(u32 *)(r1 + 80)\nr2 = r7\nr2 += 8\nif r2 > r8 goto out\nr1 = r6\n';
const INDEX = '*(u64 *)(r10 - 8) = 0\n*(u64 *)(r10 - 16) = 0\n';
const SUBPROGRAMS: Readonly<Record<string, Source>> = {
  'packet load ends the subprogram': [
    'call f\nif r0 == 5 goto bad\ngoto out\nbad:\nr0 = *(u8 *)(r10 - 300)',
    f('r6 = r1\nr0 = *(u8 *)skb[3]\nr0 = 4\nexit\n'),
  ],
  'precision across the packet load': [
    `${INDEX}r7 = *(u32 *)(r1 + 0)\nr7 &= 7\ncall f\nr2 = r10\nr2 += -16\nr2 += r7\nr0 = *(u8 *)(r2 + 0)`,
    f(LOAD),
  ],
  'precision of its result': [
    `${INDEX}call f\nif r0 > 7 goto out\nr2 = r10\nr2 += -16\nr2 += r0\nr0 = *(u8 *)(r2 + 0)`,
    f(LOAD),
  ],
  'reference held over a packet load': [`r6 = r1\n${RESERVE}r1 = r6\ncall f\n${SUBMIT}`, f(LOAD)],
  'reference held over a tail call': [`r6 = r1\n${RESERVE}r1 = r6\ncall f\n${SUBMIT}`, leaf(TAIL)],
  'packet pointer over a tail call': [`${PACKET}call f\nr0 = *(u8 *)(r7 + 0)`, leaf(TAIL)],
  'packet load in a callback': [
    `*(u64 *)(r10 - 8) = r1\n${LOOP.replace('r3 = 0', 'r3 = r10\nr3 += -8')}r4 = 0\ncall bpf_loop`,
    `${CB}r6 = *(u64 *)(r2 + 0)\nr0 = *(u8 *)skb[3]\nr0 = 0\nexit\n`,
  ],
};

/** All requests, by name; the log's closing lines tell the depths. */
export function stackRequests(): Requests {
  const all: Requests = new Map();
  for (const [a, b] of [
    [256, 256],
    [257, 248],
    [256, 264],
    [496, 16],
    [497, 8],
    [512, 8],
  ] as const) {
    all.set(`${a} and ${b} bytes`, program('d', 'tc', `${use(a)}call f`, leaf(use(b))));
  }
  for (const [name, [body, subs]] of Object.entries({ ...FASTCALL, ...DEPTH, ...SUBPROGRAMS })) {
    all.set(name, program('d', 'tc', body, subs));
  }
  for (const section of ['xdp', 'cgroup_skb/egress', 'kprobe'])
    all.set(`spilled in ${section}`, program('d', section, SPILLED));
  for (const [name, request] of all) all.set(name, { ...request, log_level: 6 });
  return all;
}
