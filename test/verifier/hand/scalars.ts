/** Numbers: each operation and each comparison with operands of many kinds; and what slots of the stack keep of what is stored. */
import type { LoadRequest } from '../../../src/spec/request.ts';
import { atHook } from './hooks.ts';

type Named = [string, LoadRequest];

/** How a register comes to hold a number; an unknown one is in R1 first. */
const NUMBERS: Readonly<Record<string, (reg: string) => string>> = {
  '0': (r) => `${r} = 0`,
  '7': (r) => `${r} = 7`,
  '-2': (r) => `${r} = -2`,
  '0x80000000': (r) => `w${r.slice(1)} = 0x80000000`,
  '0x7fffffffffffffff': (r) => `${r} = 0x7fffffffffffffff ll`,
  'any word': (r) => `${r} = *(u32 *)(r6 + 0)`,
  'any number': (r) => `${r} = *(u64 *)(r10 - 8)`,
  '0 to 15': (r) => `${r} = *(u32 *)(r6 + 0)\n${r} &= 15`,
  '1 to 8': (r) => `${r} = *(u32 *)(r6 + 0)\n${r} &= 7\n${r} += 1`,
  '-8 to 7': (r) => `${r} = *(u32 *)(r6 + 0)\n${r} &= 15\n${r} += -8`,
  'multiples of 256': (r) => `${r} = *(u32 *)(r6 + 0)\n${r} <<= 8`,
  'large ones': (r) => `${r} = *(u32 *)(r6 + 0)\n${r} <<= 31\n${r} |= 1`,
  'negative ones': (r) => `${r} = *(u64 *)(r10 - 8)\nif ${r} s>= 0 goto out`,
};

/** Unknown bytes at fp-8. */
const BEFORE = 'r6 = r1\ncall bpf_ktime_get_ns\n*(u64 *)(r10 - 8) = r0';
const AFTER = 'out:\nr0 = 0\nexit';

const OPERATIONS = ['+=', '-=', '*=', '/=', '%=', 's/=', 's%=', '&=', '|=', '^=', '<<=', '>>=', 's>>='] as const;
const COMPARISONS = ['==', '!=', '>', '>=', '<', '<=', 's>', 's>=', 's<', 's<=', '&'] as const;
const IMMEDIATES = ['0', '1', '7', '-1', '31', '0x7fffffff'] as const;
const SHIFTS: ReadonlySet<string> = new Set(['<<=', '>>=', 's>>=']);

function program(name: string, ...body: readonly string[]): Named {
  return [name, atHook(name, 'tc', [BEFORE, ...body, AFTER].join('\n'))];
}

export function arithmeticRequests(): Named[] {
  const kinds = Object.entries(NUMBERS);
  return OPERATIONS.flatMap((op) =>
    (['r', 'w'] as const).flatMap((w) => {
      const topic = `arithmetic, ${w === 'r' ? 64 : 32} bits, ${op}`;
      const registers = kinds.flatMap(([a, left]) =>
        kinds.map(([b, right]) => program(`${topic}: ${a}, ${b}`, left('r7'), right('r8'), `${w}7 ${op} ${w}8`)),
      );
      const immediates = kinds.flatMap(([a, left]) =>
        IMMEDIATES.filter((imm) => !SHIFTS.has(op) || (imm !== '-1' && imm !== '0x7fffffff')).map((imm) =>
          program(`${topic}: ${a}, constant ${imm}`, left('r7'), `${w}7 ${op} ${imm}`),
        ),
      );
      return [...registers, ...immediates];
    }),
  );
}

export function comparisonRequests(): Named[] {
  const kinds = Object.entries(NUMBERS);
  /** Both branches look at the operands. */
  const branches = 'r0 = r7\nr0 = r8\ngoto out\nyes:\nr0 = r7\nr0 += r8';
  return COMPARISONS.flatMap((op) =>
    (['r', 'w'] as const).flatMap((w) => {
      const topic = `comparison, ${w === 'r' ? 64 : 32} bits, ${op}`;
      const registers = kinds.flatMap(([a, left]) =>
        kinds.map(([b, right]) =>
          program(`${topic}: ${a}, ${b}`, left('r7'), right('r8'), `if ${w}7 ${op} ${w}8 goto yes`, branches),
        ),
      );
      const immediates = kinds.flatMap(([a, left]) =>
        IMMEDIATES.map((imm) =>
          program(`${topic}: ${a}, constant ${imm}`, left('r7'), 'r8 = r7', `if ${w}7 ${op} ${imm} goto yes`, branches),
        ),
      );
      return [...registers, ...immediates];
    }),
  );
}

