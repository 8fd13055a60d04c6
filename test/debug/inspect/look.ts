/** Sessions that stand where a test wants to look. */
import { readFileSync } from 'node:fs';
import type { SessionInput } from '../../../src/debug/session/input.ts';
import type { Session } from '../../../src/debug/session/session.ts';
import type { View } from '../../../src/debug/view.ts';
import { readCapture } from '../../../src/net/capture.ts';
import { fromHex } from '../../../src/util/hex.ts';
import { fileSession, need, sessionOf } from '../session/make.ts';

export const LICENSE = `
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
