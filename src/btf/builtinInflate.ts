/** DEFLATE (RFC 1951) for the built-in BTF: synchronous, because the core never awaits, and without a package, because browsers load the core as it is. */

const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const MAX_BITS = 15;

/** A Huffman code as a table over the next `bits` bits of input: symbol * 16 + code length; 0 for no code. */
interface Code {
  readonly bits: number;
  readonly table: Uint16Array;
}

function makeCode(lengths: Uint8Array): Code {
  const bits = Math.max(1, ...lengths);
  const table = new Uint16Array(1 << bits);
  let code = 0;
  for (let length = 1; length <= bits; length++) {
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      let reversed = 0;
      for (let i = 0; i < length; i++) reversed |= ((code >> i) & 1) << (length - 1 - i);
      for (let i = reversed; i < table.length; i += 1 << length) table[i] = symbol * 16 + length;
      code++;
    }
    code <<= 1;
  }
  return { bits, table };
}

const fixed = (length: number, lengthOf: (symbol: number) => number): Code =>
  makeCode(Uint8Array.from({ length }, (_, symbol) => lengthOf(symbol)));

/** Inflates a raw DEFLATE stream of known output size. Throws on a damaged stream: the only streams are the project's own. */
export function inflate(input: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let [at, to, hold, held] = [0, 0, 0, 0];
  const need = (n: number): void => {
    for (; held < n; held += 8) hold |= (input[at++] ?? 0) << held;
    if (at > input.length + 4) throw new Error('the stream ends early');
  };
  const take = (n: number): number => {
    need(n);
    const value = hold & ((1 << n) - 1);
    hold >>>= n;
    held -= n;
    return value;
  };
  const symbol = ({ bits, table }: Code): number => {
    need(bits);
    const entry = table[hold & ((1 << bits) - 1)]!;
    if (entry === 0) throw new Error('no such code');
    hold >>>= entry & 15;
    held -= entry & 15;
    return entry >> 4;
  };

  const readCodes = (): [Code, Code] => {
    const [literals, distances, used] = [take(5) + 257, take(5) + 1, take(4) + 4];
    const order = new Uint8Array(19);
    for (let i = 0; i < used; i++) order[CODE_LENGTH_ORDER[i]!] = take(3);
    const meta = makeCode(order);
    const lengths = new Uint8Array(literals + distances);
    for (let i = 0; i < lengths.length; ) {
      const s = symbol(meta);
      if (s <= MAX_BITS) {
        lengths[i++] = s;
        continue;
      }
      const value = s === 16 ? (lengths[i - 1] ?? 0) : 0;
      const count = s === 16 ? take(2) + 3 : s === 17 ? take(3) + 3 : take(7) + 11;
      lengths.fill(value, i, i + count);
      i += count;
    }
    return [makeCode(lengths.subarray(0, literals)), makeCode(lengths.subarray(literals))];
  };

  for (let final = 0; final === 0; ) {
    final = take(1);
    const type = take(2);
    if (type === 3) throw new Error('no such block type');
    if (type === 0) {
      take(held & 7);
      const length = take(16);
      take(16);
      for (let i = 0; i < length; i++) out[to++] = take(8);
      continue;
    }
    const [literal, distance] =
      type === 2 ? readCodes() : [fixed(288, (s) => (s < 144 ? 8 : s < 256 ? 9 : s < 280 ? 7 : 8)), fixed(30, () => 5)];
    for (;;) {
      const s = symbol(literal);
      if (s === 256) break;
      if (s < 256) {
        out[to++] = s;
        continue;
      }
      const length = LENGTH_BASE[s - 257]! + take(LENGTH_BITS[s - 257]!);
      const d = symbol(distance);
      const back = DISTANCE_BASE[d]! + take(d < 2 ? 0 : (d >> 1) - 1);
      if (!(back <= to && to + length <= size)) throw new Error('a copy leaves the output');
      for (const end = to + length; to < end; to++) out[to] = out[to - back]!;
    }
  }
  if (to !== size) throw new Error(`${to} bytes instead of ${size}`);
  return out;
}
