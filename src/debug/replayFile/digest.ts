/** A fingerprint of a moment: what runs, its registers, the packet. Equal moments have equal ones, on any machine. */
import { packetOf } from '../inspect/packet.ts';
import type { View } from '../view.ts';

const OFFSET = 0xcbf2_9ce4_8422_2325n;
const PRIME = 0x100_0000_01b3n;
const MASK = (1n << 64n) - 1n;

/** FNV-1a of 64 bits. */
export class Fnv1a {
  #hash = OFFSET;

  bytes(bytes: Uint8Array): this {
    let hash = this.#hash;
    for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * PRIME) & MASK;
    this.#hash = hash;
    return this;
  }

  /** Its 64 bits, low byte first. */
  word(value: bigint | number): this {
    const word = BigInt.asUintN(64, BigInt(value));
    return this.bytes(Uint8Array.from({ length: 8 }, (_, i) => Number((word >> BigInt(8 * i)) & 0xffn)));
  }

  /** 16 hexadecimal digits. */
  get text(): string {
    return this.#hash.toString(16).padStart(16, '0');
  }
}

const REGISTERS = 11;

/** The fingerprint of a moment. */
export function digestOf(view: View): string {
  const { machine, kernel } = view;
  const { sec, nsec } = kernel.world.clock;
  const hash = new Fnv1a().word(sec).word(nsec);
  for (const { depth, prog, slot } of machine?.stack ?? []) {
    hash.word(depth).word(prog.id).word(slot);
    for (let reg = 0; reg < REGISTERS; reg++) hash.word(machine!.register(reg, depth));
  }
  const packet = packetOf(view);
  return hash.word(packet?.bytes.length ?? -1).bytes(packet?.bytes ?? new Uint8Array()).text;
}
