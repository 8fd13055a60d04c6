/** Hops as lines: what the timeline prints and expectations hold. */
import { diffLine } from '../../net/diff.ts';
import { packetLine } from '../../net/print.ts';
import { DROP_REASONS } from './dropReasons.ts';
import type { Hop } from './hop.ts';

/** `host/eth0`; of the host's own devices the name alone. */
export function placeName(ns: string, dev: string | undefined): string {
  if (dev === undefined) return ns;
  return ns === 'host' ? dev : `${ns}/${dev}`;
}

/** A hop in one line. */
export function hopLine(hop: Hop): string {
  const at = placeName(hop.ns, hop.dev);
  switch (hop.kind) {
    case 'in':
      return `${at} in: ${packetLine(hop.bytes)}`;
    case 'sent':
      return `${hop.ns} ${hop.socket} sends: ${packetLine(hop.bytes, { start: 'ip' })}`;
    case 'cable':
      return `${at} -> ${hop.to}`;
    case 'program': {
      const changes = hop.changes.length === 0 ? '' : `; ${hop.changes.map(diffLine).join(', ')}`;
      const where = hop.dev === undefined ? hop.ns : at;
      return `${where} ${hop.hook} ${hop.prog}: ${hop.verdict}${changes}`;
    }
    case 'route': {
      if (hop.local) return `${hop.ns} route: ${hop.dst} is local`;
      const via = hop.via === undefined ? '' : ` via ${hop.via}`;
      return `${hop.ns} route: ${hop.dst}${via} dev ${hop.dev}`;
    }
    case 'neighbour':
      return `${at} neighbour: ${hop.address} is at ${hop.mac}`;
    case 'redirect':
      return `${hop.ns} redirect ${hop.how} -> ${hop.to}`;
    case 'tunnel':
      return `${at} ${hop.what}: ${packetLine(hop.bytes, { start: 'ip' })}`;
    case 'delivered':
      return `${hop.ns} ${hop.socket} gets ${hop.what}`;
    case 'out':
      return `${at} out: ${packetLine(hop.bytes)}`;
    case 'dropped': {
      const why = hop.why ?? DROP_REASONS[hop.reason];
      return `${at} dropped ${hop.reason}: ${why}`;
    }
    case 'state':
      return `${hop.ns} ${hop.socket}: ${hop.from} -> ${hop.to}`;
  }
}
