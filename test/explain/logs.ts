/** One rejection, a lookup without a NULL check behind a branch, as kernels of several times and loaders print it. */

/** Linux 4.9: no brackets, states on lines of their own. */
export const LOG_4_9 = `0: (bf) r6 = r1
1: (61) r7 = *(u32 *)(r6 +8)
2: (b7) r1 = 0
3: (63) *(u32 *)(r10 -4) = r1
4: (55) if r7 != 0x0 goto pc+2
 R1=imm0,min_value=0,max_value=0 R6=ctx R7=imm0,min_value=0,max_value=0 R10=fp
5: (b7) r0 = 0
6: (95) exit

from 4 to 7: R1=imm0,min_value=0,max_value=0 R6=ctx R7=inv32 R10=fp
7: (bf) r2 = r10
8: (07) r2 += -4
9: (18) r1 = 0xffff880036a1fc00
11: (85) call 1
12: (79) r0 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
`;

/** Linux 5.4, level 2: \`inv\`, all fields, a state before each insn. */
export const LOG_5_4 = `func#0 @0
0: R1=ctx(id=0,off=0,imm=0) R10=fp0
0: (bf) r6 = r1
1: R1=ctx(id=0,off=0,imm=0) R6_w=ctx(id=0,off=0,imm=0) R10=fp0
1: (61) r7 = *(u32 *)(r6 +8)
2: R1=ctx(id=0,off=0,imm=0) R6_w=ctx(id=0,off=0,imm=0) R7_w=inv(id=0,umax_value=4294967295,var_off=(0x0; 0xffffffff)) R10=fp0
2: (b7) r1 = 0
3: R1_w=inv0 R6_w=ctx(id=0,off=0,imm=0) R7_w=inv(id=0,umax_value=4294967295,var_off=(0x0; 0xffffffff)) R10=fp0
3: (63) *(u32 *)(r10 -4) = r1
last_idx 3 first_idx 0
regs=2 stack=0 before 2: (b7) r1 = 0
4: R1_w=inv0 R6_w=ctx(id=0,off=0,imm=0) R7_w=inv(id=0,umax_value=4294967295,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=0000????
4: (55) if r7 != 0x0 goto pc+2
5: R1=inv0 R6=ctx(id=0,off=0,imm=0) R7=inv0 R10=fp0 fp-8=0000????
5: (b7) r0 = 0
6: R0_w=inv0 R1=inv0 R6=ctx(id=0,off=0,imm=0) R7=inv0 R10=fp0 fp-8=0000????
6: (95) exit

from 4 to 7: R1=inv0 R6=ctx(id=0,off=0,imm=0) R7=inv(id=0,umax_value=4294967295,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=0000????
7: (bf) r2 = r10
8: R1=inv0 R2_w=fp0 R6=ctx(id=0,off=0,imm=0) R10=fp0 fp-8=0000????
8: (07) r2 += -4
9: (18) r1 = 0xffff9d5b2a4c8000
11: (85) call bpf_map_lookup_elem#1
12: R0_w=map_value_or_null(id=1,off=0,ks=4,vs=8,imm=0) R6=ctx(id=0,off=0,imm=0) R10=fp0 fp-8=mmmm????
12: (79) r0 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
processed 13 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1
`;

/** Linux 6.12, level 1, with the C source: the insns of the path that failed only. */
export const LOG_6_12 = `0: R1=ctx() R10=fp0
; __u32 mark = skb->mark; @ mark.c:20
0: (bf) r6 = r1                       ; R1=ctx() R6_w=ctx()
1: (61) r7 = *(u32 *)(r6 +8)          ; R6_w=ctx() R7_w=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))
2: (b7) r1 = 0                        ; R1_w=0
3: (63) *(u32 *)(r10 -4) = r1         ; R1_w=0 R10=fp0 fp-8=0000????
; if (!mark) @ mark.c:22
4: (55) if r7 != 0x0 goto pc+2        ; R7_w=0

from 4 to 7: R1=0 R6=ctx() R7=scalar(smin=umin=umin32=1,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R10=fp0 fp-8=0000????
; struct flow *flow = bpf_map_lookup_elem(&flows, &zero); @ mark.c:24
7: (bf) r2 = r10                      ; R2_w=fp0 R10=fp0
8: (07) r2 += -4                      ; R2_w=fp-4
9: (18) r1 = 0xffff8ed181234c00       ; R1_w=map_ptr(map=flows,ks=4,vs=8)
11: (85) call bpf_map_lookup_elem#1   ; R0_w=map_value_or_null(id=1,map=flows,ks=4,vs=8)
; return flow->packets; @ mark.c:25
12: (79) r0 = *(u64 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
processed 13 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1
`;

export const LIBBPF = `libbpf: prog 'count': BPF program load failed: Permission denied
libbpf: prog 'count': -- BEGIN PROG LOAD LOG --
${LOG_6_12}-- END PROG LOAD LOG --
libbpf: prog 'count': failed to load: -13
libbpf: failed to load object 'mark.o'
`;

/** What cilium/ebpf prints with %+v, in a system log. */
export const CILIUM = `field Count: program count: load program: permission denied:
${LOG_6_12.trimEnd()
  .split('\n')
  .map((line) => `\t${line}`)
  .join('\n')}
`;

/** What cilium/ebpf prints with %v. */
export const CILIUM_SHORT =
  'field Count: program count: load program: permission denied: invalid access to packet, off=14 size=2, R2(id=0,off=14,r=14): R2 offset is outside of the packet (12 line(s) omitted)';

/** The same log inside of a quoted string. */
export const QUOTED = `level=error msg="load program: permission denied: ${LOG_6_12.replaceAll('\n', '\\n')}" subsys=datapath`;
