import { describe, expect, it } from 'vitest';
import { type AssembleOptions, assemble } from '../../src/asm/assemble.ts';
import { toRequest } from '../../src/asm/request.ts';
import { insnText } from '../../src/isa/disasm.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { explainProblem } from '../../src/util/problem.ts';

function object(text: string, options: Partial<AssembleOptions> = {}) {
  const result = assemble(text, { file: 'dir/demo.bpf', ...options });
  if (!result.object) throw new Error(result.problems.map(explainProblem).join('\n'));
  return result.object;
}

function request(text: string, options: Partial<AssembleOptions> = {}): LoadRequest {
  const result = toRequest(object(text, options));
  if (!result.ok) throw new Error(result.problems.map(explainProblem).join('\n'));
  return result.value;
}

const listing = (text: string, options: Partial<AssembleOptions> = {}): string[] =>
  object(text, options).programs[0]!.insns.map((i) => insnText(i, 'kernel'));

describe('expressions', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['1 << 4 | 3', 19],
    ['0xff & ~0xf', 240],
    ['7 / 2 - 7 % 4', 0],
    ['-8 >> 1', -4],
    ['1 == 1 && 2 < 3 || 0', 1],
    ['3 > 2 ? 10 : 20', 10],
    ["'A' + 1", 66],
    ['htons(0x0800)', 8],
    ['htonl(0x7f000001)', 0x0100007f],
    ['sizeof(key)', 8],
    ['key.port + sizeof(key.port)', 6],
    ['offsetof(key, port)', 4],
    ['XDP_PASS', 2],
    ['__sk_buff.data', 76],
    ['0xffffffff', -1],
  ])('%s is %i', (text, value) => {
    const program = `.struct key { be32 addr; be16 port; u8 flags }\nr1 = ${text}\nexit`;
    expect(listing(program)[0]).toBe(`r1 = ${value}`);
  });
});

describe('structs', () => {
  it('are laid out as C does', () => {
    const text = `
.struct inner { u8 a; u64 b }
.struct outer {
    u8 first
    struct inner in[2]
    union { u32 word; be16 half[2]; }
    char name[3]
    struct bpf_spin_lock lock
    struct outer *next
}
.struct tight { u8 a; u64 b } __packed
r0 = outer.in
r0 = outer.half
r0 = outer.name
r0 = outer.lock
r0 = outer.next
r0 = sizeof(outer)
r0 = sizeof(tight)
exit`;
    expect(listing(text).slice(0, -1)).toEqual([8, 40, 44, 48, 56, 64, 9].map((v) => `r0 = ${v}`));
  });
});

describe('labels', () => {
  it('are of their function; numeric ones repeat', () => {
    const text = `
main: goto 1f
1: if r1 == 0 goto out
   goto 1b
1: call f
out: exit
f: goto out
out: exit`;
    expect(listing(text)).toEqual([
      'goto pc+0',
      'if r1 == 0x0 goto pc+2',
      'goto pc-2',
      'call pc+1',
      'exit',
      'goto pc+0',
      'exit',
    ]);
  });
});

