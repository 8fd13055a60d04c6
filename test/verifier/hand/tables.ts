/** What each kind of program may return; which helper goes with which map; fields behind pointers that are no context. */
import type { LoadRequest } from '../../../src/spec/request.ts';
import { atHook, SECTIONS } from './hooks.ts';

type Named = [string, LoadRequest];

const RESULTS: Readonly<Record<string, string>> = {
  '-1': 'r0 = -1\nexit',
  0: 'r0 = 0\nexit',
  1: 'r0 = 1\nexit',
  2: 'r0 = 2\nexit',
  3: 'r0 = 3\nexit',
  4: 'r0 = 4\nexit',
  '-4095': 'r0 = -4095\nexit',
  '-4096': 'r0 = -4096\nexit',
  'any number': 'call bpf_get_prandom_u32\nexit',
  'one bit': 'call bpf_get_prandom_u32\nr0 &= 1\nexit',
  'two bits': 'call bpf_get_prandom_u32\nr0 &= 3\nexit',
  'a negative word': 'w0 = -1\nexit',
  'a large number': 'r0 = 0x100000001 ll\nexit',
  'the context': 'r0 = r1\nexit',
  nothing: 'exit',
};

export function returnRequests(): Named[] {
  return SECTIONS.flatMap((section) =>
    Object.entries(RESULTS).map(([result, body]): Named => {
      const name = `returned by ${section}: ${result}`;
      return [name, atHook(name, section, body)];
    }),
  );
}

const MAPS: Readonly<Record<string, string>> = {
  hash: 'type=hash, key=4, value=16, max_entries=8',
  array: 'type=array, key=4, value=16, max_entries=8',
  'hash of longer keys': 'type=hash, key=24, value=16, max_entries=8',
  'array of one element': 'type=array, key=4, value=16, max_entries=1',
  'read-only array': 'type=array, key=4, value=16, max_entries=1, map_flags=BPF_F_RDONLY_PROG',
  'write-only array': 'type=array, key=4, value=16, max_entries=1, map_flags=BPF_F_WRONLY_PROG',
  'read-only hash': 'type=hash, key=4, value=16, max_entries=8, map_flags=BPF_F_RDONLY_PROG',
  'write-only hash': 'type=hash, key=4, value=16, max_entries=8, map_flags=BPF_F_WRONLY_PROG',
  'hash without preallocation': 'type=hash, key=4, value=16, max_entries=8, map_flags=BPF_F_NO_PREALLOC',
  prog_array: 'type=prog_array, key=4, value=4, max_entries=4',
  perf_event_array: 'type=perf_event_array, key=4, value=4, max_entries=4',
  percpu_hash: 'type=percpu_hash, key=4, value=16, max_entries=8',
  percpu_array: 'type=percpu_array, key=4, value=16, max_entries=8',
  stack_trace: 'type=stack_trace, key=4, value=80, max_entries=8',
  cgroup_array: 'type=cgroup_array, key=4, value=4, max_entries=8',
  lru_hash: 'type=lru_hash, key=4, value=16, max_entries=8',
  lru_percpu_hash: 'type=lru_percpu_hash, key=4, value=16, max_entries=8',
  lpm_trie: 'type=lpm_trie, key=8, value=16, max_entries=8, map_flags=BPF_F_NO_PREALLOC',
  array_of_maps: 'type=array_of_maps, key=4, value=4, max_entries=8, inner=inner',
  hash_of_maps: 'type=hash_of_maps, key=4, value=4, max_entries=8, inner=inner',
  devmap: 'type=devmap, key=4, value=8, max_entries=8',
  devmap_hash: 'type=devmap_hash, key=4, value=8, max_entries=8',
  sockmap: 'type=sockmap, key=4, value=8, max_entries=8',
  sockhash: 'type=sockhash, key=4, value=8, max_entries=8',
  cpumap: 'type=cpumap, key=4, value=8, max_entries=1',
  xskmap: 'type=xskmap, key=4, value=4, max_entries=8',
  reuseport_sockarray: 'type=reuseport_sockarray, key=4, value=8, max_entries=8',
  cgroup_storage: 'type=cgroup_storage, key=16, value=16, max_entries=0',
  percpu_cgroup_storage: 'type=percpu_cgroup_storage, key=16, value=16, max_entries=0',
  queue: 'type=queue, key=0, value=16, max_entries=8',
  stack: 'type=stack, key=0, value=16, max_entries=8',
  ringbuf: 'type=ringbuf, key=0, value=0, max_entries=4096',
  user_ringbuf: 'type=user_ringbuf, key=0, value=0, max_entries=4096',
  bloom_filter: 'type=bloom_filter, key=0, value=16, max_entries=8',
  sk_storage: 'type=sk_storage, key=int, value=u64',
};

const PLACES = 'r2 = r10\nr2 += -32\nr3 = r10\nr3 += -64';
const ZEROS = [8, 16, 24, 32, 40, 48, 56, 64].map((off) => `*(u64 *)(r10 - ${off}) = 0`).join('\n');

