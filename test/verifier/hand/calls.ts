/** Every helper at every hook, and every helper with right and wrong arguments where it may be called. */
import { helperAllowed } from '../../../src/spec/helpers/availability.ts';
import { HELPERS, helperRow } from '../../../src/spec/helpers/index.ts';
import { argKind } from '../../../src/spec/helpers/kinds.ts';
import type { ArgBase } from '../../../src/spec/helpers/row.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import { progFacts } from '../../../src/verifier/facts.ts';
import { requestOfText } from './bpfFiles.ts';
import { atHook, HEAD, SECTIONS } from './hooks.ts';

type Named = [string, LoadRequest];

const NAMES = Object.keys(HELPERS).filter((name) => helperRow(name)!.config === undefined);

function callAt(name: string, helper: string, section: string): LoadRequest {
  return atHook(name, section, `call ${helper}\nr0 = 0\nexit`);
}

export function availabilityRequests(): Named[] {
  return SECTIONS.flatMap((section) =>
    NAMES.map((helper): Named => {
      const name = `helpers of ${section}: ${helper}`;
      return [name, callAt(name, helper, section)];
    }),
  );
}

/** Where a helper is tried: the first hook of these that has it. */
const PREFERRED = ['tc', 'xdp', 'kprobe/tcp_connect', 'fentry/tcp_connect', 'lsm.s/file_open', 'syscall', ...SECTIONS];

function hookOf(helper: string): string | undefined {
  return PREFERRED.find((section) => mayCall(helper, section));
}

const fp = (reg: number, off: number): string => `r${reg} = r10\nr${reg} += ${off}`;
const ZEROS = [8, 16, 24, 32, 40, 48, 56, 64].map((off) => `*(u64 *)(r10 - ${off}) = 0`).join('\n');
const lookup = (map: string, to: number): string =>
  `${fp(2, -8)}\nr1 = ${map} ll\ncall bpf_map_lookup_elem\nif r0 == 0 goto out\nr${to} = r0`;

const MAPS: Readonly<Record<string, string>> = {
  counts: '.map counts, type=hash, key=4, value=16, max_entries=8',
  line: '.map line, type=queue, key=0, value=16, max_entries=4',
  ring: '.map ring, type=ringbuf, max_entries=4096',
  users: '.map users, type=user_ringbuf, max_entries=4096',
  jumps: '.map jumps, type=prog_array, key=4, value=4, max_entries=4',
  events: '.map events, type=perf_event_array, key=4, value=4, max_entries=4',
  stacks: '.map stacks, type=stack_trace, key=4, value=80, max_entries=4',
  groups: '.map groups, type=cgroup_array, key=4, value=4, max_entries=4',
  devs: '.map devs, type=devmap, key=4, value=4, max_entries=4',
  socks: '.map socks, type=sockmap, key=4, value=4, max_entries=4',
  sockh: '.map sockh, type=sockhash, key=4, value=4, max_entries=4',
  reuse: '.map reuse, type=reuseport_sockarray, key=4, value=8, max_entries=4',
  percpu: '.map percpu, type=percpu_array, key=4, value=16, max_entries=4',
  sks: '.map sks, type=sk_storage, key=int, value=u64',
  tasks: '.map tasks, type=task_storage, key=int, value=u64',
  inodes: '.map inodes, type=inode_storage, key=int, value=u64',
  cgrps: '.map cgrps, type=cgrp_storage, key=int, value=u64',
  cgs: '.map cgs, type=cgroup_storage, key=16, value=16, max_entries=0',
  locks:
    '.struct locked { struct bpf_spin_lock lock; u32 n }\n.map locks, type=array, key=u32, value=locked, max_entries=1',
  timers: '.struct timed { struct bpf_timer timer }\n.map timers, type=array, key=u32, value=timed, max_entries=1',
  holders:
    '.struct holder { struct task_struct __kptr *task }\n.map holders, type=array, key=u32, value=holder, max_entries=1',
};

/** The map for a helper, by what its name begins with. */
const MAP_OF: readonly (readonly [RegExp, string])[] = [
  [/map_(push|pop|peek)/, 'line'],
  [/user_ringbuf/, 'users'],
  [/ringbuf/, 'ring'],
  [/tail_call/, 'jumps'],
  [/perf_event|_output$/, 'events'],
  [/stackid/, 'stacks'],
  [/under_cgroup/, 'groups'],
  [/^bpf_redirect_map/, 'devs'],
  [/redirect_map|sock_map/, 'socks'],
  [/redirect_hash|sock_hash/, 'sockh'],
  [/reuseport/, 'reuse'],
  [/percpu/, 'percpu'],
  [/sk_storage/, 'sks'],
  [/task_storage/, 'tasks'],
  [/inode_storage/, 'inodes'],
  [/cgrp_storage/, 'cgrps'],
  [/local_storage/, 'cgs'],
];

/** How a right argument comes about: before the registers are filled, and then. */
type Value = readonly [before: string, set: (reg: number) => string];

const plain = (set: (reg: number) => string): Value => ['', set];
const memory = plain((reg) => fp(reg, -64));
const saved = (before: string): Value => [before, (reg) => `r${reg} = r8`];

