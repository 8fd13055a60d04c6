/**
 * THE opcode table: one row for each operation of RFC 9669 and of Linux up to 6.12. Decoder, encoder, disassembler,
 * assembler, interpreter and the tests' generators read it; no other file contains an opcode number. (The families'
 * upper opcode bits stand beside their meaning in `alu.ts` and `compare.ts`, which only this file reads. The wasm form
 * joins `eval` and `exec` with the JIT.)
 *
 *     opcode:  [ op:4 | source:1 | class:3 ]   arithmetic and jumps
 *              [ mode:3 | size:2 | class:3 ]   loads and stores
 */
import { ALU_OPS, byteSwap, END_BITS, END_OP, MOVSX_BITS, movsxEval, movsxExec, NEG, truncate } from './alu.ts';
import { COMPARISONS } from './compare.ts';
import type { AluRow, AtomicRow, Dialect, JumpRow, LoadImm64Row, OpRow, Template } from './rows.ts';
import { add64, set64 } from './wide.ts';

const CLASS = { ld: 0, ldx: 1, st: 2, stx: 3, alu: 4, jmp: 5, jmp32: 6, alu64: 7 } as const;
const REG = 0x08;
const SIZES = [
  { size: 4, bits: 0x00, c: 'u32', s: 's32', letter: 'w' },
  { size: 2, bits: 0x08, c: 'u16', s: 's16', letter: 'h' },
  { size: 1, bits: 0x10, c: 'u8', s: 's8', letter: 'b' },
  { size: 8, bits: 0x18, c: 'u64', s: 's64', letter: 'dw' },
] as const;
const MODE = { imm: 0x00, abs: 0x20, ind: 0x40, mem: 0x60, memsx: 0x80, atomic: 0xc0 } as const;

function text(
  kernel: Template | readonly Template[],
  llvm: readonly Template[],
  ubpf: readonly Template[],
): OpRow['text'] {
  return { kernel: typeof kernel === 'string' ? [kernel] : kernel, llvm, ubpf } satisfies Record<
    Dialect,
    readonly Template[]
  >;
}

/** The low half only, upper half cleared: how every 32-bit operation ends. */
function clearHigh(exec: (r: Int32Array, d: number, lo: number) => void): AluRow['exec'] {
  return (r, d, lo) => {
    exec(r, d, lo);
    r[d + 1] = 0;
  };
}

function aluRows(): OpRow[] {
  const rows: OpRow[] = [];
  for (const width of [64, 32] as const) {
    const cls = width === 64 ? CLASS.alu64 : CLASS.alu;
    const suffix = width === 64 ? '' : '32';
    const [dst, src] = width === 64 ? ['{dst}', '{src}'] : ['{wdst}', '{wsrc}'];
    const base = { kind: 'alu', width, rfc: '4.1' } as const;
    for (const op of ALU_OPS) {
      for (const operand of ['imm', 'reg'] as const) {
        const value = operand === 'imm' ? '{imm}' : src;
        rows.push({
          ...base,
          name: `${op.name}${width}_${operand}`,
          op: op.name,
          code: (op.op << 4) | (operand === 'reg' ? REG : 0) | cls,
          fixed: { off: op.off ?? 0 },
          uses: ['dst', operand === 'reg' ? 'src' : 'imm'],
          operand,
          since: op.since,
          text: text(
            `${dst} ${op.symbol} ${value}`,
            [`${dst} ${op.symbol} ${value}`],
            [`${op.name}${suffix} {dst}, ${operand === 'imm' ? '{imm}' : '{src}'}`],
          ),
          eval: width === 64 ? op.eval64 : op.eval32,
          exec: width === 64 ? op.exec64 : clearHigh(op.exec32),
        });
      }
    }
    for (const bits of MOVSX_BITS) {
      if (bits >= width) continue;
      rows.push({
        ...base,
        name: `movsx${bits}_${width}`,
        op: 'movsx',
        code: (0xb << 4) | REG | cls,
        fixed: { off: bits },
        uses: ['dst', 'src'],
        operand: 'reg',
        since: '6.6',
        text: text(`${dst} = (s${bits})${src}`, [`${dst} = (s${bits})${src}`], [`movsx${bits}${width} {dst}, {src}`]),
        eval: movsxEval(bits, width),
        exec: movsxExec(bits, width),
      });
    }
    rows.push({
      ...base,
      name: `neg${width}`,
      op: 'neg',
      code: (NEG.op << 4) | cls,
      fixed: { src: 0, off: 0, imm: 0 },
      uses: ['dst'],
      operand: 'none',
      since: '3.18',
      text: text(`${dst} = -${dst}`, [`${dst} = -${dst}`], [`neg${suffix} {dst}`]),
      eval: width === 64 ? NEG.eval64 : NEG.eval32,
      exec: width === 64 ? NEG.exec64 : NEG.exec32,
    });
  }
  return rows;
}