/** With the context in R6, R2 a key, R3 a value. */
const MAP_CALLS: Readonly<Record<string, readonly [section: string, call: string]>> = {
  lookup: ['tc', `${PLACES}\nr1 = m ll\ncall bpf_map_lookup_elem`],
  'lookup, read': [
    'tc',
    `${PLACES}\nr1 = m ll\ncall bpf_map_lookup_elem\nif r0 == 0 goto out\nr1 = *(u32 *)(r0 + 0)\nr1 = *(u64 *)(r0 + 8)`,
  ],
  'lookup, written': [
    'tc',
    `${PLACES}\nr1 = m ll\ncall bpf_map_lookup_elem\nif r0 == 0 goto out\n*(u32 *)(r0 + 0) = 1`,
  ],
  'lookup, end of the value': [
    'tc',
    `${PLACES}\nr1 = m ll\ncall bpf_map_lookup_elem\nif r0 == 0 goto out\nr1 = *(u8 *)(r0 + 16)`,
  ],
  'lookup in xdp': ['xdp', `${PLACES}\nr1 = m ll\ncall bpf_map_lookup_elem`],
  'lookup in sk_skb': ['sk_skb/stream_verdict', `${PLACES}\nr1 = m ll\ncall bpf_map_lookup_elem`],
  'lookup in sk_reuseport': ['sk_reuseport', `${PLACES}\nr1 = m ll\ncall bpf_map_lookup_elem`],
  'lookup in a kprobe': ['kprobe/tcp_connect', `${PLACES}\nr1 = m ll\ncall bpf_map_lookup_elem`],
  'lookup in a sleepable program': ['lsm.s/file_open', `${PLACES}\nr1 = m ll\ncall bpf_map_lookup_elem`],
  'lookup of a CPU': ['tc', `${PLACES}\nr3 = 0\nr1 = m ll\ncall bpf_map_lookup_percpu_elem`],
  update: ['tc', `${PLACES}\nr4 = 0\nr1 = m ll\ncall bpf_map_update_elem`],
  'update in sockops': ['sockops', `${PLACES}\nr4 = 0\nr1 = m ll\ncall bpf_map_update_elem`],
  'update in a raw tracepoint': ['raw_tp/sched_switch', `${PLACES}\nr4 = 0\nr1 = m ll\ncall bpf_map_update_elem`],
  delete: ['tc', `${PLACES}\nr1 = m ll\ncall bpf_map_delete_elem`],
  push: ['tc', `${PLACES}\nr2 = r3\nr3 = 0\nr1 = m ll\ncall bpf_map_push_elem`],
  pop: ['tc', `${PLACES}\nr2 = r3\nr1 = m ll\ncall bpf_map_pop_elem`],
  peek: ['tc', `${PLACES}\nr2 = r3\nr1 = m ll\ncall bpf_map_peek_elem`],
  'tail call': ['tc', 'r1 = r6\nr2 = m ll\nr3 = 0\ncall bpf_tail_call'],
  'perf event output': ['tc', 'r1 = r6\nr2 = m ll\nr3 = 0\nr4 = r10\nr4 += -64\nr5 = 16\ncall bpf_perf_event_output'],
  'perf event read': ['kprobe/tcp_connect', 'r1 = m ll\nr2 = 0\ncall bpf_perf_event_read'],
  'perf event read value': [
    'kprobe/tcp_connect',
    'r1 = m ll\nr2 = 0\nr3 = r10\nr3 += -64\nr4 = 24\ncall bpf_perf_event_read_value',
  ],
  'stack id': ['kprobe/tcp_connect', 'r1 = r6\nr2 = m ll\nr3 = 0\ncall bpf_get_stackid'],
  'under cgroup': ['tc', 'r1 = r6\nr2 = m ll\nr3 = 0\ncall bpf_skb_under_cgroup'],
  'current task under cgroup': ['kprobe/tcp_connect', 'r1 = m ll\nr2 = 0\ncall bpf_current_task_under_cgroup'],
  'redirect map': ['xdp', 'r1 = m ll\nr2 = 0\nr3 = 0\ncall bpf_redirect_map'],
  'redirect a message to a socket': ['sk_msg', 'r1 = r6\nr2 = m ll\nr3 = 0\nr4 = 0\ncall bpf_msg_redirect_map'],
  'redirect a message by hash': [
    'sk_msg',
    'r1 = r6\nr2 = m ll\nr3 = r10\nr3 += -32\nr4 = 0\ncall bpf_msg_redirect_hash',
  ],
  'redirect a packet to a socket': [
    'sk_skb/stream_verdict',
    'r1 = r6\nr2 = m ll\nr3 = 0\nr4 = 0\ncall bpf_sk_redirect_map',
  ],
  'redirect a packet by hash': [
    'sk_skb/stream_verdict',
    'r1 = r6\nr2 = m ll\nr3 = r10\nr3 += -32\nr4 = 0\ncall bpf_sk_redirect_hash',
  ],
  'sock map update': ['sockops', 'r1 = r6\nr2 = m ll\nr3 = r10\nr3 += -32\nr4 = 0\ncall bpf_sock_map_update'],
  'sock hash update': ['sockops', 'r1 = r6\nr2 = m ll\nr3 = r10\nr3 += -32\nr4 = 0\ncall bpf_sock_hash_update'],
  'select reuseport': ['sk_reuseport', 'r1 = r6\nr2 = m ll\nr3 = r10\nr3 += -32\nr4 = 0\ncall bpf_sk_select_reuseport'],
  'local storage': ['cgroup_skb/egress', 'r1 = m ll\nr2 = 0\ncall bpf_get_local_storage\nr1 = *(u64 *)(r0 + 8)'],
  'local storage with flags': ['cgroup_skb/egress', 'r1 = m ll\nr2 = 1\ncall bpf_get_local_storage'],
  'socket storage': [
    'tc',
    'r2 = *(u64 *)(r6 + 168)\nif r2 == 0 goto out\nr1 = m ll\nr3 = 0\nr4 = 1\ncall bpf_sk_storage_get',
  ],
  'ring buffer output': ['tc', 'r1 = m ll\nr2 = r10\nr2 += -64\nr3 = 16\nr4 = 0\ncall bpf_ringbuf_output'],
  'ring buffer query': ['tc', 'r1 = m ll\nr2 = 0\ncall bpf_ringbuf_query'],
  'direct value': ['tc', 'r1 = map_val(map_by_fd(0)) + 8 ll'],
  'a field of the map': ['tc', 'r1 = m ll\nr1 = *(u32 *)(r1 + 4)'],
  'a field of the map written': ['tc', 'r1 = m ll\n*(u32 *)(r1 + 4) = 0'],
};

