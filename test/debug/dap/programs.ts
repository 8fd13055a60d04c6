/** Programs that the adapter's tests debug. */

/** Calls, a map, the stack, the packet, a print; lines are numbered by the tests. */
export const TOUR = `# 1
.map counts, type=hash, key=u32, value=u64, max_entries=64

.section license
.asciz "GPL"

.section .text
.func twice(u32 n) -> int static
    r0 = r1
    r0 += r1
    exit

.section "xdp"
main:
    r6 = *(u32 *)(r1 + xdp_md.data)
    r7 = *(u32 *)(r1 + xdp_md.data_end)
    r2 = r6
    r2 += 14
    if r2 > r7 goto out
    r1 = 21
    call twice
    r8 = r0
    *(u32 *)(r10 - 4) = r8
    *(u64 *)(r10 - 16) = r8
    r1 = counts ll
    r2 = r10
    r2 += -4
    r3 = r10
    r3 += -16
    r4 = 0
    call bpf_map_update_elem
    r1 = *(u8 *)(r6 + 0)
    r1 += 1
    *(u8 *)(r6 + 0) = r1
    r1 = 0x0a6968
    *(u64 *)(r10 - 24) = r1
    r1 = r10
    r1 += -24
    r2 = 4
    call bpf_trace_printk
out:
    r0 = XDP_PASS
    exit
`;

/** The line (from 1) that holds a text. */
export function lineOf(program: string, text: string): number {
  const line = program.split('\n').findIndex((l) => l.includes(text)) + 1;
  if (line === 0) throw new Error(`no line with ${text}`);
  return line;
}

/** Reads beyond the packet: rejected by the verifier, and a fault when it runs. */
export const FAULTY = `.section "xdp"
faulty:
    r2 = *(u32 *)(r1 + xdp_md.data)
    r0 = *(u8 *)(r2 + 100)
    r0 = XDP_DROP
    exit
`;

/** Runs for as long as it is let. */
export const LONG = `.section "xdp"
long:
    r1 = 60000000
again:
    r1 += -1
    if r1 != 0 goto again
    r0 = XDP_PASS
    exit
`;

/** No text: raw insns, \`r0 = 1; r0 += 1; exit\`. */
export const RAW = 'b7 00 00 00 01 00 00 00 07 00 00 00 01 00 00 00 95 00 00 00 00 00 00 00';

/** An Ethernet frame with an IPv4 header and nothing in it. */
export const PACKET = '02000000000102000000000208004500001400000000401100000a0000010a000002';
