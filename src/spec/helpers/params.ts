/**
 * What a helper's row says to TypeScript: the parameters and the result of its implementation.
 *
 * A register is 64 bits wide, but nearly every argument is a pointer (an offset into linear memory, below 2^32), a size
 * or a 32-bit number, and those are passed as one `number`. Only scalars that the kernel reads with all their 64 bits
 * are two numbers, the low and the high half, both signed 32-bit. So from
 *
 *     bpf_map_update_elem: { args: ['ARG_CONST_MAP_PTR', 'ARG_PTR_TO_MAP_KEY', 'ARG_PTR_TO_MAP_VALUE', 'ARG_ANYTHING'],
 *                            ctypes: ['void *', 'const void *', 'const void *', 'u64'], rtype: 'long' }
 *
 * follows `HelperParams<'bpf_map_update_elem'>` = `[map: number, key: number, value: number, flagsLo: number,
 * flagsHi: number]` and `HelperResult<…>` = `number`. An implementation table of type
 * `{ [N in HelperName]?: (env, ...args: HelperParams<N>) => HelperResult<N> }` therefore refuses a function of another shape.
 *
 * The rule, by argument (`argWidth` is the same rule at run time):
 * - an integer the kernel reads as u64 or s64 (ARG_ANYTHING, ARG_SCALAR, or ARG_DONTCARE for trace_printk's values): two numbers;
 * - a pointer that nobody checked, so ARG_ANYTHING with a pointer type (the kernel or user address of bpf_probe_read and
 *   its kin): two numbers, because any 64-bit value can stand there;
 * - everything else, so every checked pointer, map, callback (its insn number), ARG_CONST_SIZE* and 32-bit or narrower scalar:
 *   one number. The low 32 bits of the register: signed for s32 and int, unsigned for pointers, sizes and the rest.
 * The result (`resultWidth`):
 * - RET_VOID: `void`, R0 is not meaningful;
 * - a pointer: `number`, an offset into linear memory, 0 for NULL, zero-extended into R0;
 * - u32: `number`, zero-extended; `long` and `int` (0, a count or -errno): `number`, sign-extended;
 * - u64 and s64: `void`; the implementation writes both halves through its env.
 */

import type { HELPERS } from './index.ts';
import type { HelperRow } from './row.ts';

type Helpers = typeof HELPERS;

/** Names of all helpers, `bpf_map_lookup_elem` and so on. */
export type HelperName = keyof Helpers;

/** The row of one helper with its literal types. */
export type HelperRowOf<N extends HelperName> = Helpers[N];

type Wide = 'u64' | 's64' | `${string}*`;
type Unchecked = 'ARG_ANYTHING' | 'ARG_SCALAR' | 'ARG_DONTCARE';

type Flatten<Args extends readonly string[], Types extends readonly string[]> = Args extends readonly [
  infer A,
  ...infer RestArgs extends readonly string[],
]
  ? Types extends readonly [infer T, ...infer RestTypes extends readonly string[]]
    ? A extends Unchecked
      ? T extends Wide
        ? [lo: number, hi: number, ...Flatten<RestArgs, RestTypes>]
        : [arg: number, ...Flatten<RestArgs, RestTypes>]
      : [arg: number, ...Flatten<RestArgs, RestTypes>]
    : never
  : [];

/** Parameters of an implementation of helper `N`, flattened as the file's comment says. */
export type HelperParams<N extends HelperName> = Flatten<HelperRowOf<N>['args'], HelperRowOf<N>['ctypes']>;

/** Result of an implementation of helper `N`. */
export type HelperResult<N extends HelperName> = HelperRowOf<N>['ret'] extends 'RET_VOID'
  ? // biome-ignore lint/suspicious/noConfusingVoidType: it is the return type of the implementation
    void
  : HelperRowOf<N>['rtype'] extends 'u64' | 's64'
    ? // biome-ignore lint/suspicious/noConfusingVoidType: as above
      void
    : number;

/** How an argument is passed: `pair` as two numbers, `signed` or `unsigned` as one made from the low 32 bits. */
export type ArgWidth = 'pair' | 'signed' | 'unsigned';

const UNCHECKED: ReadonlySet<string> = new Set(['ARG_ANYTHING', 'ARG_SCALAR', 'ARG_DONTCARE']);

/** How each argument of a helper is passed to its implementation; the run-time side of `HelperParams`. */
export function argWidths(row: HelperRow): readonly ArgWidth[] {
  return row.args.map((arg, i) => {
    const type = row.ctypes[i]!;
    if (UNCHECKED.has(arg) && (type === 'u64' || type === 's64' || type.endsWith('*'))) return 'pair';
    return type === 's32' || type === 'int' ? 'signed' : 'unsigned';
  });
}

/** What becomes of R0: `none`, `pair` (written through env), a `signed` or an `unsigned` 32-bit number to be extended. */
export function resultWidth(row: HelperRow): ArgWidth | 'none' {
  if (row.ret === 'RET_VOID') return 'none';
  if (row.rtype === 'u64' || row.rtype === 's64') return 'pair';
  return row.rtype === 'long' || row.rtype === 'int' ? 'signed' : 'unsigned';
}
