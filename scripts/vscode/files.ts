import { buildPacket } from '../../src/net/build.ts';
import { toHex } from '../../src/util/hex.ts';
import { GRAMMAR } from './grammar.ts';
import { hoverWords } from './hoverWords.ts';

const SIZE = 64;

/** A TCP SYN of 64 bytes from its Ethernet header on, in hex: what a program is debugged on where nothing else is said. */
function defaultPacket(): string {
  const built = buildPacket([
    { layer: 'eth' },
    { layer: 'ipv4', src: '10.0.0.1', dst: '10.0.0.2' },
    { layer: 'tcp', sport: 40000, dport: 80, flags: 'S' },
  ]);
  if (!built.ok) throw new Error(built.problems.map((p) => p.code).join());
  const frame = new Uint8Array(SIZE);
  frame.set(built.value);
  return toHex(frame);
}

/** Generated files of the extension: path from editors/vscode, and text. */
export function vscodeFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['syntaxes/bpf.tmLanguage.json', `${JSON.stringify(GRAMMAR, null, 1)}\n`],
    ['data/packet.json', `${JSON.stringify(defaultPacket())}\n`],
    ['data/words.json', `${JSON.stringify(hoverWords(), null, 1)}\n`],
  ]);
}
