/** Random programs over the other kfuncs: iterators, casts and reads of kernel objects, sections, element counts, xfrm states. */
import { builtinBtf } from '../../src/btf/builtin.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { Body, constant, requestOf } from './program.ts';
import { type Random, random } from './random.ts';

const IT = -16;
const WORDS = -200;
const EXTERNS = [
  'bpf_iter_num_new',
  'bpf_iter_num_next',
  'bpf_iter_num_destroy',
  'bpf_iter_bits_new',
  'bpf_iter_bits_next',
  'bpf_iter_bits_destroy',
  'bpf_cast_to_kern_ctx',
  'bpf_rdonly_cast',
  'bpf_rcu_read_lock',
  'bpf_rcu_read_unlock',
  'bpf_preempt_disable',
  'bpf_preempt_enable',
  'bpf_map_sum_elem_count',
  'bpf_xdp_get_xfrm_state',
  'bpf_xdp_xfrm_state_release',
  'bpf_task_from_pid',
  'bpf_task_acquire',
  'bpf_task_release',
];

interface State {
  readonly rng: Random;
  readonly body: Body;
  readonly section: string;
}

const EDGES = [0, 1, 2, 5, -1, -3, 100, 0x7fff_ffff, -0x8000_0000, 0x7fff_fffe, 8_388_608, 8_388_609, 0x7f80_0000];

/** Sums what an iterator over numbers gives, at most so many of them. */
function numbers({ rng, body }: State): void {
  const [loop, end] = [body.label(), body.label()];
  const start = rng.chance(60) ? rng.below(20) - 10 : rng.pick(EDGES);
  const to = rng.chance(60) ? start + rng.below(12) - 2 : rng.pick(EDGES);
  body.add('r1 = r10', `r1 += ${IT}`, constant('r2', start), constant('r3', to), 'call bpf_iter_num_new');
  body.keep('r0');
  body.add('r7 = 0', 'r8 = 0', `${loop}:`, 'r1 = r10', `r1 += ${IT}`, 'call bpf_iter_num_next');
  body.add(`if r0 == 0 goto ${end}`, 'r1 = *(s32 *)(r0 + 0)', 'r7 += r1', 'r8 += 1', `if r8 > 30 goto ${end}`);
  body.add(`goto ${loop}`, `${end}:`, 'r1 = r10', `r1 += ${IT}`, 'call bpf_iter_num_destroy');
  body.keep('r7');
  body.keep('r8');
}

/** The same over the bits of words on the stack. */
function bits({ rng, body }: State): void {
  const [loop, end] = [body.label(), body.label()];
  for (let i = 0; i < 8; i++) {
    const word = rng.chance(40) ? 0n : (BigInt(rng.below(0x7fff_ffff)) << BigInt(rng.below(34))) & ((1n << 64n) - 1n);
    body.add(constant('r1', word), `*(u64 *)(r10 ${WORDS + 8 * i}) = r1`);
  }
  const words = rng.chance(80) ? 1 + rng.below(8) : rng.pick([0, 511, 512, 0xffff, 0x4000_0000]);
  const from = rng.chance(90) ? ['r2 = r10', `r2 += ${WORDS}`] : ['r2 = 0'];
  if (words > 8 && words < 512) return;
  body.add('r1 = r10', `r1 += ${IT}`, ...from, `r3 = ${words}`, 'call bpf_iter_bits_new');
  body.keep('r0');
  body.add('r7 = 0', 'r8 = 0', `${loop}:`, 'r1 = r10', `r1 += ${IT}`, 'call bpf_iter_bits_next');
  body.add(`if r0 == 0 goto ${end}`, 'r1 = *(s32 *)(r0 + 0)', 'r7 *= 3', 'r7 += r1', 'r8 += 1');
  body.add(
    `if r8 > 100 goto ${end}`,
    `goto ${loop}`,
    `${end}:`,
    'r1 = r10',
    `r1 += ${IT}`,
    'call bpf_iter_bits_destroy',
  );
  body.keep('r7');
  body.keep('r8');
}

type Member = readonly [name: string, off: number, size: number];

/** Members that are numbers: offset and size. */
function scalars(struct: string, names: readonly string[]): readonly Member[] {
  return offsets(struct).filter(([name, , size]) => names.includes(name) && size > 0);
}

