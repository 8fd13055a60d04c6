/**
 * Asks the kernel what bpf(2) answers to updates, deletions and freezing of maps that a syscall program makes, and writes
 * test/recorded/maps/sysBpf.json: `npx tsx scripts/maps/recordSysBpf.ts`.
 */
import { writeFileSync } from 'node:fs';
import { SYS_CASES, type SysCase, type SysOp, sysAnswers } from '../../test/maps/sysBpf.ts';
import { askOracle } from '../oracle.ts';
import { insn, ldMap } from './program.ts';

const [SYS_BPF, SYS_CLOSE] = [166, 168];
const COMMAND = { create: 0, update: 2, delete: 3, freeze: 22 } as const;
/** On the stack: the value, the key, and union bpf_attr. */
const [VALUE_AT, KEY_AT, ATTR_AT, ATTR_SIZE] = [-8, -16, -144, 72];

const address = (dst: number, at: number): string[] => [insn(0xbf, dst, 10, 0, 0), insn(0x07, dst, 0, 0, at)];
const attrWord = (offset: number, value: number): string => insn(0x62, 10, 0, ATTR_AT + offset, value);
const attrPointer = (offset: number, at: number): string[] => [
  ...address(1, at),
  insn(0x7b, 10, 1, ATTR_AT + offset, 0),
];
const clear = Array.from({ length: ATTR_SIZE / 8 }, (_, i) => insn(0x7a, 10, 0, ATTR_AT + 8 * i, 0));
const call = (command: number): string[] => [
  insn(0xb7, 1, 0, 0, command),
  ...address(2, ATTR_AT),
  insn(0xb7, 3, 0, 0, ATTR_SIZE),
  insn(0x85, 0, 0, 0, SYS_BPF),
];

function opInsns(op: SysOp, slot: number): string[] {
  const key = op[0] === 'freeze' ? null : op[1];
  const [value, flags] = op[0] === 'update' ? [op[2], op[3]] : [0, 0];
  return [
    ...clear,
    insn(0x63, 10, 7, ATTR_AT, 0),
    ...(key === null ? [] : [insn(0x7a, 10, 0, KEY_AT, key), ...attrPointer(8, KEY_AT)]),
    insn(0x7a, 10, 0, VALUE_AT, value),
    ...(op[0] === 'update' ? [...attrPointer(16, VALUE_AT), insn(0x7a, 10, 0, ATTR_AT + 24, flags)] : []),
    ...call(COMMAND[op[0]]),
    ...ldMap(1, 0, 2),
    insn(0x7b, 1, 0, 8 * slot, 0),
  ];
}

function requestOf({ name, attr, ops }: SysCase): Record<string, unknown> {
  const sizes = [attr.type, attr.key_size, attr.value_size, attr.max_entries];
  const code = [...clear, ...sizes.map((v, i) => attrWord(4 * i, v)), ...call(COMMAND.create), insn(0xbf, 7, 0, 0, 0)];
  ops.forEach((op, slot) => {
    code.push(...opInsns(op, slot));
  });
  const exit = [insn(0xb7, 0, 0, 0, 0), insn(0x95, 0, 0, 0, 0)];
  code.push(insn(0xbf, 1, 7, 0, 0), insn(0x65, 7, 0, 2, 0), ...exit, insn(0x85, 0, 0, 0, SYS_CLOSE), ...exit);
  return {
    name,
    prog_type: 'syscall',
    prog_flags: ['sleepable'],
    license: 'GPL',
    insns: code,
    dump_maps: true,
    maps: [{ name: 'res', type: 'array', key_size: 4, value_size: 8 * ops.length, max_entries: 1 }],
    map_relocs: code.flatMap((text, i) => (/^182/.test(text) ? [[i, 0]] : [])),
    test_run: [{ ctx: '00'.repeat(16), out_size: 0, ctx_out_size: 0, repeat: 0 }],
  };
}

const recorded: Record<string, number[]> = {};
askOracle(SYS_CASES.map(requestOf)).forEach((result, i) => {
  const test = SYS_CASES[i]!;
  const value = result.test_run?.[0]?.maps?.res?.[0]?.[1];
  if (typeof value !== 'string') throw new Error(`${test.name}: ${result.verdict} ${result.log?.slice(-300)}`);
  const bytes = Buffer.from(value, 'hex');
  const kernel = test.ops.map((_, slot) => Number(bytes.readBigInt64LE(8 * slot)));
  recorded[test.name] = kernel;
  const here = sysAnswers(test);
  test.ops.forEach((op, slot) => {
    if (kernel[slot] !== here[slot]) console.log(test.name, op, 'kernel', kernel[slot], 'here', here[slot]);
  });
});
const rows = Object.entries(recorded).map(([name, answers]) => `  ${JSON.stringify(name)}: ${JSON.stringify(answers)}`);
writeFileSync(new URL('../../test/recorded/maps/sysBpf.json', import.meta.url), `{\n${rows.join(',\n')}\n}\n`);