describe('programs', () => {
  const text = `
.section license
.asciz "GPL"
.map counts, type=hash, key=u32, value=8, max_entries=1 << 4, map_flags=BPF_F_NO_PREALLOC
.map jmp, type=prog_array, max_entries=2, values=[1: second]
.map inner, type=array, value=4, max_entries=1
.map outer, type=array_of_maps, max_entries=1, inner=inner, values=[inner]
.map sk, type=sk_storage, value=16
.section .rodata
limit: .long 5, htons(6)
.section "xdp.frags"
.globl first
first:
    r1 = counts ll
    r2 = limit + 4 ll
    call b
    r0 = 2
    exit
.globl second
second:
    call c
    exit
.text
unused: exit
c:  r0 = 0
    exit
b:  call c
    exit`;

  it('are linked as libbpf does: each reachable function once, behind the main one', () => {
    const { programs } = object(text);
    expect(programs.map((p) => [p.name, p.functions.map((f) => `${f.name}@${f.slot}`)])).toEqual([
      ['first', ['first@0', 'b@7', 'c@9']],
      ['second', ['second@0', 'c@2']],
    ]);
    expect(programs[0]!.insns.map((i) => insnText(i, 'kernel')).filter((t) => t.startsWith('call'))).toEqual([
      'call pc+2',
      'call pc+1',
    ]);
    expect(programs[0]!.relocs).toEqual([
      { kind: 'map', slot: 0, map: 'counts' },
      { kind: 'map', slot: 2, map: 'demo.rodata' },
    ]);
  });

  it('make the load request', () => {
    const { maps = [], progs = [], ...rest } = request(text);
    expect(rest).toEqual({ name: 'first', prog_type: 'xdp', license: 'GPL' });
    expect(maps.map((m) => [m.name, m.type, m.key_size, m.value_size, m.max_entries, m.map_flags ?? 0])).toEqual([
      ['inner', 'array', 4, 4, 1, 0],
      ['counts', 'hash', 4, 8, 16, 1],
      ['jmp', 'prog_array', 4, 4, 2, 0],
      ['outer', 'array_of_maps', 4, 4, 1, 0],
      ['sk', 'sk_storage', 4, 16, 0, 1],
      ['demo.rodata', 'array', 4, 8, 1, 128],
    ]);
    expect(maps.map((m) => m.updates ?? [])).toEqual([
      [],
      [],
      [{ key: '01000000', value_prog_index: 1 }],
      [{ key: '00000000', value_map: 0 }],
      [],
      [{ key: '00000000', value: '0500000000060000' }],
    ]);
    expect(maps[5]).toMatchObject({ freeze: true });
    expect(maps[4]!.btf_key_type_id).toBeGreaterThan(0);
    expect(progs.map((p) => [p.name, p.prog_type, p.expected_attach_type, p.prog_flags, p.map_relocs])).toEqual([
      [
        'first',
        'xdp',
        'xdp',
        ['xdp_has_frags'],
        [
          [0, 1],
          [2, 5],
        ],
      ],
      ['second', 'xdp', 'xdp', ['xdp_has_frags'], []],
    ]);
  });

  it('name what they attach to', () => {
    expect(request('.section "fentry.s/tcp_connect"\nr0 = 0\nexit')).toMatchObject({
      prog_type: 'tracing',
      expected_attach_type: 'trace_fentry',
      attach_btf_name: 'tcp_connect',
      prog_flags: ['sleepable'],
    });
  });

  it('leave the prefix that their target has in BTF to the loader', () => {
    const attach = ({ prog_type, expected_attach_type, attach_btf_name, attach_btf_kind }: LoadRequest) => [
      prog_type,
      expected_attach_type,
      attach_btf_name,
      attach_btf_kind,
    ];
    const of = (section: string) => attach(request(`.section "${section}"\nr0 = 0\nexit`));
    expect(of('tp_btf/sched_pi_setprio')).toEqual(['tracing', 'trace_raw_tp', 'sched_pi_setprio', undefined]);
    expect(of('lsm/file_open')).toEqual(['lsm', 'lsm_mac', 'file_open', undefined]);
    expect(of('iter/tcp')).toEqual(['tracing', 'trace_iter', 'tcp', undefined]);
  });

  it('of one program are not a list', () => {
    const one = request('.section "tc"\nr0 = 0\nexit');
    expect(one).toMatchObject({ name: 'tc', prog_type: 'sched_cls', insns: 'b7000000000000009500000000000000' });
    expect(one.progs).toBeUndefined();
  });
});

describe('BTF', () => {
  const text = `
.section "tc"
.func entry(struct __sk_buff *skb) -> int
    call twice
    r0 = 0; exit
.text
.func twice(u32 x, struct __sk_buff *skb __arg_ctx) -> u64 global
    r0 = r1
    exit`;

  it('gives a func_info for each function and a line for each insn', () => {
    const r = request(text);
    expect(r.func_info).toHaveLength(2 * 16);
    expect(r.line_info).toHaveLength(5 * 32);
    const { programs } = object(text);
    expect(programs[0]!.lineInfo.map((l) => `${l.slot} ${l.line}:${l.col}`)).toEqual([
      '0 4:5',
      '1 5:5',
      '2 5:13',
      '3 8:5',
      '4 9:5',
    ]);
  });

  it('is left out of files that describe nothing, and on request', () => {
    expect(request('r0 = 0\nexit').btf).toBeUndefined();
    expect(request(text, { btf: false }).func_info).toBeUndefined();
    expect(request('r0 = 0\nexit', { btf: true }).func_info).toBeDefined();
  });
});

