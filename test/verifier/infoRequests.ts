/** Programs with func_info, line_info and core_relo, right and wrong; `scripts/record-info.ts` records what the kernel says. */
import { BtfBuilder } from '../../src/btf/builder.ts';
import type { FuncLinkage } from '../../src/btf/kinds.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { toHex } from '../../src/util/hex.ts';
import { requestOf } from '../programs/assembleFile.ts';
import { requests } from './programs.ts';

/** Little-endian u32s as hex. */
function words(values: readonly number[]): string {
  return toHex(new Uint8Array(Uint32Array.from(values).buffer));
}

const INSN = {
  zero: 'b700000000000000',
  exit: '9500000000000000',
  saveCtx: 'bf16000000000000',
  number: 'b701000001000000',
  load: '3000000000000000',
  wide: '18020000010000000000000000000000',
  tail: '18120000000000000000000000000000b703000000000000850000000c000000',
  self: '0500ffff00000000',
} as const;
const call = (distance: number): string => `85100000${words([distance])}`;

const one = INSN.zero + INSN.exit;
const two = call(1) + INSN.exit + one;
const sub = (body: string): string => INSN.saveCtx + call(2) + one + body + one;

/** The BTF of all these programs: functions of many shapes and odd strings. */
function types(): { btf: string; func: (name: string) => number; string: (text: string) => number; end: number } {
  const b = new BtfBuilder();
  const int = b.int('int', 4, { signed: true });
  const long = b.int('u64', 8);
  const wide = b.int('i128', 16);
  const ptrTo = (name: string, size = 4): number => b.ptr(b.struct(name, size));
  const skb = ptrTo('__sk_buff');
  const [other, anon, dynptr] = [ptrTo('other'), ptrTo(''), ptrTo('bpf_dynptr', 16)];
  const [toVoid, toInt, toFwd] = [b.ptr(0), b.ptr(int), b.ptr(b.fwd('somewhere'))];
  const [toArray, num] = [b.ptr(b.array(int, int, 4)), b.enum('num', [['A', 1]])];
  const ids = new Map<string, number>();
  const func = (name: string, linkage: FuncLinkage, ret: number, params: readonly number[], tag?: string): void => {
    const proto = b.funcProto(
      ret,
      params.map((type, i) => ({ name: `p${i}`, type })),
    );
    const id = b.func(name, proto, linkage);
    if (tag !== undefined) b.declTag(tag, id, 0);
    ids.set(name, id);
  };
  const six = [int, int, int, int, int, int];
  for (const linkage of ['global', 'static'] as const) {
    const n = (name: string): string => `${linkage}_${name}`;
    const shapes = { ctx: skb, other, anon, dynptr, void: toVoid, ptr: toInt, fwd: toFwd, array: toArray, int };
    for (const [name, type] of Object.entries(shapes)) {
      func(n(name), linkage, int, [type]);
      for (const tag of ['ctx', 'nonnull', 'nullable', 'what'])
        func(n(`${name}_${tag}`), linkage, int, [type], `arg:${tag}`);
    }
    const returns = { void: 0, long, wide, pointer: toInt, enum: num, const: b.const(b.typedef('mine', int)) };
    for (const [name, type] of Object.entries(returns)) func(n(`returns_${name}`), linkage, type, [skb]);
    func(n('nothing'), linkage, int, []);
    func(n('six'), linkage, int, six);
    func(n('two'), linkage, int, [skb, toFwd]);
  }
  for (const text of LINES) b.string(text);
  const blob = b.build();
  const end = new DataView(blob.buffer).getUint32(20, true);
  return { btf: toHex(blob), func: (name) => ids.get(name)!, string: (text) => b.string(text), end };
}

const LINES = [
  'r0 = 0',
  '  \t  return 1;',
  'src/x/file.h',
  'file.h',
  'a'.repeat(1500),
  `x/${'b'.repeat(1200)}`,
  '%s ü',
  '/',
] as const;

const JUMPS = {
  maps: [{ name: 'j', type: 'prog_array', key_size: 4, value_size: 4, max_entries: 1 }],
  map_relocs: [[4, 0]],
} as const;

