/** Contexts by BTF, walks through kernel objects, what programs may return. */
import type { LoadRequest } from '../../../src/spec/request.ts';
import { program, type Requests } from './source.ts';

const END = 'r0 = 0\nexit';
const load = (off: number, size = 'u64'): string => `r2 = *(${size} *)(r1 ${off < 0 ? '-' : '+'} ${Math.abs(off)})\n`;

/** Section, then offsets that are read as 8 bytes. */
const CONTEXTS: Readonly<Record<string, readonly number[]>> = {
  'fentry/tcp_sendmsg': [0, 8, 16, 24, 4, -8, 96],
  'fexit/tcp_sendmsg': [0, 16, 24, 32],
  'fexit/tcp_close': [0, 8, 16],
  'fmod_ret/security_file_open': [0, 8, 16],
  'fmod_ret/security_sk_free': [0, 8],
  'fentry/vfs_read': [0, 8, 24],
  'tp_btf/sched_switch': [0, 8, 24, 32],
  'tp_btf/kfree_skb': [0, 24],
  'tp_btf/signal_generate': [8],
  'tp_btf/tcp_send_reset': [0, 8],
  'tp_btf/mm_page_alloc': [0],
  'tp_btf/neigh_update': [0, 8],
  'lsm/file_open': [0, 8, 16],
  'lsm/sk_free_security': [0, 8],
  'lsm/audit_rule_known': [0, 8],
  'lsm_cgroup/socket_bind': [0, 8, 24],
  'iter/task': [0, 8, 16],
  'iter/bpf_map_elem': [0, 8, 16, 24],
  'iter/sockmap': [8, 16, 24],
  'iter/udp': [8, 16],
  'iter/unix': [8],
};

