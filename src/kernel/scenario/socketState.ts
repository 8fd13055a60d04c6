/** The sockets of a scenario by their names. */
import { skMember } from '../../net/inetSock.ts';
import type { Kernel } from '../kernel.ts';
import { appNamed } from '../node/apps.ts';
import { stateName } from '../node/socketWork.ts';

/** What applications have got since the step began, by name; bytes that are no text as they are in Latin-1. */
export function receivedText(kernel: Kernel): Readonly<Record<string, string>> {
  const text = (pieces: readonly Uint8Array[]): string => {
    const bytes = Uint8Array.from(pieces.flatMap((p) => [...p]));
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return Array.from(bytes, (b) => String.fromCharCode(b)).join('');
    }
  };
  const { apps } = kernel.world.node;
  return Object.fromEntries(apps.flatMap((a) => (a.received.length > 0 ? [[a.name, text(a.received)]] : [])));
}

/** `ESTABLISHED`, `LISTEN` …; `gone` for a socket that is no more or never was. */
export function socketState(kernel: Kernel, name: string): string {
  const sk = appNamed(kernel, name)?.sk ?? 0;
  return sk === 0 ? 'gone' : stateName(skMember(kernel.arena, sk, 'sock_common', 'skc_state'));
}