const RIGHT: Readonly<Partial<Record<ArgBase, Value>>> = {
  ARG_PTR_TO_MAP_KEY: plain((reg) => fp(reg, -8)),
  ARG_PTR_TO_MAP_VALUE: memory,
  ARG_PTR_TO_MEM: memory,
  ARG_CONST_SIZE: plain((reg) => `r${reg} = 16`),
  ARG_CONST_SIZE_OR_ZERO: plain((reg) => `r${reg} = 16`),
  ARG_CONST_ALLOC_SIZE_OR_ZERO: plain((reg) => `r${reg} = 8`),
  ARG_PTR_TO_CTX: plain((reg) => `r${reg} = r6`),
  ARG_ANYTHING: plain((reg) => `r${reg} = 0`),
  ARG_SCALAR: plain((reg) => `r${reg} = 1`),
  ARG_PTR_TO_FUNC: plain((reg) => `r${reg} = each ll`),
  ARG_PTR_TO_STACK: plain((reg) => `r${reg} = 0`),
  ARG_PTR_TO_SPIN_LOCK: saved(lookup('locks', 8)),
  ARG_PTR_TO_TIMER: saved(lookup('timers', 8)),
  ARG_KPTR_XCHG_DEST: saved(lookup('holders', 8)),
  ARG_PTR_TO_SOCK_COMMON: saved('r8 = *(u64 *)(r6 + 168)\nif r8 == 0 goto out'),
  ARG_PTR_TO_SOCKET: saved(
    'r1 = *(u64 *)(r6 + 168)\nif r1 == 0 goto out\ncall bpf_sk_fullsock\nif r0 == 0 goto out\nr8 = r0',
  ),
  ARG_PTR_TO_BTF_ID_SOCK_COMMON: saved('r8 = *(u64 *)(r6 + 168)\nif r8 == 0 goto out'),
  ARG_PTR_TO_BTF_ID: saved('call bpf_get_current_task_btf\nr8 = r0'),
  ARG_PTR_TO_RINGBUF_MEM: saved(
    'r1 = ring ll\nr2 = 16\nr3 = 0\ncall bpf_ringbuf_reserve\nif r0 == 0 goto out\nr8 = r0',
  ),
  ARG_PTR_TO_DYNPTR: [
    `${lookup('counts', 1)}\nr2 = 16\nr3 = 0\n${fp(4, -80)}\ncall bpf_dynptr_from_mem`,
    (reg) => fp(reg, -80),
  ],
};

function rightValue(helper: string, base: ArgBase): Value {
  if (base !== 'ARG_CONST_MAP_PTR') return RIGHT[base] ?? plain((reg) => `r${reg} = 0`);
  const map = MAP_OF.find(([pattern]) => pattern.test(helper))?.[1] ?? 'counts';
  return plain((reg) => `r${reg} = ${map} ll`);
}

const WRONG: Readonly<Record<string, (reg: number) => string>> = {
  unset: () => '',
  zero: (reg) => `r${reg} = 0`,
  number: (reg) => `r${reg} = r9`,
  stack: (reg) => fp(reg, -32),
  context: (reg) => `r${reg} = r6`,
  'uninitialised stack': (reg) => fp(reg, -128),
};

function programText(helper: string, section: string, wrong?: readonly [arg: number, kind: string]): string {
  const values = helperRow(helper)!.args.map((kind) => rightValue(helper, argKind(kind).base));
  const before = [...new Set(values.map(([text]) => text))].filter((text) => text !== '');
  const sets = values.map(([, set], i) => (wrong?.[0] === i ? WRONG[wrong[1]]! : set)(i + 1));
  const random = 'call bpf_get_prandom_u32\nr9 = r0';
  const ret = section.startsWith('cgroup') || section.startsWith('sk_lookup') ? 1 : 0;
  const body = ['r6 = r1', random, ZEROS, ...before, ...sets, `call ${helper}`, 'out:', `r0 = ${ret}`, 'exit']
    .filter((line) => line !== '')
    .join('\n');
  const maps = Object.keys(MAPS).filter((map) => body.includes(` ${map} ll`));
  const each = body.includes('each ll')
    ? '\n.func each(void *a, void *b, void *c, void *d) -> long static\nr0 = 0\nexit'
    : '';
  const head = `${HEAD}${maps.map((map) => `${MAPS[map]}\n`).join('')}.section "${section}"\n`;
  return `${head}${each === '' ? 'main:' : '.func main(void *ctx) -> int'}\n${body}${each}\n`;
}

function mayCall(helper: string, section: string): boolean {
  const row = helperRow(helper)!;
  const { caller } = progFacts(callAt(helper, helper, section))!;
  return helperAllowed(row, caller) && (!row.mightSleep || caller.sleepable === true);
}

/** Right arguments at every other hook: what is right there depends on the context. */
export function hookCallRequests(): Named[] {
  return NAMES.flatMap((helper) => {
    const tried = hookOf(helper);
    return SECTIONS.filter((section) => section !== tried && mayCall(helper, section)).map((section): Named => {
      const name = `calls in ${section}: ${helper}`;
      return [name, requestOfText(name, programText(helper, section))];
    });
  });
}

export function callRequests(): Named[] {
  return NAMES.flatMap((helper): Named[] => {
    const section = hookOf(helper);
    if (section === undefined) return [];
    const args = helperRow(helper)!.args.map((_, i) => i);
    const kinds: (readonly [string, (readonly [number, string])?])[] = [
      ['right'],
      ...args.flatMap((i) => Object.keys(WRONG).map((kind) => [`R${i + 1} ${kind}`, [i, kind] as const] as const)),
    ];
    return kinds.map(([what, wrong]): Named => {
      const name = `${helper} in ${section}: ${what}`;
      return [name, requestOfText(name, programText(helper, section, wrong))];
    });
  });
}
