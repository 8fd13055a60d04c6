import { describe, expect, test } from 'vitest';
import { Kernel } from '../../src/kernel/kernel.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { problemText } from '../../src/util/problem.ts';

const EXIT = 'b700000000000000 9500000000000000';

function kernel(options = {}): Kernel {
  const made = Kernel.create(options);
  if (!made.ok) throw new Error('no kernel');
  return made.value;
}

function problems(request: LoadRequest): string[] {
  return kernel().load(request).problems.map(problemText);
}

describe('loading', () => {
  test('a program that does not load does not stop the others', () => {
    const loaded = kernel().load({
      progs: [
        { name: 'a', insns: '' },
        { name: 'b', insns: EXIT },
      ],
      prog_type: 'xdp',
    });
    expect(loaded.progs.map((p) => p?.name)).toEqual([undefined, 'b']);
    expect(loaded.problems.map(problemText)).toEqual(['program a has no insns']);
  });

  test('after a failed map the kernel is as it was', () => {
    const k = kernel();
    const before = k.world;
    const size = { key_size: 4, value_size: 8, max_entries: 16 };
    const loaded = k.load({
      maps: [
        { name: 'good', type: 'hash', ...size },
        { name: 'bad', type: 'hash', ...size, max_entries: 0 },
      ],
      insns: EXIT,
    });
    expect(loaded.problems.map(problemText)).toEqual(['map bad: bpf(BPF_MAP_CREATE) fails with EINVAL (22)']);
    expect(loaded.progs).toEqual([]);
    expect(k.world).toBe(before);
  });

  test.each([
    [{ insns: 'xyz' }, 'program prog0, insns: not a hexadecimal byte string'],
    [{ insns: '95' }, 'program prog0: 1 bytes are not whole insns of 8 bytes'],
    [{ insns: EXIT, prog_type: 'xdq' }, 'program prog0: unknown program type xdq'],
    [{ maps: [{ type: 'hsah', key_size: 4, value_size: 4, max_entries: 1 }] }, 'map map0: unknown map type hsah'],
    [
      { maps: [{ type: 'array_of_maps', key_size: 4, value_size: 4, max_entries: 1, inner_map: 3 }] },
      'map map0, inner_map: there is no map number 3 in this request',
    ],
  ] as [LoadRequest, string][])('%j', (request, text) => {
    expect(problems(request)).toEqual([text]);
  });

  test('a prog_array takes programs of one type', () => {
    const array = { name: 'jmp', type: 'prog_array', key_size: 4, value_size: 4, max_entries: 2 };
    const updates = [
      { key: '00000000', value_prog_index: 0 },
      { key: '01000000', value_prog_index: 1 },
    ];
    const progs = [
      { name: 'one', prog_type: 'xdp', insns: EXIT },
      { name: 'two', prog_type: 'sched_cls', insns: EXIT },
    ];
    expect(problems({ maps: [{ ...array, updates }], progs })).toEqual([
      'program two does not fit into prog_array jmp, whose first program was of another type or kind: EINVAL (22)',
    ]);
    const same = progs.map((p) => ({ ...p, prog_type: 'xdp' }));
    expect(problems({ maps: [{ ...array, updates }], progs: same })).toEqual([]);
  });

  test('a memory limit is an error, not a crash', () => {
    const k = kernel({ limit: 16 * 2 ** 20 });
    const loaded = k.load({
      maps: [{ name: 'big', type: 'array', key_size: 4, value_size: 4096, max_entries: 100_000 }],
    });
    expect(loaded.problems.map(problemText)).toEqual(['map big: bpf(BPF_MAP_CREATE) fails with ENOMEM (12)']);
  });
});

describe('running', () => {
  const run = (insns: string, limit?: number) => {
    const k = kernel();
    const prog = k.load({ prog_type: 'xdp', insns }).progs[0]!;
    const status = k.testRun(prog, { data: new Uint8Array(64) }, limit).finish();
    if (status.state === 'fault') return `${status.problem.at.insn}: ${problemText(status.problem)}`;
    return status.state === 'done' ? status.output.retval : status.state;
  };

  test.each([
    [
      'NULL pointer',
      'b701000000000000 7910000000000000 95',
      '1: 8-byte read at address 0x0: page 0 is never accessible',
    ],
    ['beyond the packet', '6112000000000000 7120400000000000 95', '1: 1-byte read at packet+64, size 64'],
    ['below the stack', '7a0af8fd00000000 95', '0: 8-byte write at stack-8, size 512'],
    [
      'scalar with high bits',
      '1801000000000000 0000000001000000 7910000000000000 95',
      '2: 8-byte read through a register that holds 0x100000000: not an address',
    ],
    ['no such context field', '6110180000000000 95', '0: 4-byte read at ctx+24, size 24'],
    ['write to a read-only field', '6201000005000000 95', '0: invalid bpf_context access off=0 size=4 (write)'],
    ['unknown helper', '85000000ffff0000 95', '0: call of unknown helper #65535'],
    ['jump out of the program', '0500100000000000 95', '0: jump out of range to insn 17'],
    ['no exit', 'b700000001000000', '1: execution left the program at insn 1'],
    ['reserved opcode', 'ff00000000000000 95', '0: insn cannot be executed: unknown-opcode'],
  ])('fault: %s', (_, insns, text) => {
    const padded = insns.split(' ').map((i) => i.padEnd(16, '0'));
    expect(run(padded.join(' '))).toBe(text);
  });

  test('an endless loop ends at the insn limit', () => {
    expect(run('0500ffff00000000 9500000000000000', 1000)).toBe('0: stopped after 1000 insns without reaching exit');
  });
});