function endRows(): OpRow[] {
  const families = [
    { name: 'le', code: (END_OP << 4) | CLASS.alu, make: truncate, since: '3.18', ubpf: 'le' },
    { name: 'be', code: (END_OP << 4) | REG | CLASS.alu, make: byteSwap, since: '3.18', ubpf: 'be' },
    { name: 'bswap', code: (END_OP << 4) | CLASS.alu64, make: byteSwap, since: '6.6', ubpf: 'swap' },
  ];
  return families.flatMap((f) =>
    END_BITS.map((bits): OpRow => {
      const line = `{dst} = ${f.name}${bits} {dst}`;
      return {
        kind: 'alu',
        name: `${f.name}${bits}`,
        op: f.name,
        code: f.code,
        fixed: { src: 0, off: 0, imm: bits },
        uses: ['dst'],
        width: 64,
        operand: 'none',
        since: f.since,
        rfc: '4.2',
        text: text(line, [line], [`${f.ubpf}${bits} {dst}`, `${f.name}${bits} {dst}`]),
        ...f.make(bits),
      };
    }),
  );
}

function jumpRows(): OpRow[] {
  const rows: OpRow[] = [];
  for (const width of [64, 32] as const) {
    const suffix = width === 64 ? '' : '32';
    const [dst, src] = width === 64 ? ['{dst}', '{src}'] : ['{wdst}', '{wsrc}'];
    for (const c of COMPARISONS) {
      const cast = (v: bigint): bigint => (c.signed ? BigInt.asIntN(width, v) : BigInt.asUintN(width, v));
      for (const operand of ['imm', 'reg'] as const) {
        const line = `if ${dst} ${c.symbol} ${operand === 'imm' ? '{hex}' : src} goto {pc}`;
        rows.push({
          kind: 'jump',
          name: `${c.name}${width}_${operand}`,
          op: c.name,
          code: (c.op << 4) | (operand === 'reg' ? REG : 0) | (width === 64 ? CLASS.jmp : CLASS.jmp32),
          fixed: {},
          uses: ['dst', 'off', operand === 'reg' ? 'src' : 'imm'],
          width,
          operand,
          since: width === 64 ? c.since : '5.1',
          rfc: '4.3',
          text: text(line, [line], [`${c.name}${suffix} {dst}, ${operand === 'imm' ? '{imm}' : '{src}'}, {pc}`]),
          eval: (a, b) => c.test(cast(a), cast(b)),
          exec: width === 64 ? c.exec64 : (al, _ah, bl) => c.exec32(al, bl),
        } satisfies JumpRow);
      }
    }
  }
  rows.push(
    {
      kind: 'goto',
      name: 'ja',
      code: CLASS.jmp,
      fixed: { src: 0, imm: 0 },
      uses: ['off'],
      distance: 'off',
      since: '3.18',
      rfc: '4.3',
      text: text('goto {pc}', ['goto {pc}'], ['ja {pc}']),
    },
    {
      kind: 'goto',
      name: 'jal',
      code: CLASS.jmp32,
      fixed: { src: 0, off: 0 },
      uses: ['imm'],
      distance: 'imm',
      since: '6.6',
      rfc: '4.3',
      text: text('gotol {pc}', ['gotol {pc}'], ['ja32 {pc}']),
    },
    {
      kind: 'may_goto',
      name: 'may_goto',
      code: 0xe0 | CLASS.jmp,
      fixed: { src: 0, imm: 0 },
      uses: ['off'],
      since: '6.9',
      rfc: '',
      text: text('may_goto {pc}', ['may_goto {pc}'], ['may_goto {pc}']),
    },
    {
      kind: 'exit',
      name: 'exit',
      code: 0x90 | CLASS.jmp,
      fixed: { src: 0, off: 0, imm: 0 },
      uses: [],
      since: '3.18',
      rfc: '4.3',
      text: text('exit', ['exit'], ['exit']),
    },
  );
  return rows;
}

