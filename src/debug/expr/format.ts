/** Values as text. */
import { resolveType } from '../../btf/format.ts';
import { typedText } from '../../kernel/replay/typedText.ts';
import { formatIpv4, formatIpv6, formatMac } from '../../net/addr.ts';
import { formatField } from '../../net/fields.ts';
import { mapTypeName } from '../../spec/mapTypes.ts';
import { toHex } from '../../util/hex.ts';
import { networkBytes } from './print.ts';
import { bytesOf, type NumberForm, type Typed, type Value } from './value.ts';

/** gdb's letters: hex, signed and unsigned decimal, octal, binary, character. */
type Radix = 'x' | 'd' | 'u' | 'o' | 't' | 'c';

interface FormatOptions {
  readonly radix?: Radix;
  /** Nanoseconds since boot, from which times in values are told. */
  readonly nowNs?: bigint;
}

/** Bytes that are shown of longer ones. */
const SHOWN = 256;
const HALF = 1n << 63n;

const RADIX: Readonly<Record<Radix, (value: bigint) => string>> = {
  x: (v) => `0x${v.toString(16)}`,
  d: (v) => `${BigInt.asIntN(64, v)}`,
  u: (v) => `${v}`,
  o: (v) => `0${v === 0n ? '' : v.toString(8)}`,
  t: (v) => `0b${v.toString(2)}`,
  c: (v) => {
    const code = Number(v & 0xffn);
    return code >= 0x20 && code < 0x7f ? `${code} '${String.fromCharCode(code)}'` : `${code}`;
  },
};

/** A number without a form: decimal, and in hex too where that says more. */
function plainNumber(v: bigint): string {
  if (v >= HALF) return `0x${v.toString(16)} (${BigInt.asIntN(64, v)})`;
  return v < 0x10000n ? `${v}` : `${v} (0x${v.toString(16)})`;
}

function typedLine({ btf, id, name, bytes }: Typed, nowNs: bigint | undefined): string {
  const text = typedText(btf, id, bytes, nowNs, name);
  const kind = resolveType(btf, id)?.type.kind;
  return kind === 'struct' || kind === 'union' || kind === 'datasec' ? `{${text}}` : text;
}

function formed(value: bigint, form: NumberForm, nowNs: bigint | undefined): string {
  switch (form.kind) {
    case 'ipv4':
      return formatIpv4(networkBytes(value, 4));
    case 'mac':
      return formatMac(networkBytes(value, 6));
    case 'signed':
      return `${BigInt.asIntN(64, value)}`;
    case 'field':
      return formatField(form.field, Number(value));
    case 'pointer':
      return `0x${value.toString(16)}`;
    case 'typed':
      return typedLine(form.typed, nowNs);
  }
}

function hexBytes(bytes: Uint8Array): string {
  const more = bytes.length > SHOWN ? ` … (${bytes.length} bytes)` : '';
  return `${toHex(bytes.subarray(0, SHOWN), ' ')}${more}`;
}

/** A value as one line: numbers by what they are, `{daddr 10.0.0.1, dport 80}`, bytes in hex, `absent`. */
export function formatValue(value: Value, { radix, nowNs }: FormatOptions = {}): string {
  switch (value.kind) {
    case 'number':
      if (radix !== undefined) return RADIX[radix](value.value);
      return value.form ? formed(value.value, value.form, nowNs) : plainNumber(value.value);
    case 'bytes':
      return value.form === 'ipv6' && value.bytes.length === 16 ? formatIpv6(value.bytes) : hexBytes(value.bytes);
    case 'typed':
      return radix === undefined ? typedLine(value.typed, nowNs) : hexBytes(bytesOf(value)!);
    case 'absent':
      return 'absent';
    case 'map':
      return `map ${value.map.name} (${mapTypeName(value.map.type) ?? value.map.type})`;
  }
}
