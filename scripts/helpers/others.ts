/** Programs for the helpers that need more than arguments: formats, sockets, storage, perf rings, maps. */
import type { LoadRequest } from '../../src/spec/request.ts';
import type { Random } from '../../test/random.ts';
import { randomPacket } from './packets.ts';
import { type Arg, type Call, type Program, request, textMap } from './program.ts';

type Maker = (r: Random) => Omit<Program, 'name' | 'packet' | 'progType'> & { readonly progType?: string };

const TEXT_MAP = 2;

/** A BTF blob with two types: 1, `int` of 4 bytes, and 2, `long` of 8. */
function intBtf(): string {
  const strings = '\0int\0long\0';
  const types = [1, 1 << 24, 4, 32, 5, 1 << 24, 8, 64];
  const words = [0x0001eb9f, 24, 0, 4 * types.length, 4 * types.length, strings.length, ...types];
  const bytes = Buffer.alloc(4 * words.length + strings.length);
  for (const [i, word] of words.entries()) bytes.writeUInt32LE(word, 4 * i);
  bytes.write(strings, 4 * words.length, 'latin1');
  return bytes.toString('hex');
}

/** Conversions with their flags and widths, some of them refused. */
function conversion(r: Random): string {
  const flag = r.pick(['', '', '', '0', '-', '+', ' ', '0', '-0', '+0']);
  const width = r.pick(['', '', '', '1', '5', '12', '20']);
  const kind = r.pick([
    'd',
    'u',
    'x',
    'X',
    'i',
    'ld',
    'lu',
    'lx',
    'lld',
    'llu',
    'llx',
    'llX',
    'c',
    'px',
    's',
    'ps',
    'pI4',
    'pi4',
    'pI6',
    'pi6',
  ]);
  return `%${flag}${width}${kind === 'ps' ? 'pks' : kind}`;
}

function format(r: Random, conversions: number): string {
  let text = '';
  for (let i = 0; i < conversions; i++)
    text += `${r.pick(['', 'a', ' ', '%%', '.', ': ', '\n'])}${conversion(r)}${r.pick([' ', '.', ',', ''])}`;
  return text + r.pick(['', '\n', '!', '%%']);
}

/** Values for a format: where a pointer is expected, one to the input map. */
function values(r: Random, text: string): Arg[] {
  const kinds = text.replaceAll('%%', '').match(/%[0 +-]*\d*(l*[duxXi]|c|px|s|pks|p[iI][46])/g) ?? [];
  return kinds.map((kind) => {
    if (/s$|[iI][46]$/.test(kind)) return r.bool(0.9) ? { in: r.pick([0, 256, 300, 400]) } : 0n;
    return (
      (BigInt(r.pick([0, r.next(), 0xffffffff])) << 32n) | BigInt(r.pick([0, 7, r.next(), 0xffffffff, 0x80000000]))
    );
  });
}

function inputWithText(r: Random, text = ''): Uint8Array {
  const bytes = r.bytes(512);
  const words = 'conntrack entry\0service\0';
  bytes.set(
    Uint8Array.from(words, (c) => c.charCodeAt(0)),
    256,
  );
  bytes.set(
    Uint8Array.from(`${words}${words}`, (c) => c.charCodeAt(0)),
    300,
  );
  bytes[400] = 0;
  bytes.set(
    Uint8Array.from(`${text}\0`, (c) => c.charCodeAt(0)),
    64,
  );
  return bytes;
}

const snprintf: Maker = (r) => {
  const count = 1 + r.below(4);
  const text = format(r, count).slice(0, 63);
  const stack = values(r, text);
  const length = BigInt(8 * (r.bool(0.9) ? stack.length : r.below(5)));
  const args: Arg[] = [{ out: 0 }, BigInt(r.pick([128, 256, 10, 1])), { text: TEXT_MAP }, { stack: -96 }, length];
  while (stack.length < 12) stack.push(1n);
  return { input: inputWithText(r), stack, maps: [textMap('text', text)], calls: [{ id: 165, args }], peeks: [] };
};

/** Formats from memory are checked when they are printed. */
const tracePrintk: Maker = (r) => {
  let text = format(r, r.below(5));
  if (r.bool(0.3)) text = text.replace(/[dux]/, r.pick(['q', '\x01', 'é', 'lll', '*d', '.3d', 'p', '%']));
  const stack = values(r, text).concat([1n, 2n, 3n]);
  const size = BigInt(r.bool(0.9) ? text.length + 1 : Math.max(1, text.length));
  const rest = r.bool(0.5) ? stack.slice(0, 3) : [{ stack: -96 }, BigInt(8 * r.pick([stack.length, 2, 1, 4]))];
  while (stack.length < 12) stack.push(1n);
  return {
    input: inputWithText(r, text),
    stack,
    calls: [{ id: rest.length === 3 ? 6 : 177, args: [{ in: 64 }, size, ...rest] }],
    peeks: [],
  };
};

const strncmp: Maker = (r) => ({
  input: inputWithText(r),
  maps: [textMap('text', r.pick(['conntrack entry', 'conntrack', 'service', 'conntrack entrz', 'A', '']))],
  calls: [{ id: 182, args: [{ in: r.pick([256, 272, 300, 0]) }, BigInt(1 + r.below(20)), { text: TEXT_MAP }] }],
  peeks: [],
});