/** All members as BTF lays them out, those of unnamed members too; the size is 0 for what is no number. */
function offsets(struct: string): readonly Member[] {
  const btf = builtinBtf();
  const found: Member[] = [];
  const walk = (id: number, base: number): void => {
    const type = btf.type(id);
    if (type?.kind !== 'struct' && type?.kind !== 'union') return;
    for (const m of type.members) {
      let to = btf.type(m.type);
      let toId = m.type;
      while (to?.kind === 'typedef' || to?.kind === 'const' || to?.kind === 'volatile') {
        toId = to.type;
        to = btf.type(toId);
      }
      const at = base + m.bitOffset / 8;
      if (m.name === '') walk(toId, at);
      else if (m.bits === 0) found.push([m.name, at, to && 'size' in to && to.size <= 8 ? to.size : 0]);
    }
  };
  walk(btf.find('struct', struct)!, 0);
  return found;
}

const SKB = [
  'len',
  'data_len',
  'mac_len',
  'mark',
  'priority',
  'protocol',
  'skb_iif',
  'queue_mapping',
  'vlan_tci',
  'mac_header',
  'network_header',
  'transport_header',
  'tail',
  'end',
];
const XDP = ['frame_sz', 'flags'];
let known: { readonly skb: ReturnType<typeof scalars>; readonly xdp: ReturnType<typeof scalars> } | undefined;

function casts(s: State): void {
  const { rng, body, section } = s;
  if (section === 'syscall' || section === 'raw_tp') return;
  known ??= { skb: scalars('sk_buff', SKB), xdp: scalars('xdp_buff', XDP) };
  const struct = section === 'xdp' ? 'xdp_buff' : 'sk_buff';
  body.add('r1 = r6', 'call bpf_cast_to_kern_ctx', 'r7 = r0');
  if (rng.chance(50))
    body.add('r1 = r7', `r2 = ${builtinBtf().find('struct', struct)}`, 'call bpf_rdonly_cast', 'r7 = r0');
  for (let i = 0; i < 5; i++) {
    const [, off, size] = rng.pick(section === 'xdp' ? known.xdp : known.skb);
    body.add(`r1 = *(u${8 * size} *)(r7 + ${off})`);
    body.keep('r1');
  }
}

/** Reads that follow pointers of the object: the member of each struct on the way. */
const CHAINS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  sk_buff: [
    ['sk_buff', 'dev', 'net_device', 'ifindex'],
    ['sk_buff', 'dev', 'net_device', 'mtu'],
    ['sk_buff', 'dev', 'net_device', 'type'],
    ['sk_buff', 'dev', 'net_device', 'hard_header_len'],
  ],
  xdp_buff: [
    ['xdp_buff', 'rxq', 'xdp_rxq_info', 'queue_index'],
    ['xdp_buff', 'rxq', 'xdp_rxq_info', 'dev', 'net_device', 'ifindex'],
    ['xdp_buff', 'rxq', 'xdp_rxq_info', 'dev', 'net_device', 'mtu'],
  ],
};

function chain({ rng, body, section }: State): void {
  if (section === 'syscall' || section === 'raw_tp') return;
  const steps: readonly string[] = rng.pick(CHAINS[section === 'xdp' ? 'xdp_buff' : 'sk_buff']!);
  body.add('r1 = r6', 'call bpf_cast_to_kern_ctx');
  for (let i = 0; i < steps.length; i += 2) {
    const last = i + 2 >= steps.length;
    const [off, size] = last
      ? (scalars(steps[i]!, [steps[i + 1]!])[0]!.slice(1) as [number, number])
      : [pointerAt(steps[i]!, steps[i + 1]!), 8];
    body.add(`r0 = *(u${8 * size} *)(r0 + ${off})`);
  }
  body.keep('r0');
}

function pointerAt(struct: string, member: string): number {
  const found = offsets(struct).find(([name]) => name === member);
  if (!found) throw new Error(`no ${struct}.${member}`);
  return found[1];
}

function sections({ rng, body }: State): void {
  const what = rng.pick(['rcu_read_', 'preempt_']);
  const [begin, end] = what === 'preempt_' ? ['disable', 'enable'] : ['lock', 'unlock'];
  body.add(`call bpf_${what}${begin}`, 'r7 = 1', `call bpf_${what}${end}`);
  body.keep('r7');
}