function callRows(): OpRow[] {
  const code = 0x80 | CLASS.jmp;
  const base = { kind: 'call', code, rfc: '4.3.1' } as const;
  return [
    {
      ...base,
      name: 'call_helper',
      target: 'helper',
      fixed: { src: 0, off: 0 },
      uses: ['imm'],
      since: '3.18',
      text: text('call {callee}', ['call {callee}'], ['call {callee}']),
    },
    {
      ...base,
      name: 'call_local',
      target: 'local',
      fixed: { src: 1, off: 0 },
      uses: ['imm'],
      since: '4.16',
      text: text('call {pc}', ['call {pc}'], ['call local {pc}']),
    },
    {
      ...base,
      name: 'call_kfunc',
      target: 'kfunc',
      fixed: { src: 2 },
      uses: ['imm', 'off'],
      since: '5.13',
      text: text(
        ['call {callee}', 'call kfunc {imm}, {index}'],
        ['call {callee}', 'call kfunc {imm}, {index}'],
        ['call kfunc {imm}, {index}'],
      ),
    },
    {
      ...base,
      name: 'call_reg',
      target: 'reg',
      code: code | REG,
      fixed: { src: 0, off: 0, imm: 0 },
      uses: ['dst'],
      since: '',
      text: text('callx {dst}', ['callx {dst}'], ['callx {dst}', 'call {dst}']),
    },
  ];
}

function memoryRows(): OpRow[] {
  const rows: OpRow[] = [];
  for (const { size, bits, c, s, letter } of SIZES) {
    const wide = size === 8;
    const rfc = '5.1';
    rows.push({
      kind: 'load',
      name: `ldx${letter}`,
      code: MODE.mem | bits | CLASS.ldx,
      fixed: { imm: 0 },
      uses: ['dst', 'src', 'off'],
      size,
      signed: false,
      since: '3.18',
      rfc,
      text: text(
        `{dst} = *(${c} *)({src} {off})`,
        wide
          ? [`{dst} = *(${c} *)({src} {off})`]
          : [`{wdst} = *(${c} *)({src} {off})`, `{dst} = *(${c} *)({src} {off})`],
        [`ldx${letter} {dst}, [{src}{off}]`],
      ),
    });
    if (!wide) {
      const line = `{dst} = *(${s} *)({src} {off})`;
      rows.push({
        kind: 'load',
        name: `ldxs${letter}`,
        code: MODE.memsx | bits | CLASS.ldx,
        fixed: { imm: 0 },
        uses: ['dst', 'src', 'off'],
        size,
        signed: true,
        since: '6.6',
        rfc: '5.2',
        text: text(line, [line], [`ldxs${letter} {dst}, [{src}{off}]`]),
      });
    }
    rows.push(
      {
        kind: 'store',
        name: `stx${letter}`,
        code: MODE.mem | bits | CLASS.stx,
        fixed: { imm: 0 },
        uses: ['dst', 'src', 'off'],
        size,
        operand: 'reg',
        since: '3.18',
        rfc,
        text: text(
          `*(${c} *)({dst} {off}) = {src}`,
          wide
            ? [`*(${c} *)({dst} {off}) = {src}`]
            : [`*(${c} *)({dst} {off}) = {wsrc}`, `*(${c} *)({dst} {off}) = {src}`],
          [`stx${letter} [{dst}{off}], {src}`],
        ),
      },
      {
        kind: 'store',
        name: `st${letter}`,
        code: MODE.mem | bits | CLASS.st,
        fixed: { src: 0 },
        uses: ['dst', 'off', 'imm'],
        size,
        operand: 'imm',
        since: '3.18',
        rfc,
        text: text(
          `*(${c} *)({dst} {off}) = {imm}`,
          [`*(${c} *)({dst} {off}) = {imm}`],
          [`st${letter} [{dst}{off}], {imm}`],
        ),
      },
    );
    if (size === 8) continue;
    rows.push(
      {
        kind: 'ld_packet',
        name: `ldabs${letter}`,
        code: MODE.abs | bits | CLASS.ld,
        fixed: { src: 0, off: 0 },
        uses: ['imm'],
        size,
        indirect: false,
        since: '3.18',
        rfc: '5.4',
        text: text(`r0 = *(${c} *)skb[{imm}]`, [`r0 = *(${c} *)skb[{imm}]`], [`ldabs${letter} {imm}`]),
      },
      {
        kind: 'ld_packet',
        name: `ldind${letter}`,
        code: MODE.ind | bits | CLASS.ld,
        fixed: { off: 0 },
        uses: ['src', 'imm'],
        size,
        indirect: true,
        since: '3.18',
        rfc: '5.4',
        text: text(
          `r0 = *(${c} *)skb[{src} + {imm}]`,
          [`r0 = *(${c} *)skb[{src}]`, `r0 = *(${c} *)skb[{src} + {imm}]`],
          [`ldind${letter} {src}, {imm}`],
        ),
      },
    );
  }
  return rows;
}

