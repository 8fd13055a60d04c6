/** DNS messages for payloads: one question, perhaps answered. RFC 1035 section 4, RFC 3596 for AAAA. */
import { toHex } from '../util/hex.ts';
import { formatIpv4, formatIpv6 } from './addr.ts';

/** Record types by name, those that ask for an address: their numbers, and bytes of an address. */
const DNS_TYPES = { A: { id: 1, size: 4 }, AAAA: { id: 28, size: 16 } } as const;

const CLASS_IN = 1;
/** QR and RA; RD is in both directions. */
const [QUERY, RESPONSE] = [0x0100, 0x8180];
/** Seconds. */
const TTL = 30;
/** The name of the question, at byte 12 of the message. */
const NAME_OF_QUESTION = 0xc00c;
const [MOST_OF_LABEL, MOST_OF_NAME] = [63, 255];

const TYPE_NAMES = Object.keys(DNS_TYPES) as (keyof typeof DNS_TYPES)[];

/** Bytes of a header, of a question behind its name, of a resource record before its data. */
const [HEADER, QUESTION_REST, RESOURCE_REST] = [12, 4, 12];

/** A question, and the address that answers it. */
export interface DnsMessage {
  /** Of question and answer. */
  readonly id?: number;
  /** The name that is asked for: `web.default.svc`. */
  readonly query: string;
  /** What is asked for; the answer's family when it is left out. */
  readonly type?: keyof typeof DNS_TYPES;
  /** 4 or 16 bytes of an address; without one the message is a query. */
  readonly answer?: Uint8Array;
  /** A response without an answer: there is no such record. */
  readonly none?: boolean;
}

/** Whether a name can be asked for: labels of 1 to 63 bytes, 255 bytes in all. */
function isDnsName(name: string): boolean {
  const labels = name.split('.');
  return (
    name.length <= MOST_OF_NAME - 2 && labels.every((l) => /^[A-Za-z0-9_-]+$/.test(l) && l.length <= MOST_OF_LABEL)
  );
}

/** What a message asks for. */
const typeAsked = ({ type, answer }: DnsMessage) => type ?? (answer?.length === DNS_TYPES.AAAA.size ? 'AAAA' : 'A');

/** What is wrong with a message: a name that is none, or an answer of another type than the question. */
export function dnsFault(message: DnsMessage): string | undefined {
  const { query, answer } = message;
  if (!isDnsName(query)) return 'a query for a name of labels of up to 63 letters, digits, _ and -';
  if (!answer || answer.length === DNS_TYPES[typeAsked(message)].size) return undefined;
  return 'an IPv4 address as the answer to A, an IPv6 address to AAAA';
}

/** The bytes of a message that has no fault; without an answer a query, with `none` a response that has none. */
export function dnsMessage(message: DnsMessage): Uint8Array {
  const { id = 1, query, answer, none = false } = message;
  const type = DNS_TYPES[typeAsked(message)].id;
  const name = query.split('.').flatMap((label) => [label.length, ...new TextEncoder().encode(label)]);
  const header = [id, answer || none ? RESPONSE : QUERY, 1, answer ? 1 : 0, 0, 0];
  const resource = answer ? [NAME_OF_QUESTION, type, CLASS_IN, 0, TTL, answer.length] : [];
  const question = [...name, 0, ...be16(type), ...be16(CLASS_IN)];
  return Uint8Array.from([...header.flatMap(be16), ...question, ...resource.flatMap(be16), ...(answer ?? [])]);
}

/** Reads what `dnsMessage` writes; undefined for everything else. */
export function parseDns(bytes: Uint8Array): DnsMessage | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const labels: string[] = [];
  let at = HEADER;
  for (let length = bytes[at] ?? 0; length > 0; length = bytes[at] ?? 0) {
    labels.push(new TextDecoder().decode(bytes.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
  const question = at + 1 + QUESTION_REST;
  if (question > bytes.length) return undefined;
  const type = TYPE_NAMES.find((name) => DNS_TYPES[name].id === view.getUint16(at + 1));
  const found = bytes.subarray(question + RESOURCE_REST);
  const response = view.getUint16(2) === RESPONSE;
  const message: DnsMessage = {
    id: view.getUint16(0),
    query: labels.join('.'),
    ...(type && { type }),
    ...(response && (found.length > 0 ? { answer: found } : { none: true })),
  };
  return dnsFault(message) === undefined && toHex(dnsMessage(message)) === toHex(bytes) ? message : undefined;
}

/** What a server says that has one address for every name: undefined where it was not asked. */
export function answerDns(bytes: Uint8Array, answer: Uint8Array): Uint8Array | undefined {
  const asked = parseDns(bytes);
  if (!asked || asked.answer || asked.none) return undefined;
  const message = { ...asked, answer };
  return dnsMessage(dnsFault(message) === undefined ? message : { ...asked, none: true });
}

/** A message in words: `web.default.svc A?`, `web.default.svc A 10.96.0.80`. */
export function dnsText(message: DnsMessage): string {
  const { query, answer, none } = message;
  const type = typeAsked(message);
  if (answer) return `${query} ${type} ${type === 'A' ? formatIpv4(answer) : formatIpv6(answer)}`;
  return `${query} ${type}${none ? ' none' : '?'}`;
}

const be16 = (value: number): number[] => [value >> 8, value & 0xff];
