/** Sessions that stand where a test wants to look. */
import { readFileSync } from 'node:fs';
import type { SessionInput } from '../../../src/debug/session/input.ts';
import type { Session } from '../../../src/debug/session/session.ts';
import type { View } from '../../../src/debug/view.ts';
import { readCapture } from '../../../src/net/capture.ts';
import { fromHex } from '../../../src/util/hex.ts';
import { fileSession, need, sessionOf } from '../session/make.ts';

const LICENSE = `
.section license
.asciz "GPL"
`;

/** A TCP segment from 10.0.0.1:40000 to 10.0.0.2:80, 54 bytes. */
export const SEGMENT = fromHex(
  [
    '020000000002020000000001',
    '0800',
    '4500002800010000400666cd0a0000010a000002',
    '9c400050000000010000000050',
    '02fff000000000',
  ].join(''),
)!;

/** A session over a text, standing before the insn that a label names. */
export function standing(text: string, label = 'here', more: Partial<SessionInput> = {}): Session {
  const s = sessionOf(LICENSE + text, { packets: [{ bytes: SEGMENT }], ...more });
  goTo(s, label);
  return s;
}

/** Goes on to a label. */
export function goTo(s: Session, label: string): View {
  s.go({ kind: 'until', place: need(s.place(label)) });
  const frame = s.frames()[0];
  if (!frame) throw new Error(`${label} was not met`);
  return s.view();
}

/** The datapath of programs/lb with the demo's maps and packets. */
export function node(prog: string): Session {
  const { capture } = readCapture(readFileSync('programs/demo/node.pcapng'));
  const packets = capture!.packets.map(({ bytes, timeNs }) => ({ bytes, timeNs }));
  const content: unknown = JSON.parse(readFileSync('programs/demo/maps.json', 'utf8'));
  return fileSession('programs/lb/node.bpf', {
    packets,
    progs: [prog],
    maps: [{ file: 'maps.json', content, map: 'maps' }],
  });
}

/** Every type of map whose elements can be looked at, with something in it. */
export const MANY = `
  .struct val { u64 hits; be32 from }
  .map arr, type=array, key=u32, value=struct val, max_entries=3
  .map parr, type=percpu_array, key=u32, value=u64, max_entries=2
  .map h, type=hash, key=u32, value=u64, max_entries=4
  .map ph, type=percpu_hash, key=u32, value=u64, max_entries=4
  .map lru, type=lru_hash, key=u32, value=u64, max_entries=4
  .struct prefix { u32 prefixlen; be32 addr }
  .map t, type=lpm_trie, key=struct prefix, value=u32, max_entries=8, map_flags=BPF_F_NO_PREALLOC
  .map q, type=queue, value=u32, max_entries=4
  .map st, type=stack, value=u32, max_entries=4
  .map rb, type=ringbuf, max_entries=4096
  .map store, type=sk_storage, key=u32, value=u64
  .map calls, type=prog_array, key=u32, value=u32, max_entries=4, values=[2: main]
  .map inner, type=array, key=u32, value=u32, max_entries=1
  .map outer, type=array_of_maps, key=u32, inner=inner, max_entries=2, values=[1: inner]
  .map bloom, type=bloom_filter, value=u32, max_entries=4
  .section "tc"
  .func main(struct __sk_buff *ctx) -> int
    r6 = r1
    *(u32 *)(r10 - 4) = 1
    *(u64 *)(r10 - 16) = 5
    *(u32 *)(r10 - 24) = htonl(0x0a000001)
    *(u64 *)(r10 - 32) = 5
    r7 = 0
  again:
    r1 = h ll
    call update
    r1 = ph ll
    call update
    r1 = lru ll
    call update
    r1 = parr ll
    call update
    r1 = q ll
    call push
    r1 = st ll
    call push
    *(u32 *)(r10 - 4) = 0
    *(u64 *)(r10 - 16) = 6
    r7 += 1
    if r7 != 2 goto again
    *(u32 *)(r10 - 40) = 8
    *(u32 *)(r10 - 36) = htonl(0x0a000000)
    r8 = 0
  prefixes:
    r1 = t ll
    r2 = r10
    r2 += -40
    r3 = r10
    r3 += -16
    r4 = 0
    call bpf_map_update_elem
    *(u32 *)(r10 - 40) = 32
    *(u32 *)(r10 - 36) = htonl(0x0a000001)
    r8 += 1
    if r8 != 2 goto prefixes
    r1 = arr ll
    *(u32 *)(r10 - 4) = 1
    r2 = r10
    r2 += -4
    r3 = r10
    r3 += -32
    r4 = 0
    call bpf_map_update_elem
    r1 = rb ll
    r2 = r10
    r2 += -16
    r3 = 8
    r4 = 0
    call bpf_ringbuf_output
    r1 = rb ll
    r2 = 4
    r3 = 0
    call bpf_ringbuf_reserve
    r9 = r0
    r2 = *(u64 *)(r6 + __sk_buff.sk)
    r1 = store ll
    r3 = 0
    r4 = BPF_SK_STORAGE_GET_F_CREATE
    call bpf_sk_storage_get
    *(u64 *)(r0 + 0) = 77
  here:
    r1 = r9
    r2 = 0
    call bpf_ringbuf_discard
    r0 = 0
    exit
  .func update(void *map) -> int static
    r2 = r10
    r2 += 508
    r3 = r10
    r3 += 496
    r4 = 0
    call bpf_map_update_elem
    exit
  .func push(void *map) -> int static
    r2 = r10
    r2 += 496
    r3 = 0
    call bpf_map_push_elem
    exit
`;