function count({ rng, body }: State): void {
  body.add(`*(u32 *)(r10 - 8) = ${rng.below(4)}`, '*(u64 *)(r10 - 24) = 7', 'r1 = h ll', 'r2 = r10', 'r2 += -8');
  if (rng.chance(70)) body.add('r3 = r10', 'r3 += -24', 'r4 = 0', 'call bpf_map_update_elem');
  else body.add('call bpf_map_delete_elem');
  body.keep('r0');
  body.add(`r1 = ${rng.pick(['h', 'h', 'out'])} ll`, 'call bpf_map_sum_elem_count');
  body.keep('r0');
}

/** struct bpf_xfrm_state_opts: error, netns_id, mark, daddr, spi, proto, family. */
function xfrm({ rng, body, section }: State): void {
  if (section !== 'xdp') return;
  const none = body.label();
  for (let i = 0; i < 40; i += 8) body.add(`*(u64 *)(r10 ${WORDS + i}) = 0`);
  body.add(`*(u32 *)(r10 ${WORDS}) = 99`, `*(u32 *)(r10 ${WORDS + 4}) = ${rng.pick([-1, 0, -2, 5, -1])}`);
  body.add(
    `*(u16 *)(r10 ${WORDS + 34}) = ${rng.pick([2, 10, 2, 0])}`,
    `*(u8 *)(r10 ${WORDS + 32}) = ${rng.pick([50, 51, 0])}`,
  );
  body.add('r1 = r6', 'r2 = r10', `r2 += ${WORDS}`, `r3 = ${rng.pick([36, 36, 36, 4, 3, 35, 37, 40])}`);
  body.add('call bpf_xdp_get_xfrm_state', 'r7 = 0', `if r0 == 0 goto ${none}`, 'r7 = 1', 'r1 = r0');
  body.add('call bpf_xdp_xfrm_state_release', `${none}:`);
  body.keep('r7');
  body.keepStack(WORDS, 40);
}

/** Members of task_struct that a task of its own has. */
function tasks({ rng, body, section }: State): void {
  if (section !== 'syscall') return;
  const none = body.label();
  const pid = rng.pick([1, 1, 1, 0, -1, 1_000_000, 0x7fff_ffff]);
  body.add('r7 = 5', `r1 = ${pid}`, 'call bpf_task_from_pid', `if r0 == 0 goto ${none}`, 'r8 = r0');
  if (rng.chance(50)) {
    body.add('r1 = r8', 'call bpf_task_acquire', `if r0 == 0 goto ${none}r`, 'r1 = r0', 'call bpf_task_release');
  }
  const [, off] = scalars('task_struct', [rng.pick(['pid', 'tgid', 'prio', 'static_prio'])])[0]!;
  body.add(`r7 = *(u32 *)(r8 + ${off})`, `${none}r:`, 'r1 = r8', 'call bpf_task_release', `${none}:`);
  body.keep('r7');
}

const OPS = [tasks, tasks, numbers, numbers, bits, bits, casts, chain, sections, count, xfrm];

export function kfuncRequest(seed: number): LoadRequest {
  const rng = random(seed);
  const section = rng.pick(['xdp', 'tc', 'action', 'syscall', 'raw_tp']);
  const body = new Body();
  const steps = 3 + rng.below(6);
  for (let i = 0; i < steps; i++) rng.pick(OPS)({ rng, body, section });
  const bytes = Array.from({ length: rng.pick([14, 20, 34, 60, 64, 65, 128, 200]) }, () => rng.below(256));
  const type = rng.pick(['hash', 'lru_hash', 'percpu_hash', 'hash']);
  return requestOf({
    name: `kfuncs${seed}`,
    section,
    maps: [`.map h, type=${type}, key=u32, value=u64, max_entries=3`],
    externs: EXTERNS,
    body,
    ret: section === 'xdp' ? 2 : 0,
    with: {
      test_run:
        section === 'syscall' || section === 'raw_tp'
          ? [{}, {}]
          : [{ data: Buffer.from(bytes).toString('hex') }, { data: '00'.repeat(64) }],
    },
  });
}
