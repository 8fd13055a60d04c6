/** Attach targets: which are refused, and with what words. */
import type { LoadRequest } from '../../../src/spec/request.ts';
import { program, type Requests } from './source.ts';

const PASS = 'r0 = 0\nexit';
const EMPTY = 'b700000000000000 9500000000000000';

const SECTIONS: readonly string[] = [
  'fentry/tcp_sendmsg',
  'fentry/migrate_disable',
  'fentry/__rcu_read_lock',
  'fentry/bpf_trace_run12',
  'fentry/__warn_printk',
  'fentry/class_irqsave_constructor',
  'fentry.s/tcp_sendmsg',
  'fentry.s/bpf_fentry_test1',
  'fexit.s/bpf_fentry_test1',
  'fmod_ret/tcp_sendmsg',
  'fmod_ret/security_file_open',
  'fmod_ret.s/security_file_open',
  'fmod_ret.s/bpf_fentry_test1',
  'fmod_ret/update_socket_protocol',
  'iter/tcp',
  'iter/ksym_init',
  'iter.s/task',
  'tp_btf/sched_switch',
  'lsm/file_open',
  'lsm.s/file_open',
  'lsm.s/file_permission',
  'lsm/getprocattr',
  'lsm.s/inode_need_killpriv',
  'lsm/verify_prog',
  'lsm_cgroup/socket_bind',
];

const RAW: Readonly<Record<string, LoadRequest>> = {
  'no target': { prog_type: 'tracing', expected_attach_type: 'trace_fentry' },
  'no attach type': { prog_type: 'tracing', attach_btf_name: 'tcp_sendmsg' },
  'an id that there is not': { prog_type: 'tracing', expected_attach_type: 'trace_fentry', attach_btf_id: 0x7ffff },
  'an id without a name': { prog_type: 'tracing', expected_attach_type: 'trace_fexit', attach_btf_id: 2 },
  'no function': {
    prog_type: 'tracing',
    expected_attach_type: 'trace_fentry',
    attach_btf_name: 'u32',
    attach_btf_kind: 'typedef',
  },
  'no typedef': {
    prog_type: 'tracing',
    expected_attach_type: 'trace_raw_tp',
    attach_btf_name: 'tcp_sendmsg',
    attach_btf_kind: 'func',
  },
  'typedef of no tracepoint': {
    prog_type: 'tracing',
    expected_attach_type: 'trace_raw_tp',
    attach_btf_name: 'u32',
    attach_btf_kind: 'typedef',
  },
  'iterator that is none': {
    prog_type: 'tracing',
    expected_attach_type: 'trace_iter',
    attach_btf_name: 'tcp_sendmsg',
    attach_btf_kind: 'func',
  },
  'LSM program without a GPL license': {
    prog_type: 'lsm',
    expected_attach_type: 'lsm_mac',
    attach_btf_name: 'file_open',
    license: 'MIT',
  },
  'sleepable raw tracepoint': {
    prog_type: 'tracing',
    expected_attach_type: 'trace_raw_tp',
    attach_btf_name: 'sched_switch',
    prog_flags: ['sleepable'],
  },
  'syscall program that does not sleep': { prog_type: 'syscall' },
  'extension of a kernel function': { prog_type: 'ext', attach_btf_name: 'tcp_sendmsg' },
  'bad control flow first': {
    prog_type: 'tracing',
    expected_attach_type: 'trace_fentry',
    attach_btf_name: 'tcp_sendmsg',
    prog_flags: ['sleepable'],
    insns: 'b700000000000000 0500010000000000 b700000000000000 9500000000000000',
  },
};

const SUBPROGS = `.section .text
.func glob(int a) -> int global
r0 = r1
exit
.func globctx(struct __sk_buff *ctx) -> int global
r0 = *(u32 *)(r1 + 0)
exit
.func stat(int a) -> int static
r0 = r1
exit
.func mem(int *p) -> int global
r0 = 0
exit`;

const TARGET = `.func main(struct __sk_buff *ctx) -> int global
r6 = r1
r1 = 1
call glob
r1 = r6
call globctx
r1 = 3
call stat
r1 = 0
call mem
r0 = 0
exit
${SUBPROGS}`;

const EXTENSIONS: Readonly<Record<string, string>> = {
  int: '.func f(int a) -> int global\nr0 = r1\nexit',
  context: '.func f(struct __sk_buff *ctx) -> int global\nr0 = *(u32 *)(r1 + 0)\nexit',
  'context of another type': '.func f(struct xdp_md *ctx) -> int global\nr0 = *(u32 *)(r1 + 0)\nexit',
  'changes the packet': '.func f(struct __sk_buff *ctx) -> int global\nr2 = 0\ncall bpf_skb_pull_data\nr0 = 0\nexit',
  'two arguments': '.func f(int a, int b) -> int global\nr0 = r1\nexit',
  'another result': '.func f(int a) -> u64 global\nr0 = r1\nexit',
  'wide argument': '.func f(u64 a) -> int global\nr0 = r1\nexit',
  'reads what it does not get': '.func f(int a) -> int global\nr0 = r2\nexit',
};

/** Programs on functions of programs. */
function onPrograms(out: Requests): void {
  const target = program('target', 'tc', TARGET);
  for (const func of ['main', 'glob', 'globctx', 'stat', 'mem']) {
    for (const [kind, text] of Object.entries(EXTENSIONS)) {
      const name = `replace ${func}: ${kind}`;
      out.set(name, { ...program(name, 'freplace', text), name, attach_prog: target, attach_btf_name: func });
    }
    for (const attach of ['trace_fentry', 'trace_fexit', 'modify_return', 'trace_raw_tp']) {
      for (const [what, insn] of [
        ['', ''],
        [', argument', '7912000000000000'],
        [', member of the argument', '7912000000000000 7923680000000000'],
        [', result', '7912080000000000'],
        [', too far', '7912300000000000'],
      ] as const) {
        const name = `${attach} of ${func}${what}`;
        const on = { attach_prog: target, attach_btf_name: func, attach_btf_kind: 'func' as const };
        out.set(name, { name, prog_type: 'tracing', expected_attach_type: attach, insns: `${insn} ${EMPTY}`, ...on });
      }
    }
  }
}

/** All of them by name. */
export function attachRequests(): Requests {
  const out: Requests = new Map();
  for (const section of SECTIONS) out.set(section, program(section, section, PASS));
  for (const [name, request] of Object.entries(RAW)) out.set(name, { insns: EMPTY, ...request, name });
  onPrograms(out);
  return out;
}