/** The order of maps is that of their names in the text: an inner map comes first. */
const INNER = '.map inner, type=array, key=4, value=16, max_entries=4\n';

export function mapRequests(): Named[] {
  return Object.entries(MAP_CALLS).flatMap(([call, [section, text]]) =>
    Object.entries(MAPS).map(([kind, map]): Named => {
      const name = `map, ${call}: ${kind}`;
      const ret = section.startsWith('cgroup') ? 1 : 0;
      const body = `r6 = r1\n${ZEROS}\n${text}\nout:\nr0 = ${ret}\nexit`;
      return [name, atHook(name, section, body, `${map.includes('inner=') ? INNER : ''}.map m, ${map}\n`)];
    }),
  );
}

const SOCK = 'r1 = *(u64 *)(r6 + 168)\nif r1 == 0 goto out';
/** Objects whose fields have a uapi struct: how R7 comes to point to one, and how far fields are tried. */
const OBJECTS: Readonly<Record<string, readonly [section: string, text: string, end: number]>> = {
  sock_common: ['tc', `${SOCK}\nr7 = r1`, 84],
  sock: ['tc', `${SOCK}\ncall bpf_sk_fullsock\nif r0 == 0 goto out\nr7 = r0`, 84],
  tcp_sock: ['tc', `${SOCK}\ncall bpf_tcp_sock\nif r0 == 0 goto out\nr7 = r0`, 100],
  flow_keys: ['flow_dissector', 'r7 = *(u64 *)(r6 + 144)', 64],
  'sock of sock_ops': ['sockops', 'r7 = *(u64 *)(r6 + 184)\nif r7 == 0 goto out', 84],
  'sock of sk_lookup': ['sk_lookup', 'r7 = *(u64 *)(r6 + 0)\nif r7 == 0 goto out', 84],
  'sock of sock_addr': ['cgroup/connect4', 'r7 = *(u64 *)(r6 + 64)\nif r7 == 0 goto out', 84],
  'sock of sockopt': ['cgroup/getsockopt', 'r7 = *(u64 *)(r6 + 0)\nif r7 == 0 goto out', 84],
  'sock of sk_msg': ['sk_msg', 'r7 = *(u64 *)(r6 + 72)\nif r7 == 0 goto out', 84],
  'sock of sk_reuseport': ['sk_reuseport', 'r7 = *(u64 *)(r6 + 40)\nif r7 == 0 goto out', 84],
};

export function objectRequests(): Named[] {
  return Object.entries(OBJECTS).flatMap(([object, [section, text, end]]) =>
    [1, 2, 4, 8].flatMap((size) =>
      Array.from({ length: Math.ceil(end / 2) + 1 }, (_, i) => (i === 0 ? -size : 2 * (i - 1))).flatMap((off) => {
        if (off >= 0 && size > 2 && off % 4 !== 0) return [];
        const at = `*(u${8 * size} *)(r7 ${off < 0 ? '-' : '+'} ${Math.abs(off)})`;
        const ways = { read: `r0 = ${at}`, ...(off % 4 === 0 && { write: `${at} = 1` }) };
        return Object.entries(ways).map(([way, insn]): Named => {
          const name = `fields of ${object}: ${way} ${size} at ${off}`;
          return [name, atHook(name, section, `r6 = r1\n${text}\n${insn}\nout:\nr0 = 1\nexit`)];
        });
      }),
    ),
  );
}