const WALKS: readonly (readonly [name: string, section: string, body: string])[] = [
  [
    'nested trust',
    'tp_btf/sched_switch',
    `r2 = *(u64 *)(r1 + 8)\nr3 = *(u64 *)(r2 + {task_struct.group_leader})\nr4 = *(u64 *)(r3 + {task_struct.real_parent})`,
  ],
  [
    'rcu or NULL',
    'tp_btf/sched_switch',
    `r2 = *(u64 *)(r1 + 8)\nr3 = *(u64 *)(r2 + {task_struct.parent})\nr4 = *(u32 *)(r3 + {task_struct.pid})`,
  ],
  [
    'rcu, not NULL',
    'tp_btf/sched_switch',
    `r2 = *(u64 *)(r1 + 8)\nr3 = *(u64 *)(r2 + {task_struct.parent})\nif r3 == 0 goto out\nr4 = *(u32 *)(r3 + {task_struct.pid})\nout:`,
  ],
  [
    'no trust in a probe',
    'fentry/wake_up_new_task',
    `r2 = *(u64 *)(r1 + 0)\nr3 = *(u64 *)(r2 + {task_struct.real_parent})\nr4 = *(u64 *)(r3 + {task_struct.mm})\nr5 = *(u64 *)(r4 + 0)`,
  ],
  [
    'untrusted in a sleepable program',
    'lsm.s/file_open',
    `r2 = *(u64 *)(r1 + 0)\nr3 = *(u64 *)(r2 + {file.f_op})\nr4 = *(u64 *)(r3 + 8)`,
  ],
  [
    'trusted member',
    'lsm.s/file_open',
    `r2 = *(u64 *)(r1 + 0)\nr3 = *(u64 *)(r2 + {file.f_inode})\nr4 = *(u64 *)(r3 + {inode.i_sb})`,
  ],
  [
    'trusted or NULL',
    'lsm/socket_bind',
    `r2 = *(u64 *)(r1 + 0)\nr3 = *(u64 *)(r2 + {socket.sk})\nr4 = *(u32 *)(r3 + {sock.sk_mark})`,
  ],
  [
    'trusted, not NULL',
    'lsm/socket_bind',
    `r2 = *(u64 *)(r1 + 0)\nr3 = *(u64 *)(r2 + {socket.sk})\nif r3 == 0 goto out\nr4 = *(u32 *)(r3 + {sock.sk_mark})\nout:`,
  ],
  [
    'objects about to be freed',
    'lsm/task_free',
    `r2 = *(u64 *)(r1 + 0)\nr3 = *(u64 *)(r2 + {task_struct.real_parent})\nr4 = *(u32 *)(r3 + {task_struct.pid})`,
  ],
  [
    'array of characters',
    'fentry/wake_up_new_task',
    `r2 = *(u64 *)(r1 + 0)\nr3 = *(u64 *)(r2 + {task_struct.comm})\nr4 = *(u8 *)(r2 + {task_struct.comm})`,
  ],
  ['scratch space', 'fentry/tcp_v4_rcv', `r2 = *(u64 *)(r1 + 0)\nr3 = *(u64 *)(r2 + {sk_buff.cb})`],
  ['pointer read in part', 'fentry/tcp_v4_rcv', `r2 = *(u64 *)(r1 + 0)\nr3 = *(u32 *)(r2 + {sk_buff.dev})`],
  ['behind the end', 'fentry/tcp_v4_rcv', 'r2 = *(u64 *)(r1 + 0)\nr3 = *(u64 *)(r2 + 4096)'],
  ['before the beginning', 'fentry/tcp_v4_rcv', 'r2 = *(u64 *)(r1 + 0)\nr3 = *(u64 *)(r2 - 8)'],
  ['moved', 'fentry/tcp_v4_rcv', `r2 = *(u64 *)(r1 + 0)\nr2 += {sk_buff.dev}\nr3 = *(u64 *)(r2 + 0)`],
  [
    'moved by who knows',
    'fentry/tcp_v4_rcv',
    'r2 = *(u64 *)(r1 + 0)\nr3 = *(u32 *)(r2 + {sk_buff.len})\nr3 &= 7\nr2 += r3\nr4 = *(u8 *)(r2 + 0)',
  ],
  ['write', 'fentry/tcp_v4_rcv', 'r2 = *(u64 *)(r1 + 0)\n*(u32 *)(r2 + {sk_buff.mark}) = 1'],
  ['atomic', 'fentry/tcp_v4_rcv', 'r2 = *(u64 *)(r1 + 0)\nr3 = 1\nlock *(u64 *)(r2 + 0) += r3'],
  ['exchange', 'fentry/tcp_v4_rcv', 'r2 = *(u64 *)(r1 + 0)\nr3 = 1\nr3 = atomic_fetch_add((u64 *)(r2 + 0), r3)'],
  [
    'bitfield',
    'fentry/tcp_v4_rcv',
    'r2 = *(u64 *)(r1 + 0)\nr3 = *(u8 *)(r2 + {sk_buff.pkt_type})\nr4 = *(u16 *)(r2 + {sk_buff.pkt_type})',
  ],
  ['user memory', 'fentry/bpf_prog_load', 'r2 = *(u64 *)(r1 + 0)\nr3 = *(u64 *)(r1 + 8)\nr4 = *(u64 *)(r2 + 0)'],
  [
    'same insn, other trust',
    'iter/task',
    `r2 = *(u64 *)(r1 + 8)\nif r2 == 0 goto out\nr3 = r2\nr4 = *(u32 *)(r2 + {task_struct.pid})\nif r4 > 5 goto a\nr3 = *(u64 *)(r2 + {task_struct.last_wakee})\na:\nr5 = *(u32 *)(r3 + {task_struct.pid})\nout:`,
  ],
  [
    'same insn, stack',
    'iter/task',
    `r2 = *(u64 *)(r1 + 8)\nif r2 == 0 goto out\n*(u64 *)(r10 - 8) = 0\nr3 = r2\nr4 = *(u32 *)(r2 + {task_struct.pid})\nif r4 > 5 goto a\nr3 = r10\nr3 += -8\na:\nr5 = *(u32 *)(r3 + 0)\nout:`,
  ],
  [
    'object of a map',
    'fentry/tcp_v4_rcv',
    `r2 = cells ll\nr3 = *(u32 *)(r2 + {bpf_map.value_size})\nr4 = *(u64 *)(r2 + 0)`,
  ],
  ['write to the object of a map', 'fentry/tcp_v4_rcv', 'r2 = cells ll\n*(u32 *)(r2 + 0) = 1'],
  ['map behind the end', 'fentry/tcp_v4_rcv', 'r2 = cells ll\nr3 = *(u64 *)(r2 + 8192)'],
];

