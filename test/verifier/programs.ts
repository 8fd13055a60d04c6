/** Small programs whose logs are recorded from the kernel; `scripts/record-verifier.ts` reads them too. */
import { assemble } from '../../src/asm/assemble.ts';
import { toRequest } from '../../src/asm/request.ts';
import type { LoadRequest } from '../../src/spec/request.ts';

const MAPS = `
.map counts, type=hash, key=4, value=16, max_entries=8
.map ring, type=ringbuf, max_entries=4096
.map jumps, type=prog_array, key=4, value=4, max_entries=4
.map cells, type=array, key=4, value=8, max_entries=4
`;

const LOOKUP = `*(u32 *)(r10 - 4) = 1
r2 = r10
r2 += -4
r1 = counts ll
call bpf_map_lookup_elem`;

const TUPLE = `*(u64 *)(r10 - 8) = 0
*(u32 *)(r10 - 12) = 0
r2 = r10
r2 += -12
r3 = 12
r4 = 0
r5 = 0
call bpf_sk_lookup_tcp`;

const SOURCES: Readonly<Record<string, readonly [section: string, body: string]>> = {
  pass: ['xdp', 'r0 = 2\nexit'],
  'no R0': ['xdp', 'exit'],
  'packet bounds': [
    'tc',
    'r2 = *(u32 *)(r1 + 76)\nr3 = *(u32 *)(r1 + 80)\nr4 = r2\nr4 += 14\nif r4 > r3 goto out\nr0 = *(u8 *)(r2 + 13)\nexit\nout:\nr0 = 0\nexit',
  ],
  'packet one byte too far': [
    'tc',
    'r2 = *(u32 *)(r1 + 76)\nr3 = *(u32 *)(r1 + 80)\nr4 = r2\nr4 += 14\nif r4 > r3 goto out\nr0 = *(u8 *)(r2 + 14)\nexit\nout:\nr0 = 0\nexit',
  ],
  'packet variable offset': [
    'xdp',
    'r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\nr4 = r2\nr4 += 1\nif r4 > r3 goto out\nr5 = *(u8 *)(r2 + 0)\nr5 &= 15\nr5 <<= 2\nr2 += r5\nr4 = r2\nr4 += 4\nif r4 > r3 goto out\nr0 = *(u32 *)(r2 + 0)\nout:\nr0 = 1\nexit',
  ],
  'null check missing': ['tc', `${LOOKUP}\nr0 = *(u64 *)(r0 + 0)\nexit`],
  'null check': ['tc', `${LOOKUP}\nif r0 == 0 goto out\nr1 = *(u64 *)(r0 + 8)\nr0 = 1\nexit\nout:\nexit`],
  'value too far': ['tc', `${LOOKUP}\nif r0 == 0 goto out\nr1 = *(u64 *)(r0 + 12)\nout:\nr0 = 0\nexit`],
  'value variable offset': [
    'tc',
    `r6 = *(u32 *)(r1 + 0)\n${LOOKUP}\nif r0 == 0 goto out\nif r6 > 8 goto out\nr0 += r6\nr1 = *(u64 *)(r0 + 0)\nout:\nr0 = 0\nexit`,
  ],
  'value negative offset': [
    'tc',
    `r6 = *(u32 *)(r1 + 0)\n${LOOKUP}\nif r0 == 0 goto out\nif r6 s> 8 goto out\nr0 += r6\nr1 = *(u64 *)(r0 + 0)\nout:\nr0 = 0\nexit`,
  ],
  'spill and fill': [
    'tc',
    'r6 = *(u32 *)(r1 + 0)\n*(u64 *)(r10 - 8) = r6\n*(u32 *)(r10 - 16) = r6\nr7 = *(u64 *)(r10 - 8)\nr8 = *(u32 *)(r10 - 16)\nif r7 > 10 goto out\nr0 = r6\nexit\nout:\nr0 = 0\nexit',
  ],
  'bounded loop': [
    'tc',
    'r6 = 0\nr7 = *(u32 *)(r1 + 0)\nloop:\nr6 += 1\nr7 += r6\nif r6 < 20 goto loop\nr0 = r7\nexit',
  ],
  'infinite loop': ['tc', 'r6 = 0\nloop:\nr6 += 0\nif r6 < 20 goto loop\nr0 = 0\nexit'],
  jset: ['tc', 'r6 = *(u32 *)(r1 + 0)\nif r6 & 4 goto set\nr0 = r6\nr0 &= 4\nexit\nset:\nr0 = r6\nexit'],
  'comparison in 32 bits': [
    'tc',
    'r6 = *(u32 *)(r1 + 0)\nr6 <<= 3\nif w6 s> 100 goto out\nif w6 s< -5 goto out\nr0 = r6\nexit\nout:\nr0 = 0\nexit',
  ],
  'sign extension': [
    'tc',
    'r6 = *(u32 *)(r1 + 0)\nr6 &= 0x1ff\nr7 = (s8)r6\nw8 = (s16)w6\nr9 = (s32)r6\nr0 = r7\nr0 += r8\nr0 -= r9\nexit',
  ],
  'reference leak': ['tc', `${TUPLE}\nr0 = 0\nexit`],
  'reference released': ['tc', `${TUPLE}\nif r0 == 0 goto out\nr1 = r0\ncall bpf_sk_release\nout:\nr0 = 0\nexit`],
  'reference released twice': [
    'tc',
    `${TUPLE}\nif r0 == 0 goto out\nr6 = r0\nr1 = r0\ncall bpf_sk_release\nr1 = r6\ncall bpf_sk_release\nout:\nr0 = 0\nexit`,
  ],
  'ring buffer': [
    'tc',
    'r1 = ring ll\nr2 = 16\nr3 = 0\ncall bpf_ringbuf_reserve\nif r0 == 0 goto out\n*(u64 *)(r0 + 8) = 1\nr1 = r0\nr2 = 0\ncall bpf_ringbuf_submit\nout:\nr0 = 0\nexit',
  ],
  'ring buffer too far': [
    'tc',
    'r1 = ring ll\nr2 = 16\nr3 = 0\ncall bpf_ringbuf_reserve\nif r0 == 0 goto out\n*(u64 *)(r0 + 16) = 1\nr1 = r0\nr2 = 0\ncall bpf_ringbuf_submit\nout:\nr0 = 0\nexit',
  ],
  'tail call': ['tc', 'r2 = jumps ll\nr3 = 2\ncall bpf_tail_call\nr0 = 0\nexit'],
  'size argument unbounded': [
    'tc',
    'r6 = r1\nr4 = *(u32 *)(r1 + 0)\nr2 = 0\nr3 = r10\nr3 += -64\ncall bpf_skb_load_bytes\nr0 = 0\nexit',
  ],
  'size argument bounded': [
    'tc',
    'r4 = *(u32 *)(r1 + 0)\nr4 &= 31\nr4 += 1\nr2 = 0\nr3 = r10\nr3 += -64\ncall bpf_skb_load_bytes\nr0 = *(u64 *)(r10 - 64)\nexit',
  ],
  'packet pointer lost': [
    'tc',
    'r6 = r1\nr7 = *(u32 *)(r1 + 76)\nr8 = *(u32 *)(r1 + 80)\nr2 = 14\ncall bpf_skb_pull_data\nr3 = r7\nr3 += 14\nr0 = 0\nexit',
  ],
  subprogram: ['tc', 'r1 = *(u32 *)(r1 + 0)\ncall double\nr0 &= 0xff\nexit\ndouble:\nr0 = r1\nr0 += r1\nexit'],
  'linked with a constant': [
    'tc',
    'r6 = *(u32 *)(r1 + 0)\nr7 = r6\nr7 += 4\nif r6 > 8 goto out\nr0 = r7\nexit\nout:\nr0 = r7\nexit',
  ],
  'stack too far': ['tc', '*(u64 *)(r10 - 520) = 1\nr0 = 0\nexit'],
  'fetch and add': [
    'tc',
    '*(u64 *)(r10 - 8) = 3\nr6 = 1\nr6 = atomic_fetch_add((u64 *)(r10 - 8), r6)\nr0 = *(u64 *)(r10 - 8)\nexit',
  ],
  'context write refused': ['tc', '*(u32 *)(r1 + 0) = 1\nr0 = 0\nexit'],
  'return range': ['cgroup/skb', 'r0 = *(u32 *)(r1 + 0)\nexit'],
  'helper of another program': ['xdp', 'r2 = 0\ncall bpf_skb_pull_data\nr0 = 0\nexit'],
  'sock common': [
    'tc',
    'r1 = *(u64 *)(r1 + 168)\nif r1 == 0 goto out\ncall bpf_sk_fullsock\nif r0 == 0 goto out\nr0 = *(u32 *)(r0 + 16)\nexit\nout:\nr0 = 0\nexit',
  ],
  'pruned branches': [
    'tc',
    'r6 = *(u32 *)(r1 + 0)\nr7 = *(u32 *)(r1 + 4)\nr0 = 0\nif r6 > 1 goto a\nr8 = 1\ngoto b\na:\nr8 = 2\nb:\nif r7 > 1 goto c\nr9 = 1\ngoto d\nc:\nr9 = 2\nd:\nif r8 > 1 goto e\nr0 += 1\ne:\nexit',
  ],
};

/** One load request for each program, by name. */
/** The programs by name; with their BTF, functions and lines only when asked for. */
export function requests(withBtf = false): Map<string, LoadRequest> {
  const out = new Map<string, LoadRequest>();
  for (const [name, [section, body]] of Object.entries(SOURCES)) {
    const text = `.section license\n.asciz "GPL"\n${MAPS}.section ${section}\nmain:\n${body}\n`;
    const { object, problems } = assemble(text, { file: name });
    const request = object && toRequest(object, { name });
    if (!request?.ok) throw new Error(`${name}: ${JSON.stringify(problems)}`);
    const { btf: _b, func_info: _f, line_info: _l, ...plain } = request.value;
    out.set(name, { ...(withBtf ? request.value : plain), name });
  }
  return out;
}
