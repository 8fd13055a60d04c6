/** What an insn does, read from its text in a log: enough to follow values, whatever the kernel's version. */

export type LogInsn =
  /** `r1 = r2`, also `w1 = w2` and `r1 = (s8)r2`, where `narrow`. */
  | { readonly kind: 'copy'; readonly dst: number; readonly src: number; readonly narrow: boolean }
  /** `r1 = 5`, `r1 = 0xffff…`. */
  | { readonly kind: 'set'; readonly dst: number; readonly value: bigint; readonly wide: boolean }
  | { readonly kind: 'alu'; readonly dst: number; readonly op: string; readonly src?: number; readonly imm?: bigint }
  | Access<'load'>
  | Access<'store'>
  | Access<'atomic'>
  | { readonly kind: 'packet'; readonly dst: 0; readonly src?: number }
  | {
      readonly kind: 'if';
      readonly dst: number;
      readonly op: string;
      readonly src?: number;
      readonly imm?: bigint;
      readonly distance: number;
      readonly narrow: boolean;
    }
  | { readonly kind: 'goto'; readonly distance: number; readonly may: boolean }
  | { readonly kind: 'helper'; readonly name: string; readonly id: number }
  | { readonly kind: 'call'; readonly distance: number }
  | { readonly kind: 'exit' }
  | { readonly kind: 'other' };

/** A memory insn: `reg` is what is loaded or stored, `base` the address. */
interface Access<K extends string> {
  readonly kind: K;
  readonly reg?: number;
  readonly imm?: bigint;
  readonly base: number;
  readonly off: number;
  /** Bytes. */
  readonly size: number;
  readonly fetch?: boolean;
}

const MEM = String.raw`\(?\*?\((?<t>[us]\d+) \*\)\(r(?<base>\d+) ?(?<off>[+-] ?\d+)\)\)?`;
const RULES: readonly (readonly [RegExp, (g: Record<string, string>) => LogInsn])[] = [
  [/^exit$/, () => ({ kind: 'exit' })],
  [
    /^(?<m>may_)?goto(?:l|_or_nop)? (?:pc)?(?<d>[+-]\d+)$/,
    (g) => ({ kind: 'goto', distance: Number(g.d), may: g.m !== undefined }),
  ],
  [
    /^if (?<w>[rw])(?<a>\d+) (?<op>s?[<>]=?|==|!=|&) (?:[rw](?<b>\d+)|(?<imm>-?(?:0x)?[0-9a-f]+)) goto (?:pc)?(?<d>[+-]\d+)$/,
    (g) => ({ kind: 'if', dst: Number(g.a), op: g.op!, ...operand(g), distance: Number(g.d), narrow: g.w === 'w' }),
  ],
  [/^call pc(?<d>[+-]\d+)/, (g) => ({ kind: 'call', distance: Number(g.d) })],
  [/^call (?<n>[\w.-]+)#(?<id>\w+)/, (g) => ({ kind: 'helper', name: g.n!, id: Number(g.id) })],
  [/^call (?<id>\d+)$/, (g) => ({ kind: 'helper', name: '', id: Number(g.id) })],
  [new RegExp(`^[rw](?<a>\\d+) = ${MEM}$`), (g) => access('load', g, Number(g.a))],
  [
    new RegExp(`^${MEM} = (?:r(?<b>\\d+)|(?<imm>-?\\d+))$`),
    (g) => access('store', g, g.b === undefined ? undefined : Number(g.b)),
  ],
  [new RegExp(`^lock ${MEM} \\S+= r(?<b>\\d+)$`), (g) => access('atomic', g, Number(g.b))],
  [
    new RegExp(`^[rw](?<a>\\d+) = atomic\\w*\\(${MEM.replace('\\(?', '')}`),
    (g) => ({ ...access('atomic', g, Number(g.a)), fetch: true }),
  ],
  [
    /^r0 = \*\([us]\d+ \*\)skb\[(?:r(?<b>\d+))?/,
    (g) => ({ kind: 'packet', dst: 0, ...(g.b !== undefined && { src: Number(g.b) }) }),
  ],
  [
    /^(?<w>[rw])(?<a>\d+) = (?<cast>\(s\d+\))?[rw](?<b>\d+)$/,
    (g) => ({ kind: 'copy', dst: Number(g.a), src: Number(g.b), narrow: g.w === 'w' || g.cast !== undefined }),
  ],
  [
    /^[rw](?<a>\d+) = (?<imm>-?(?:0x[0-9a-f]+|\d+))$/,
    (g) => ({ kind: 'set', dst: Number(g.a), value: int(g.imm!), wide: g.imm!.startsWith('0x') }),
  ],
  [
    /^[rw](?<a>\d+) (?<op>(?:s?[-+*/%&|^]|<<|s?>>))= (?:[rw](?<b>\d+)|(?<imm>-?(?:0x)?[0-9a-f]+))$/,
    (g) => ({ kind: 'alu', dst: Number(g.a), op: g.op!, ...operand(g) }),
  ],
  [/^[rw](?<a>\d+) = (?:-|[bl]e\d+ |bswap\d+ )[rw]\d+$/, (g) => ({ kind: 'alu', dst: Number(g.a), op: '=' })],
];

function int(text: string): bigint {
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
}

function operand(g: Record<string, string>): { src: number } | { imm: bigint } {
  return g.b === undefined ? { imm: int(g.imm!) } : { src: Number(g.b) };
}

function access<K extends 'load' | 'store' | 'atomic'>(
  kind: K,
  g: Record<string, string>,
  reg: number | undefined,
): Access<K> {
  return {
    kind,
    ...(reg !== undefined && { reg }),
    ...(g.imm !== undefined && { imm: int(g.imm) }),
    base: Number(g.base),
    off: Number(g.off!.replace(' ', '')),
    size: Number(g.t!.slice(1)) / 8,
  };
}

/** Reads an insn's text. */
export function readInsn(text: string): LogInsn {
  for (const [rule, make] of RULES) {
    const m = rule.exec(text);
    if (m) return make((m.groups ?? {}) as Record<string, string>);
  }
  return { kind: 'other' };
}