/** How the kernel's atomics change memory. `imm` bit 0 asks for the old value. */
const ATOMICS: readonly (Pick<AtomicRow, 'op' | 'eval' | 'exec'> & { imm: number; symbol?: string })[] = [
  { op: 'add', imm: 0x00, symbol: '+=', eval: (old, src) => old + src, exec: add64 },
  {
    op: 'or',
    imm: 0x40,
    symbol: '|=',
    eval: (old, src) => old | src,
    exec: (r, d, lo, hi) => set64(r, d, r[d]! | lo, r[d + 1]! | hi),
  },
  {
    op: 'and',
    imm: 0x50,
    symbol: '&=',
    eval: (old, src) => old & src,
    exec: (r, d, lo, hi) => set64(r, d, r[d]! & lo, r[d + 1]! & hi),
  },
  {
    op: 'xor',
    imm: 0xa0,
    symbol: '^=',
    eval: (old, src) => old ^ src,
    exec: (r, d, lo, hi) => set64(r, d, r[d]! ^ lo, r[d + 1]! ^ hi),
  },
  { op: 'xchg', imm: 0xe0, eval: (_, src) => src, exec: set64 },
  {
    op: 'cmpxchg',
    imm: 0xf0,
    eval: (old, src, r0) => (old === r0 ? src : old),
    exec: (r, d, lo, hi, r0lo, r0hi) => {
      if (r[d] === r0lo && r[d + 1] === r0hi) set64(r, d, lo, hi);
    },
  },
];

function atomicText(op: AtomicRow['op'], symbol: string | undefined, size: 4 | 8, fetch: boolean): OpRow['text'] {
  const wide = size === 8;
  const c = wide ? 'u64' : 'u32';
  const prefix = wide ? 'atomic64' : 'atomic';
  const suffix = wide ? '' : '32';
  const [src, r0] = wide ? ['{src}', 'r0'] : ['{wsrc}', 'w0'];
  if (op === 'cmpxchg') {
    return text(
      `r0 = ${prefix}_cmpxchg((${c} *)({dst} {off}), r0, {src})`,
      [`${r0} = cmpxchg${wide ? '_64' : '32_32'}({dst} {off}, ${r0}, ${src})`],
      [`lock cmpxchg${suffix} [{dst}{off}], {src}`],
    );
  }
  if (op === 'xchg') {
    return text(
      `{src} = ${prefix}_xchg((${c} *)({dst} {off}), {src})`,
      [`${src} = xchg${wide ? '_64' : '32_32'}({dst} {off}, ${src})`],
      [`lock xchg${suffix} [{dst}{off}], {src}`],
    );
  }
  if (fetch) {
    return text(
      `{src} = ${prefix}_fetch_${op}((${c} *)({dst} {off}), {src})`,
      [`${src} = atomic_fetch_${op}((${c} *)({dst} {off}), ${src})`],
      [`lock fetch ${op}${suffix} [{dst}{off}], {src}`],
    );
  }
  return text(
    `lock *(${c} *)({dst} {off}) ${symbol} {src}`,
    [`lock *(${c} *)({dst} {off}) ${symbol} ${src}`, `lock *(${c} *)({dst} {off}) ${symbol} {src}`],
    [`lock ${op}${suffix} [{dst}{off}], {src}`],
  );
}