const RETURNS: Readonly<Record<string, string>> = {
  zero: 'r0 = 0',
  one: 'r0 = 1',
  two: 'r0 = 2',
  'minus one': 'r0 = -1',
  '-5000': 'r0 = -5000',
  nothing: '',
  context: 'r0 = r1',
  'any number': 'call bpf_get_prandom_u32',
  'the first argument': 'r0 = *(u64 *)(r1 + 0)',
  'the last result': 'r0 = *(u64 *)(r1 + 8)',
};
const RETURNING: readonly string[] = [
  'fentry/tcp_sendmsg',
  'fexit/tcp_close',
  'fmod_ret/security_file_open',
  'iter/task',
  'tp_btf/sched_switch',
  'lsm/file_open',
  'lsm/sk_free_security',
  'lsm/inode_xattr_skipcap',
  'lsm_cgroup/socket_bind',
  'lsm_cgroup/sk_free_security',
];

const VARIABLES: Readonly<Record<string, readonly [string, string]>> = {
  runqueues: ['bpf_this_cpu_ptr', 'r1 = *(u64 *)(r0 + 0)'],
  process_counts: ['bpf_this_cpu_ptr', 'r1 = *(u32 *)(r0 + 0)'],
  pcpu_hot: ['bpf_this_cpu_ptr', 'r1 = *(u64 *)(r0 + 0)\nr1 = *(u64 *)(r1 + 0)'],
  kernel_cpustat: ['bpf_per_cpu_ptr', 'r1 = *(u64 *)(r0 + 0)'],
  softnet_data: ['bpf_per_cpu_ptr', 'if r0 == 0 goto out\nr1 = *(u64 *)(r0 + 8)'],
};

/** Per-CPU variables, read directly and through the helpers. */
function variables(out: Requests): void {
  for (const [variable, [helper, after]] of Object.entries(VARIABLES)) {
    const uses = { direct: 'r0 = *(u64 *)(r1 + 0)', [helper]: `r2 = 0\ncall ${helper}\n${after}` };
    for (const [use, text] of Object.entries(uses)) {
      const name = `${variable}: ${use}`;
      const made = program(name, 'fentry/tcp_v4_rcv', `r1 = 0 ll\n${text}\nout:\n${END}`);
      // A 16-byte insn with the pseudo source of kernel variables.
      const insns = String(made.insns).replace(/^1801/, '1831');
      const btf_relocs: LoadRequest['btf_relocs'] = [{ insn: 0, name: variable, kind: 'var', ld_imm64: true }];
      out.set(name, { ...made, insns, btf_relocs });
    }
  }
}

/** All of them by name. */
export function objectRequests(): Requests {
  const out: Requests = new Map();
  const add = (name: string, section: string, body: string): void => void out.set(name, program(name, section, body));
  for (const [section, offsets] of Object.entries(CONTEXTS)) {
    for (const off of offsets) add(`${section} at ${off}`, section, load(off) + END);
    add(`${section}, 4 bytes`, section, load(0, 'u32') + END);
  }
  for (const [name, section, body] of WALKS) add(name, section, `${body}\n${END}`);
  for (const section of RETURNING) {
    for (const [what, code] of Object.entries(RETURNS)) add(`${section} returns ${what}`, section, `${code}\nexit`);
  }
  variables(out);
  const closed = { license: 'Proprietary' };
  out.set('walk without a GPL license', {
    ...program('', 'fentry/tcp_v4_rcv', `r2 = *(u64 *)(r1 + 0)\nr3 = *(u32 *)(r2 + 0)\n${END}`),
    ...closed,
    name: 'walk without a GPL license',
  });
  return out;
}
