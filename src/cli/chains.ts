/** Which programs a packet passes: `--prog` for all, `--on` by the interface that it was captured on. */
import type { ProgRecord } from '../kernel/world.ts';
import type { CaptureInterface } from '../net/captureModel.ts';
import { unusable } from './failure.ts';
import type { InputPacket, InputPackets } from './packets.ts';
import { pickProgram } from './pick.ts';

/** Loaded programs with the names that their file gives them. */
export interface Programs {
  readonly list: readonly ProgRecord[];
  readonly names: readonly string[];
}

/** `a,b` as programs. */
export function chainOf(progs: Programs, names: string): ProgRecord[] {
  return names.split(',').map((name) => progs.list[pickProgram(progs.names, name.trim())]!);
}

/** Packets with the programs of the interface that they were captured on. */
export function route(found: InputPackets, progs: Programs, on: readonly string[] | undefined): InputPacket[] {
  if (!on) return [...found.packets];
  const chains = new Map<number, ProgRecord[]>();
  for (const text of on) {
    const match = /^([^=]+)=(.+)$/.exec(text);
    if (!match) unusable('bad-on', {}, { found: text });
    const index = interfaceIndex(found.interfaces, match[1]!);
    if (index < 0) {
      const names = found.interfaces.map((i, n) => i.name ?? `${n}`).join(', ') || 'none';
      unusable('no-interface', {}, { found: text, names });
    }
    chains.set(index, chainOf(progs, match[2]!));
  }
  const packets = found.packets.map((p) => {
    const chain = p.captured && chains.get(p.captured.interface);
    return chain ? { ...p, progs: chain } : p;
  });
  return packets;
}

/** By name or, for interfaces without one, by number. */
function interfaceIndex(interfaces: readonly CaptureInterface[], name: string): number {
  const index = interfaces.findIndex((i) => i.name === name);
  return index < 0 && /^\d+$/.test(name) && Number(name) < interfaces.length ? Number(name) : index;
}