describe('choices', () => {
  const text = `
.ifdef FAST
    r0 = 1
.else
    call now
.endif
.if LEVEL > 1 && LEVEL < 5
    r1 = LEVEL
.endif
    exit
now: r0 = 5
    exit`;

  it('follow the defines', () => {
    expect(listing(text, { defines: { FAST: 1n, LEVEL: 3n } }).slice(0, 2)).toEqual(['r0 = 1', 'r1 = 3']);
    expect(listing(text, { defines: { LEVEL: 0n } }).slice(0, 2)).toEqual(['call pc+1', 'exit']);
  });

  it('replace functions', () => {
    const replaced = listing(text, { defines: { LEVEL: 0n }, override: { now: 'r0 = 7\nr0 += 1\nexit' } });
    expect(replaced.slice(2)).toEqual(['r0 = 7', 'r0 += 1', 'exit']);
    const wrong = assemble(text, { file: 'a', defines: { LEVEL: 0n }, override: { later: 'exit' } });
    expect(wrong.problems.map((p) => p.code)).toEqual(['asm.unknown-override']);
  });

  it('include files and expand macros', () => {
    const files: Record<string, string> = { 'lib.bpf': '.equ FIVE, 5\n.macro load reg, value\n\\reg = \\value\n.endm' };
    const main = '.include "lib.bpf"\nload r3, FIVE + 1\nexit';
    expect(listing(main, { readFile: (path) => files[path] })).toEqual(['r3 = 6', 'exit']);
  });
});

describe('listings', () => {
  it('of the verifier are read, noise and repeats left out', () => {
    const text = `
func#0 @0
0: R1=ctx() R10=fp0
; int prog(void *ctx) @ f.c:3
0: (b7) r1 = 5                        ; R1_w=5
1: (7b) *(u64 *)(r10 -8) = r1         ; R1_w=5 R10=fp0 fp-8_w=5
2: (18) r2 = 0xffff888100000000       ; R2_w=map_ptr(map=m,ks=4,vs=4)
4: (15) if r1 == 0x5 goto pc+1
mark_precise: frame0: last_idx 4 first_idx 0 subseq_idx -1
from 4 to 6: R1=5 R10=fp0
5: (85) call bpf_ktime_get_ns#5
6: (95) exit
6: (95) exit
processed 6 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0`;
    expect(listing(text)).toEqual([
      'r1 = 5',
      '*(u64 *)(r10 -8) = r1',
      'r2 = 0xffff888100000000',
      'if r1 == 0x5 goto pc+1',
      'call unknown#5',
      'exit',
    ]);
  });

  it('of bpftool and llvm-objdump are read', () => {
    const dump = `int xdp(struct xdp_md * ctx):
; return 2;
   0: (18) r1 = map[id:5][0]+16
       18 21 00 00 05 00 00 00 00 00 00 00 10 00 00 00
   2: (b7) r0 = 2
       b7 00 00 00 02 00 00 00
   3: (95) exit`;
    expect(listing(dump)).toEqual(['r1 = 0x1000000005', 'r0 = 2', 'exit']);
    const objdump = `
a.o:\tfile format elf64-bpf

Disassembly of section xdp:

0000000000000000 <prog>:
       0:\tb7 00 00 00 01 00 00 00\tr0 = 0x1
       1:\t15 01 01 00 00 00 00 00\tif r1 == 0x0 goto +0x1 <prog+0x18>
       2:\t18 02 00 00 05 00 00 00 00 00 00 00 00 00 00 00\tr2 = 0x5 ll
       4:\t95 00 00 00 00 00 00 00\texit`;
    expect(listing(objdump)).toEqual(['r0 = 1', 'if r1 == 0x0 goto pc+1', 'r2 = 0x5', 'exit']);
  });
});

describe('the type of programs', () => {
  const typed = (section: string, progType?: string) => {
    const result = toRequest(object(`.section "${section}"\nr0 = 0; exit`), progType === undefined ? {} : { progType });
    return result.ok ? result.value : undefined;
  };

  it('is that of the section, or the one given, which drops how another type is attached', () => {
    expect(typed('cgroup/connect4')).toMatchObject({
      prog_type: 'cgroup_sock_addr',
      expected_attach_type: 'cgroup_inet4_connect',
    });
    expect(typed('cgroup/connect4', 'cgroup_sock_addr')).toMatchObject({
      expected_attach_type: 'cgroup_inet4_connect',
    });
    expect(typed('cgroup/connect4', 'xdp')).toMatchObject({ prog_type: 'xdp' });
    expect(typed('cgroup/connect4', 'xdp')).not.toHaveProperty('expected_attach_type');
  });
});
