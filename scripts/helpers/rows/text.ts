/** Texts: numbers out of them, comparison, formats, the trace pipe. */
import type { Random } from '../../../test/random.ts';
import { FORMAT, NUMBERS, WORDS } from '../input.ts';
import type { Arg, Step } from '../steps.ts';
import type { Gen, RowTable } from './row.ts';

const KINDS = [
  ...[
    'd',
    'u',
    'x',
    'X',
    'i',
    'ld',
    'lu',
    'lx',
    'li',
    'lX',
    'lld',
    'llu',
    'llx',
    'llX',
    'lli',
    'c',
    'px',
    's',
    'pks',
    'pus',
  ],
  ...['pI4', 'pi4', 'pI6', 'pi6'],
];
const BAD = [
  '%q',
  '\x01',
  '\x80',
  '%lll',
  '%*d',
  '%.3d',
  '%p5',
  '%',
  '%lc',
  '%pI5',
  '%#x',
  '%hd',
  '%zu',
  '%n',
  '%-',
  '%5',
  '%pk',
];

/** Conversions with their flags and widths, some of them refused. */
function conversion(r: Random, kinds: readonly string[]): string {
  const flag = r.pick(['', '', '', '0', '-', '+', ' ', '0', '-0', '+0', '00', '+ ']);
  const width = r.pick(['', '', '', '1', '5', '12', '20', kinds === WITHOUT_TEXTS ? '300' : '25']);
  return `%${flag}${width}${r.pick(kinds)}`;
}

/** These copy text behind a full buffer nowhere, and what follows them is then read from bytes that nobody wrote. */
const POINTER_TEXTS: ReadonlySet<string> = new Set(['pks', 'pus', 'pI4', 'pi4', 'pI6', 'pi6']);
const WITHOUT_TEXTS = KINDS.filter((kind) => !POINTER_TEXTS.has(kind));

/** A format of some conversions, at most 63 characters; one in `1 / bad` ends with something that is refused. */
export function randomFormat(r: Random, bad = 0.25, kinds: readonly string[] = KINDS): string {
  let text = '';
  for (let i = r.below(6); i > 0; i--) {
    text += `${r.pick(['', 'a', ' ', '%%', '.', ': ', '\n'])}${conversion(r, kinds)}${r.bool(bad / 5) ? 'Z' : r.pick([' ', '.', ','])}`;
  }
  if (r.bool(bad)) text += r.pick(BAD);
  return (text + r.pick(['', '\n', '!', '%%'])).slice(0, 63);
}

/** Values for a format: where a pointer is expected, one to the input map. */
function values(r: Random, text: string): Arg[] {
  const kinds = text.replaceAll('%%', '').match(/%[0 +-]*\d*(l*[duxXi]|c|px|s|pks|pus|p[iI][46])/g) ?? [];
  return kinds.map((kind) => {
    if (/s$|[iI][46]$/.test(kind)) return r.bool(0.9) ? { in: r.pick([0, WORDS, WORDS + 16, WORDS + 24]) } : 0n;
    return (
      (BigInt(r.pick([0, r.next(), 0xffffffff])) << 32n) | BigInt(r.pick([0, 7, r.next(), 0xffffffff, 0x80000000]))
    );
  });
}

const VALUES_AT = -96;

/** Puts the values on the stack, `count` of them, whether the format has so many or not. */
function onStack(list: readonly Arg[], count: number): Step[] {
  return Array.from({ length: count }, (_, i) => ({ stack: VALUES_AT + 8 * i, value: list[i] ?? 1n }));
}

/** How long the values are said to be: mostly right. */
const length = (r: Random, count: number): number => 8 * (r.bool(0.85) ? count : r.below(13)) + (r.bool(0.03) ? 4 : 0);

function traceText(g: Gen): { readonly text: string; readonly args: Arg[] } {
  const text = g.format;
  return { text, args: values(g.r, text) };
}

const strto =
  (name: 'bpf_strtol' | 'bpf_strtoul') =>
  ({ r, call }: Gen): Step[] => [
    call(name, [
      r.bool(0.9) ? { in: NUMBERS + 32 * r.below(4) + r.below(4) } : { in: r.below(256) },
      BigInt(1 + r.below(r.bool(0.9) ? 24 : 80)),
      r.pick([0n, 8n, 10n, 16n, 0n, 10n, 2n, 33n, 1n << 40n]),
      { out: 8 * r.below(8) },
    ]),
  ];

export const textRows: RowTable = {
  bpf_strtol: strto('bpf_strtol'),
  bpf_strtoul: strto('bpf_strtoul'),
  bpf_strncmp: ({ r, maps, call }) => [
    call('bpf_strncmp', [
      { in: r.pick([WORDS, WORDS + 16, WORDS + 24, WORDS + 34, 0]) },
      BigInt(1 + r.below(20)),
      { text: maps.text(r.pick(['conntrack entry', 'conntrack', 'service', 'conntrack entrz', 'A', ''])) },
    ]),
  ],
  bpf_snprintf: (g) => {
    const { r, maps, call } = g;
    // What the verifier can see it checks.
    const room = r.pick([0, 1, 10, 128, 128, 200, 256, 256]);
    const text = randomFormat(r, 0.02, room < 128 ? WITHOUT_TEXTS : KINDS);
    const list = values(r, text);
    const bytes = length(r, list.length);
    const out: readonly Arg[] = room === 0 ? [0n, 0n] : [{ out: 256 * r.below(2) }, BigInt(room)];
    const data: readonly Arg[] =
      bytes === 0 && r.bool(0.5) ? [0n, 0n] : [{ stack: VALUES_AT }, BigInt(Math.min(96, bytes))];
    return [...onStack(list, 12), call('bpf_snprintf', [...out, { text: maps.text(text) }, ...data])];
  },
  bpf_trace_printk: (g) => {
    const { text, args } = traceText(g);
    const size = g.r.bool(0.9) ? text.length + 1 : Math.max(1, text.length - g.r.below(3));
    return [
      ...onStack(args, 0),
      g.call('bpf_trace_printk', [{ in: FORMAT }, BigInt(size), ...[0, 1, 2].map((i) => args[i] ?? BigInt(i))]),
    ];
  },
  bpf_trace_vprintk: (g) => {
    const { text, args } = traceText(g);
    const size = g.r.bool(0.9) ? text.length + 1 : Math.max(1, text.length - g.r.below(3));
    const bytes = length(g.r, args.length);
    const data: readonly Arg[] = bytes === 0 ? [0n, 0n] : [{ stack: VALUES_AT }, BigInt(Math.min(96, bytes))];
    return [...onStack(args, 12), g.call('bpf_trace_vprintk', [{ in: FORMAT }, BigInt(size), ...data])];
  },
};
