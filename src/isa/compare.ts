/** The comparisons of conditional jumps, on bigints and on halves. */
import type { JumpRow } from './rows.ts';
import { below64, less64 } from './wide.ts';

type Exec = JumpRow['exec'];

export interface Comparison {
  readonly name: string;
  /** Upper four bits of the opcode. */
  readonly op: number;
  readonly symbol: string;
  readonly since: string;
  /** On values that the table has made signed or unsigned of the right width, as `signed` asks. */
  readonly test: (a: bigint, b: bigint) => boolean;
  readonly signed: boolean;
  readonly exec64: Exec;
  readonly exec32: (a: number, b: number) => boolean;
}

export const COMPARISONS: readonly Comparison[] = [
  {
    name: 'jeq',
    op: 0x1,
    symbol: '==',
    since: '3.18',
    signed: false,
    test: (a, b) => a === b,
    exec64: (al, ah, bl, bh) => al === bl && ah === bh,
    exec32: (a, b) => a === b,
  },
  {
    name: 'jgt',
    op: 0x2,
    symbol: '>',
    since: '3.18',
    signed: false,
    test: (a, b) => a > b,
    exec64: (al, ah, bl, bh) => below64(bl, bh, al, ah),
    exec32: (a, b) => a >>> 0 > b >>> 0,
  },
  {
    name: 'jge',
    op: 0x3,
    symbol: '>=',
    since: '3.18',
    signed: false,
    test: (a, b) => a >= b,
    exec64: (al, ah, bl, bh) => !below64(al, ah, bl, bh),
    exec32: (a, b) => a >>> 0 >= b >>> 0,
  },
  {
    name: 'jset',
    op: 0x4,
    symbol: '&',
    since: '3.18',
    signed: false,
    test: (a, b) => (a & b) !== 0n,
    exec64: (al, ah, bl, bh) => ((al & bl) | (ah & bh)) !== 0,
    exec32: (a, b) => (a & b) !== 0,
  },
  {
    name: 'jne',
    op: 0x5,
    symbol: '!=',
    since: '3.18',
    signed: false,
    test: (a, b) => a !== b,
    exec64: (al, ah, bl, bh) => al !== bl || ah !== bh,
    exec32: (a, b) => a !== b,
  },
  {
    name: 'jsgt',
    op: 0x6,
    symbol: 's>',
    since: '3.18',
    signed: true,
    test: (a, b) => a > b,
    exec64: (al, ah, bl, bh) => less64(bl, bh, al, ah),
    exec32: (a, b) => a > b,
  },
  {
    name: 'jsge',
    op: 0x7,
    symbol: 's>=',
    since: '3.18',
    signed: true,
    test: (a, b) => a >= b,
    exec64: (al, ah, bl, bh) => !less64(al, ah, bl, bh),
    exec32: (a, b) => a >= b,
  },
  {
    name: 'jlt',
    op: 0xa,
    symbol: '<',
    since: '4.14',
    signed: false,
    test: (a, b) => a < b,
    exec64: below64,
    exec32: (a, b) => a >>> 0 < b >>> 0,
  },
  {
    name: 'jle',
    op: 0xb,
    symbol: '<=',
    since: '4.14',
    signed: false,
    test: (a, b) => a <= b,
    exec64: (al, ah, bl, bh) => !below64(bl, bh, al, ah),
    exec32: (a, b) => a >>> 0 <= b >>> 0,
  },
  {
    name: 'jslt',
    op: 0xc,
    symbol: 's<',
    since: '4.14',
    signed: true,
    test: (a, b) => a < b,
    exec64: less64,
    exec32: (a, b) => a < b,
  },
  {
    name: 'jsle',
    op: 0xd,
    symbol: 's<=',
    since: '4.14',
    signed: true,
    test: (a, b) => a <= b,
    exec64: (al, ah, bl, bh) => !less64(bl, bh, al, ah),
    exec32: (a, b) => a <= b,
  },
];