const perfEvent: Maker = (r) => {
  const index = r.pick([0n, 1n, 2n, 5n, 0xffffffffn, 0xffffffffn]);
  const extra = r.pick([0n, 0n, 14n << 32n, 100n << 32n, 0xfffffn << 32n, 1n << 52n, 1n << 63n]);
  const args: Arg[] = ['ctx', { map: 2 }, index | extra, { in: 0 }, BigInt(r.pick([0, 8, 64, 200]))];
  const maps = [{ name: 'events', type: 'perf_event_array', key_size: 4, value_size: 4, max_entries: 2 }];
  return { progType: r.pick(['sched_cls', 'xdp']), input: r.bytes(512), maps, calls: [{ id: 25, args }], peeks: [] };
};

const socket: Maker = (r) => ({
  input: r.bytes(512),
  socket: true,
  calls: [
    { id: 124, args: ['ctx', 'kept', r.pick([0n, 0n, 1n, 1n << 32n])] },
    { id: 47, args: ['ctx'] },
  ],
  peeks: [],
});

const skStorage: Maker = (r) => {
  const get = (): Call => ({
    id: 107,
    args: [{ map: 2 }, 'kept', r.bool(0.5) ? { in: 8 * r.below(8) } : 0n, r.pick([0n, 1n, 1n, 2n, 1n << 32n])],
    bump: true,
  });
  const drop = (): Call => ({ id: 108, args: [{ map: 2 }, 'kept'] });
  const calls = Array.from({ length: 2 + r.below(5) }, () => (r.bool(0.7) ? get() : drop()));
  const BPF_F_NO_PREALLOC = 1;
  const types = { btf: intBtf(), btf_key_type_id: 1, btf_value_type_id: 2 };
  const maps = [
    {
      name: 'store',
      type: 'sk_storage',
      key_size: 4,
      value_size: 8,
      max_entries: 0,
      map_flags: BPF_F_NO_PREALLOC,
      ...types,
    },
  ];
  return { input: r.bytes(512), socket: true, maps, calls, peeks: [] };
};

/** Nobody listens, so that only the arguments decide; a socket that is found would end the program differently. */
const skLookup: Maker = (r) => {
  const id = r.pick([84, 85, 99]);
  const args: Arg[] = [
    'ctx',
    { in: 0 },
    BigInt(r.pick([12, 36, 0, 11, 40])),
    r.pick([0xffffffffffffffffn, 0n, 1n, 1n << 33n]),
    r.pick([0n, 0n, 1n]),
  ];
  const release: Call = { id: 86, args: ['kept'] };
  return {
    progType: r.pick(['sched_cls', 'xdp']),
    input: r.bytes(512),
    calls: [{ id, args, keep: true }, release],
    peeks: [],
  };
};

const maps: Maker = (r) => {
  const type = r.pick(['hash', 'array', 'lru_hash', 'percpu_hash', 'percpu_array']);
  const key = (): Arg => ({ in: 4 * r.below(4) });
  const calls = Array.from({ length: 3 + r.below(6) }, (): Call => {
    const choice = r.below(4);
    if (choice === 0) return { id: 1, args: [{ map: 2 }, key()], bump: true };
    if (choice === 1) return { id: 3, args: [{ map: 2 }, key()] };
    if (choice === 2 && type.startsWith('percpu'))
      return { id: 195, args: [{ map: 2 }, key(), r.pick([0n, 0n, 1n, 99n])], bump: true };
    return { id: 2, args: [{ map: 2 }, key(), { in: 64 + 8 * r.below(8) }, r.pick([0n, 1n, 2n, 3n, 8n, 1n << 32n])] };
  });
  const input = r.bytes(512);
  if (type.endsWith('array')) for (let i = 0; i < 4; i++) input.set([r.below(4), 0, 0, 0], 4 * i);
  const table = { name: 'table', type, key_size: 4, value_size: 8, max_entries: 3 };
  return { input, maps: [table], calls, peeks: [] };
};

const loops: Maker = (r) => {
  const count = r.pick([0n, 1n, 2n, 7n, 50n, 0x80_0001n, 1n << 32n, BigInt(r.below(100))]);
  return {
    input: r.bytes(512),
    stack: [BigInt(r.next())],
    stopAt: r.pick([0, 1, 6, 40, 100000]),
    calls: [{ id: 181, args: [count, 'callback', { stack: -96 }, r.pick([0n, 0n, 0n, 1n, 1n << 40n])] }],
    peeks: [],
  };
};

const MAKERS = {
  loops,
  snprintf,
  tracePrintk,
  strncmp,
  perfEvent,
  socket,
  skStorage,
  skLookup,
  maps,
} as const;

/** `each` programs for each of these groups. */
export function generateOthers(r: Random, each: number): LoadRequest[] {
  return Object.entries(MAKERS).flatMap(([name, make]) =>
    Array.from({ length: each }, (_, i) => {
      const { progType = 'sched_cls', ...rest } = make(r);
      return request({ ...rest, progType, name: `other ${name} ${i}`, packet: randomPacket(r) });
    }),
  );
}