function atomicRows(): OpRow[] {
  const rows: OpRow[] = [];
  for (const { size, bits } of SIZES) {
    if (size !== 4 && size !== 8) continue;
    for (const a of ATOMICS) {
      for (const fetch of a.symbol === undefined ? [true] : [false, true]) {
        const cut = (v: bigint): bigint => BigInt.asUintN(size * 8, v);
        rows.push({
          kind: 'atomic',
          name: `atomic${size * 8}_${fetch && a.symbol !== undefined ? 'fetch_' : ''}${a.op}`,
          code: MODE.atomic | bits | CLASS.stx,
          fixed: { imm: a.imm | (fetch ? 1 : 0) },
          uses: ['dst', 'src', 'off'],
          size,
          op: a.op,
          fetch,
          since: a.op === 'add' && !fetch ? '3.18' : '5.12',
          rfc: '5.3',
          text: atomicText(a.op, a.symbol, size, fetch),
          eval: (old, src, r0) => cut(a.eval(cut(old), cut(src), cut(r0))),
          exec: a.exec,
        });
      }
    }
  }
  return rows;
}

/**
 * The second template of each is the one that says what the number means: for the kernel's syntax as bpftool writes it,
 * for the others as RFC 9669 section 5.4 names it.
 */
function ldImm64Rows(): OpRow[] {
  const pseudos: readonly (readonly [LoadImm64Row['pseudo'], string, readonly Template[], Template?, Template?])[] = [
    ['value', '3.18', []],
    ['map_fd', '3.18', ['map[fd:{imm64}]', 'map[id:{imm64}]'], 'map_by_fd({imm64})', 'map[{imm64}]'],
    ['map_value', '5.2', ['map[fd:{lo}][0] + {hi}', 'map[id:{lo}][0] + {hi}'], 'map_val(map_by_fd({lo})) + {hi}'],
    ['btf_id', '5.8', ['btf[id:{imm64}]'], 'var_addr({imm64})'],
    ['func', '5.13', ['subprog[{imm64}]'], 'code_addr({imm64})'],
    ['map_idx', '5.15', ['map[idx:{imm64}]'], 'map_by_idx({imm64})'],
    ['map_idx_value', '5.15', ['map[idx:{lo}][0] + {hi}'], 'map_val(map_by_idx({lo})) + {hi}'],
  ];
  return pseudos.map(([pseudo, since, kernel, rfc, short], src) => ({
    kind: 'ld_imm64',
    name: `ld_imm64_${pseudo}`,
    code: MODE.imm | SIZES[3].bits | CLASS.ld,
    fixed: { src, off: 0 },
    uses: ['dst', 'imm64'],
    pseudo,
    since,
    rfc: '5.4',
    text: text(
      ['{dst} = {imm64}', ...kernel.map((k) => `{dst} = ${k}`)],
      [
        '{dst} = {imm64} ll',
        ...(rfc === undefined ? [] : [`{dst} = ${rfc} ll`]),
        ...(short === undefined ? [] : [`{dst} = ${short}`]),
      ],
      rfc === undefined ? ['lddw {dst}, {imm64}'] : ['lddw {dst}, {imm64}', `lddw {dst}, ${rfc}`],
    ),
  }));
}

function addrSpaceRows(): OpRow[] {
  const line = '{dst} = addr_space_cast({src}, {dstas}, {srcas})';
  return [
    {
      kind: 'addr_space_cast',
      name: 'addr_space_cast',
      code: (0xb << 4) | REG | CLASS.alu64,
      fixed: { off: 1 },
      uses: ['dst', 'src', 'imm'],
      since: '6.9',
      rfc: '',
      text: text(line, [line], [line]),
    },
  ];
}

/** All operations of RFC 9669 and of Linux up to 6.12, one row each: encoding, notation in three dialects, meaning. */
export const OPCODES: readonly OpRow[] = [
  ...aluRows(),
  ...endRows(),
  ...jumpRows(),
  ...callRows(),
  ...memoryRows(),
  ...atomicRows(),
  ...ldImm64Rows(),
  ...addrSpaceRows(),
];

/** The rows of each opcode byte; several where src, off or imm tell operations apart. */
export const ROWS_BY_CODE: readonly (readonly OpRow[])[] = Array.from({ length: 256 }, (_, code) =>
  OPCODES.filter((row) => row.code === code),
);

/** A row by its name; unknown names are a bug of the caller. */
export function rowNamed(name: string): OpRow {
  const row = OPCODES.find((r) => r.name === name);
  if (!row) throw new Error(`no opcode row named ${name}`);
  return row;
}