function malformed(): Map<string, LoadRequest> {
  const out = new Map<string, LoadRequest>();
  const { btf, func, string, end } = types();
  const main = func('global_ctx');
  const add = (name: string, insns: string, more: Partial<LoadRequest>): void => {
    out.set(name, { name, prog_type: 'socket_filter', insns, btf, ...more });
  };
  const funcs = (...values: number[]): Partial<LoadRequest> => ({ func_info: words(values) });
  const lines = (...values: number[]): Partial<LoadRequest> => ({ line_info: words(values) });
  const line = (off: number, file: number, text: number, num: number): number[] => [
    off,
    string(LINES[file]!),
    string(LINES[text]!),
    (num << 10) | 7,
  ];
  const l0 = line(0, 2, 0, 5);
  for (const linkage of ['global', 'static']) {
    for (const shape of ['ctx', 'other', 'anon', 'dynptr', 'void', 'ptr', 'fwd', 'array', 'int']) {
      for (const tag of ['', '_ctx', '_nonnull', '_nullable', '_what']) {
        const name = `${linkage}_${shape}${tag}`;
        add(`main ${name}`, one, funcs(0, func(name)));
        if (linkage === 'static') {
          add(`${name} gets ctx`, INSN.saveCtx + two, funcs(0, main, 3, func(name)));
          add(`${name} gets number`, INSN.number + two, funcs(0, main, 3, func(name)));
        }
      }
    }
    for (const shape of [
      'returns_void',
      'returns_long',
      'returns_wide',
      'returns_pointer',
      'returns_enum',
      'returns_const',
      'nothing',
      'six',
      'two',
    ]) {
      const name = `${linkage}_${shape}`;
      add(`main ${name}`, one, funcs(0, func(name)));
      if (linkage === 'static')
        add(`${name} tail call`, sub(INSN.tail), { ...funcs(0, main, 4, func(name)), ...JUMPS });
    }
  }
  for (const name of ['static_returns_void', 'static_returns_wide', 'static_returns_pointer'])
    add(`${name} LD_ABS`, sub(INSN.saveCtx + INSN.load), funcs(0, main, 4, func(name)));
  add('LD_ABS without BTF', sub(INSN.saveCtx + INSN.load), {});
  add('tail call without BTF', sub(INSN.tail), JUMPS);
  add('LD_ABS with lines alone', sub(INSN.saveCtx + INSN.load), lines(...l0, ...line(4, 2, 0, 2)));
  const { btf: _, ...bare } = { btf, ...funcs(0, main) };
  out.set('func_info without BTF', { prog_type: 'socket_filter', insns: one, ...bare });
  const s0 = func('static_nothing');
  const funcInfos = [
    [1, main],
    [0, 0],
    [0, 1],
    [0, 9999],
    [0, 2 ** 32 - 1],
    [0, main, 0, s0],
    [0, main, 1, s0],
    [0, main, 2, s0],
    [0, main, 3, s0],
    [0, main, 2, s0, 1, s0],
    [0, main, 2, 1],
    [5, 1],
  ];
  for (const infos of funcInfos) {
    add(`func_info ${infos.map((v) => (v === main ? 'main' : v === s0 ? 'sub' : v))}`, two, funcs(...infos));
  }
  for (const size of [4, 6, 12, 252, 256]) {
    for (const tail of [0, 7]) {
      const rest = Array<number>(Math.max(0, Math.floor(size / 4))).fill(tail);
      add(`func_info of ${size} bytes, ${tail}`, one, {
        func_info: words([0, main, ...rest.slice(2)]),
        func_info_rec_size: size,
      });
      add(`line_info of ${size} bytes, ${tail}`, one, {
        line_info: words([...l0, ...rest.slice(4)]),
        line_info_rec_size: size,
      });
      const relo = { core_relo: words([4, 1, 0, 0, ...rest.slice(4)]), core_relo_rec_size: size };
      add(`core_relo of ${size} bytes, ${tail}`, one, { ...funcs(0, main), ...relo });
    }
  }
  const programs = { one, two, wide: INSN.wide + one, inf: INSN.zero + INSN.self };
  const lineInfos = [
    line(0, 2, 1, 5),
    line(1, 2, 1, 5),
    [...l0, ...line(1, 2, 1, 5)],
    [...l0, ...line(1, 2, 1, 6)],
    [...l0, ...line(2, 3, 1, 5)],
    [...l0, ...line(0, 3, 1, 5)],
    [...l0, ...line(9, 3, 1, 5)],
    [...line(0, 5, 4, 5), ...line(1, 7, 3, 6), ...line(2, 3, 6, 7)],
    [...line(0, 5, 6, 0), ...line(1, 3, 3, 0)],
    [0, 0, 0, 0],
    [0, end, 0, 0],
    [0, end - 1, 0, 0],
    [0, 0, end, 0],
    [0, 3, 5, 2 ** 32 - 1],
    [...l0, ...line(1, 2, 1, 6), ...line(2, 2, 1, 7), ...line(3, 2, 0, 8)],
  ];
  for (const [program, insns] of Object.entries(programs))
    for (const [i, infos] of lineInfos.entries()) add(`${program}, lines ${i}`, insns, lines(...infos));
  for (const relo of [
    [4, 1, 0, 0],
    [800, 1, 0, 0],
    [0, 9999, 0, 0],
  ]) {
    add(`core_relo ${relo}`, one, { ...funcs(0, main), core_relo: words(relo) });
    add(`core_relo ${relo} alone`, one, { core_relo: words(relo) });
  }
  return out;
}

export function infoRequests(): Map<string, LoadRequest> {
  const out = malformed();
  for (const file of ['hello/count.bpf', 'hello/drop-port.bpf', 'hello/limit.bpf', 'lb/node.bpf'])
    out.set(file, requestOf(file));
  for (const [name, request] of requests(true)) out.set(name, request);
  return out;
}
