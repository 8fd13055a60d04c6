/** Datapath notifications in the manner of `cilium monitor`: the records of a map called cilium_events. */
import { formatIpv4 } from '../../net/addr.ts';

/** First byte of a record. */
const CILIUM_NOTIFY_DROP = 1;
const CILIUM_NOTIFY_TRACE = 4;

const DROP_SIZE = 36;
const TRACE_SIZE = 48;

const DROP_REASONS: Readonly<Record<number, string>> = {
  133: 'Policy denied',
  134: 'Invalid packet',
  135: 'CT: Truncated or invalid header',
  137: 'CT: Unknown L4 protocol',
  140: 'Missed tail call',
  141: 'Error writing to packet',
  153: 'Error while correcting L3 checksum',
  154: 'Error while correcting L4 checksum',
  155: 'CT: Map insertion failed',
  157: 'IP fragmentation not supported',
  158: 'Service backend not found',
  163: 'Unknown connection tracking state',
};

const OBSERVATION_POINTS = [
  '-> endpoint',
  '-> proxy',
  '-> host',
  '-> stack',
  '-> overlay',
  '<- endpoint',
  '<- proxy',
  '<- host',
  '<- stack',
  '<- overlay',
  '<- network',
  '-> network',
] as const;

const CT_STATES = ['new', 'established', 'reply', 'related'] as const;

/** Identities that Cilium reserves. */
const IDENTITIES: Readonly<Record<number, string>> = { 0: 'unknown', 1: 'host', 2: 'world' };

const identity = (label: number): string => IDENTITIES[label] ?? `${label}`;

/**
 * One record as a line: `-> endpoint 7: state new, identity world -> 200, 74 of 74 bytes`. Undefined for anything that
 * is no drop or trace notification.
 */
export function monitorLine(record: Uint8Array): string | undefined {
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  const [type, subtype] = record;
  if (type === undefined || subtype === undefined) return undefined;
  const u16 = (at: number) => view.getUint16(at, true);
  const u32 = (at: number) => view.getUint32(at, true);
  const identities = (at: number) => `identity ${identity(u32(at))} -> ${identity(u32(at + 4))}`;
  const bytes = () => `${u16(12)} of ${u32(8)} bytes`;
  if (type === CILIUM_NOTIFY_DROP && record.length >= DROP_SIZE) {
    const reason = DROP_REASONS[subtype] ?? `reason ${subtype}`;
    return `drop (${reason}): ${identities(16)}, ${bytes()}`;
  }
  if (type !== CILIUM_NOTIFY_TRACE || record.length < TRACE_SIZE) return undefined;
  const point = OBSERVATION_POINTS[subtype] ?? `observation point ${subtype}`;
  const to = u16(24) === 0 ? '' : ` ${u16(24)}`;
  const state = CT_STATES[record[26]!] ?? `${record[26]}`;
  const ifindex = u32(28) === 0 ? '' : `, ifindex ${u32(28)}`;
  const origin = u32(32) === 0 ? '' : `, orig-ip ${formatIpv4(record, 32)}`;
  return `${point}${to}: state ${state}, ${identities(16)}${ifindex}${origin}, ${bytes()}`;
}
