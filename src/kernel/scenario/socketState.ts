/** The sockets of a scenario by their names. */
import { dnsText, parseDns } from '../../net/dns.ts';
import { skMember } from '../../net/inetSock.ts';
import type { Kernel } from '../kernel.ts';
import { type App, appNamed } from '../node/apps.ts';
import { stateName } from '../node/socketWork.ts';

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return Array.from(bytes, (b) => String.fromCharCode(b)).join('');
  }
}

/** A datagram that is a DNS message in words; data of other kinds is one text, wherever it was cut into pieces. */
function wordsOf({ proto, received }: App): string {
  const messages = proto === 'udp' ? received.map(parseDns) : [];
  const all = messages.length > 0 && messages.every((m) => m !== undefined);
  return all ? messages.map(dnsText).join(', ') : textOf(Uint8Array.from(received.flatMap((p) => [...p])));
}

/**
 * What applications have got since the step began, by name: DNS messages in words, text in UTF-8, bytes that are no text in
 * Latin-1.
 */
export function receivedText(kernel: Kernel): Readonly<Record<string, string>> {
  const { apps } = kernel.world.node;
  return Object.fromEntries(apps.flatMap((a) => (a.received.length > 0 ? [[a.name, wordsOf(a)]] : [])));
}

/** `ESTABLISHED`, `LISTEN` …; `gone` for a socket that is no more or never was. */
export function socketState(kernel: Kernel, name: string): string {
  const sk = appNamed(kernel, name)?.sk ?? 0;
  return sk === 0 ? 'gone' : stateName(skMember(kernel.arena, sk, 'sock_common', 'skc_state'));
}
