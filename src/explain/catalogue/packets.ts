/** Packet bytes and the end of the packet. */
import type { LogValue } from '../log/value.ts';
import { freeRegister, registerOf, unless } from './edits.ts';
import { bestRange, bytes, rangeText } from './ranges.ts';
import type { Edit, ErrorRow, Finding, Proof } from './row.ts';

function packetProof(f: Finding): Proof | undefined {
  const { off, size, range } = f.args;
  if (off === undefined || size === undefined) return undefined;
  const end = Number(off) + Number(size);
  const known = Number(range ?? 0);
  return {
    needs: `${bytes(end)} of packet behind the base of the pointer (${bytes(Number(size))} at offset ${off})`,
    proven:
      known === 0
        ? 'nothing: no comparison with data_end covers this pointer'
        : `${bytes(known)}: so far the comparison with data_end reaches`,
  };
}

/** The variable part of a packet pointer may be larger than any packet. */
function isFar(v: LogValue | undefined): boolean {
  return v !== undefined && /(?:max|var_off)/.test(v.text) && bestRange(v).max > 0xffffn;
}

/** Compares the end of the access with data_end. */
function checkPacket(f: Finding): Edit | undefined {
  const does = f.at?.does;
  if (!f.at || (does?.kind !== 'load' && does?.kind !== 'store' && does?.kind !== 'atomic')) return undefined;
  const end = registerOf(f, 'pkt_end');
  const free = freeRegister(f);
  if (end === undefined || free === undefined) return undefined;
  const check = unless(f, f.at.slot, `r${free} <= r${end}`, 'in_packet');
  return { ...check, lines: [`r${free} = r${does.base}`, `r${free} += ${does.off + does.size}`, ...check.lines] };
}

export const packetRows: readonly ErrorRow[] = [
  {
    id: 'BPF-E022',
    name: 'packet offset too large to follow',
    messages: [
      'invalid access to packet, off={off} size={size}, R{r}(id={id},off={off2},r={range})',
      'R{r} offset is outside of the packet',
    ],
    when: (f) => f.args.range === undefined || isFar(f.reg(Number(f.args.r))),
    category: 'Memory Safety',
    class: 'verifier limit',
    headline: 'The variable offset in R{r} may be so large that checks against data_end prove nothing.',
    why: 'Packets have at most 65,535 bytes. Where the variable part of a packet pointer may exceed that, a comparison with data_end gives it no range.',
    proof: (f) => {
      const v = f.reg(Number(f.args.r));
      if (!v) return undefined;
      const { min, max } = bestRange(v);
      return { needs: 'the variable part of the offset is at most 65535', proven: `it is ${rangeText(min, max)}` };
    },
    suggestion: 'Bound the number before it is added to the packet pointer (`r4 &= 0xffff` or a comparison).',
    example: `.section "xdp"
main:
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r5 = *(u32 *)(r1 + 12)
    r5 &= 0x1ffff
    r2 += r5
    r4 = r2
    r4 += 1
    if r4 > r3 goto out
    r0 = *(u8 *)(r2 + 0)
out:
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E020',
    name: 'packet access without a bounds check',
    messages: ['invalid access to packet, off={off} size={size}, R{r}(id={id},off={off2},r={range})'],
    when: (f) => Number(f.args.range) === 0,
    category: 'Memory Safety',
    class: 'bug',
    headline: 'Packet bytes are accessed before it is checked that the packet has them.',
    why: 'A packet may be shorter than the headers that are expected in it. Bytes count as there once a branch has compared a packet pointer with data_end. Checks are lost when a variable is added to the pointer, and when a helper changes the packet.',
    proof: packetProof,
    suggestion: 'Compare pointer + length with data_end, and leave when it is greater, before the access.',
    fix: checkPacket,
    example: `.section "xdp"
main:
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r0 = *(u8 *)(r2 + 14)
    r0 = 2
    exit`,
  },
  {
    id: 'BPF-E021',
    name: 'packet access beyond the bounds check',
    messages: [
      'invalid access to packet, off={off} size={size}, R{r}(id={id},off={off2},r={range})',
      'invalid access to packet, off={off} size={size}',
    ],
    category: 'Memory Safety',
    class: 'bug',
    headline: (f) =>
      f.args.range === undefined
        ? 'Packet bytes are accessed that no bounds check covers.'
        : `The bounds check covers ${bytes(Number(f.args.range))}, the access needs ${bytes(Number(f.args.off) + Number(f.args.size))}.`,
    why: 'The comparison with data_end on this path proves fewer bytes than the insn touches.',
    proof: packetProof,
    suggestion: 'Check the length up to the last byte that is used, for this pointer, on this path.',
    fix: checkPacket,
    example: `.section "xdp"
main:
    r2 = *(u32 *)(r1 + 0)
    r3 = *(u32 *)(r1 + 4)
    r4 = r2
    r4 += 14
    if r4 > r3 goto out
    r0 = *(u16 *)(r2 + 14)
out:
    r0 = 2
    exit`,
  },
];