/** What is stored at fp-16 first, as 8 bytes. */
const CONTENTS: Readonly<Record<string, string>> = {
  nothing: '',
  zero: '*(u64 *)(r10 - 16) = 0',
  'a constant': '*(u64 *)(r10 - 16) = 0x11223344',
  'a large constant': 'r7 = 0x1122334455667788 ll\n*(u64 *)(r10 - 16) = r7',
  'any word': 'r7 = *(u32 *)(r6 + 0)\n*(u64 *)(r10 - 16) = r7',
  'a small number': 'r7 = *(u32 *)(r6 + 0)\nr7 &= 15\n*(u64 *)(r10 - 16) = r7',
  'any number': 'r7 = *(u64 *)(r10 - 8)\n*(u64 *)(r10 - 16) = r7',
  'a negative number': 'r7 = -5\n*(u64 *)(r10 - 16) = r7',
  'the context': '*(u64 *)(r10 - 16) = r6',
  'the frame pointer': '*(u64 *)(r10 - 16) = r10',
};

/** What is stored over it. */
const OVER: Readonly<Record<string, string>> = {
  nothing: '',
  'one byte': '*(u8 *)(r10 - 16) = 7',
  'last byte': '*(u8 *)(r10 - 9) = 0',
  'first half': '*(u32 *)(r10 - 16) = 0',
  'second half': 'r8 = *(u32 *)(r6 + 4)\n*(u32 *)(r10 - 12) = r8',
  'a half of a pointer': '*(u32 *)(r10 - 12) = r6',
  'two bytes in the middle': 'r8 = 3\n*(u16 *)(r10 - 14) = r8',
};

export function slotRequests(): Named[] {
  const loads = [1, 2, 4, 8].flatMap((size) =>
    [16, 15, 14, 12, 10, 9].filter((at) => at % size === 0 && at - size >= 8).map((at) => [size, at] as const),
  );
  return Object.entries(CONTENTS).flatMap(([content, first]) =>
    Object.entries(OVER).flatMap(([over, second]) =>
      loads.flatMap(([size, at]) => {
        const name = `stack, ${content}, then ${over}: ${size} at fp-${at}`;
        const where = `(r10 - ${at})`;
        const load = program(name, first, second, `r0 = *(u${8 * size} *)${where}`, 'r9 = r0');
        if (size === 8) return [load];
        return [load, program(`${name} with sign`, first, second, `r0 = *(s${8 * size} *)${where}`, 'r9 = r0')];
      }),
    ),
  );
}

const PLACES: Readonly<Record<string, readonly [string, string]>> = {
  packet: ['r7 = *(u32 *)(r6 + 76)', 'r8 = *(u32 *)(r6 + 80)'],
  metadata: ['r7 = *(u32 *)(r6 + 140)', 'r8 = *(u32 *)(r6 + 76)'],
  'metadata and end': ['r7 = *(u32 *)(r6 + 140)', 'r8 = *(u32 *)(r6 + 80)'],
  'packet and data': ['r7 = *(u32 *)(r6 + 76)', 'r8 = *(u32 *)(r6 + 76)'],
};

export function packetRequests(): Named[] {
  return Object.entries(PLACES).flatMap(([place, [start, end]]) =>
    COMPARISONS.flatMap((op) =>
      ['r9 OP r8', 'r8 OP r9', 'w9 OP w8'].flatMap((form) =>
        [7, 8, 9].flatMap((off) =>
          ['taken', 'not taken'].map((branch) => {
            const read = `r0 = *(u8 *)(r7 + ${off})`;
            const condition = form.replace('OP', op);
            const name = `packet bounds, ${place}: ${condition}, ${branch}, byte ${off}`;
            const [no, yes] = branch === 'taken' ? ['', read] : [read, ''];
            const jump = `if ${condition} goto yes`;
            return program(name, start, end, 'r9 = r7', 'r9 += 8', jump, no, 'goto out', 'yes:', yes);
          }),
        ),
      ),
    ),
  );
}
