/**
 * Random programs of helper calls, good and bad arguments mixed, from a seed: each program is about one helper in one kind
 * of program, and calls others before and after it on the same packet, so that what one leaves behind the next one sees.
 */
import { NOT_SIMULATED } from '../../src/helpers/index.ts';
import { helperAllowed, helperFor } from '../../src/spec/helpers/availability.ts';
import { HELPERS } from '../../src/spec/helpers/index.ts';
import type { HelperName } from '../../src/spec/helpers/params.ts';
import type { HelperRow } from '../../src/spec/helpers/row.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { Random } from '../../test/random.ts';
import { Code } from './code.ts';
import { HOOKS, type Hook, packetAccess, peeks, poke } from './hooks.ts';
import { inputBytes } from './input.ts';
import { MapSet } from './maps.ts';
import { PACKET_ROWS, ROWS } from './rows/index.ts';
import type { Gen } from './rows/row.ts';
import { withSocket } from './rows/sock.ts';
import { randomFormat } from './rows/text.ts';
import { Compiler, type Step } from './steps.ts';
import { derivable, derived, wantsSocket } from './values.ts';

/** A program and what its results mean. */
export interface Generated {
  readonly hook: string;
  readonly helper: HelperName;
  readonly request: LoadRequest;
  readonly labels: readonly string[];
  readonly steps: readonly Step[];
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const UNANSWERED: ReadonlySet<string> = new Set(NOT_SIMULATED);

const LOCKS = ['bpf_spin_lock', 'bpf_spin_unlock'] as const;
const TIMERS = ['bpf_timer_init', 'bpf_timer_set_callback', 'bpf_timer_start', 'bpf_timer_cancel'] as const;

/** Helpers that a prog type knows, but of which the verifier refuses every call: no program gets what they want. */
const UNREACHABLE: Readonly<Record<string, readonly HelperName[]>> = {
  // Neither sockets nor XDP buffers by BTF; a program that may sleep has none of the maps that the others want.
  syscall: [
    'bpf_get_socket_cookie',
    'bpf_xdp_get_buff_len',
    'bpf_sk_storage_get',
    'bpf_sk_storage_delete',
    'bpf_tail_call',
    'bpf_perf_event_output',
    'bpf_get_stackid',
    'bpf_perf_event_read',
    'bpf_perf_event_read_value',
    'bpf_current_task_under_cgroup',
  ],
  socket_filter: LOCKS,
  raw_tracepoint: [...LOCKS, ...TIMERS, 'bpf_copy_from_user', 'bpf_copy_from_user_task'],
  // Its sockets are not counted, and it cannot look others up.
  sk_lookup: ['bpf_sk_release'],
};

/** The helpers that such a program may call and that can be called from here. */
export function helpersOf({ progType, attachType }: Hook): HelperName[] {
  return (Object.keys(HELPERS) as HelperName[]).filter((name) => {
    const row: HelperRow = HELPERS[name];
    const allowed = helperAllowed(row, { progType, ...(attachType !== undefined && { attachType }) });
    const called = !UNANSWERED.has(name) && !UNREACHABLE[progType]?.includes(name);
    return allowed && called && (name in ROWS || derivable(row));
  });
}

function callsOf(g: Gen, name: HelperName): readonly Step[] {
  const maker = ROWS[name];
  if (maker) return maker(g);
  const { progType, attachType } = g.hook;
  const row = helperFor(HELPERS[name], { progType, ...(attachType !== undefined && { attachType }) });
  const call = g.call(name, derived(g.r, row, g.maps), row.ret === 'RET_INTEGER' ? 'value' : 'ignore');
  return wantsSocket(row) ? withSocket(g, true, [call]) : [call];
}

/** How often a program calls the helper that it is about. */
const CALLS = 4;

/** Where the network and the link layer headers are now. */
const WHERE: readonly Step[] = [1n, 0n].map((start, i) => ({
  call: HELPERS.bpf_skb_load_bytes_relative.id,
  name: `14 bytes from header ${start}`,
  args: ['ctx', 0n, { out: 960 + 16 * i }, 14n, start],
}));

/** Headers before a packet with tunnel metadata crash the kernel. */
function withoutCrash(steps: readonly Step[]): Step[] {
  const calls = (step: Step, id: number): boolean => 'call' in step && step.call === id;
  const tunnel = steps.some((step) => calls(step, HELPERS.bpf_skb_set_tunnel_key.id));
  return steps.filter((step) => !tunnel || !calls(step, HELPERS.bpf_lwt_push_encap.id));
}

interface About {
  readonly hookName: string;
  readonly helper: HelperName;
  /** What the program may call. */
  readonly all: readonly HelperName[];
  readonly name: string;
  /** Where the input map's bytes come from. */
  readonly bytes: Random;
}

function program(r: Random, { hookName, helper, all, name, bytes }: About): Generated {
  const hook = HOOKS[hookName]!;
  const format = randomFormat(r);
  const g: Gen = {
    r,
    hook,
    maps: new MapSet(hook.progType === 'syscall'),
    format,
    call: (n, args, result) => ({ call: HELPERS[n].id, name: n, args, ...(result && { result }) }),
  };
  const onPackets = all.filter((n) => n in PACKET_ROWS);
  const other = (): Step[] => {
    const names = onPackets.length > 0 && r.bool(0.7) ? onPackets : all;
    return [
      ...(r.bool(0.2) ? poke(r, hook) : []),
      ...callsOf(g, r.pick(names)),
      ...(r.bool(0.2) ? packetAccess(r, hook) : []),
    ];
  };
  const steps: Step[] = [];
  for (let i = 0; i < CALLS; i++) {
    if (r.bool(0.35)) steps.push(...other(), ...peeks(r, hook, 1));
    steps.push(...callsOf(g, helper), ...peeks(r, hook, 2));
  }
  if (r.bool(0.5)) steps.push(...other(), ...peeks(r, hook, 2));
  if (all.includes('bpf_skb_load_bytes_relative')) steps.push(...WHERE);
  steps.push(...peeks(r, hook, 3));

  const code = new Code(inputBytes(bytes, format));
  const compiler = new Compiler(code);
  compiler.steps(withoutCrash(steps));
  if (hook.returns > 1 && r.bool(0.2)) {
    code.last(0);
    code.insn(0x57, 0, 0, 0, 3);
  } else code.insn(0xb7, 0, 0, 0, r.below(hook.returns + 1));
  code.insn(0x95, 0, 0, 0, 0);
  compiler.functions();
  const { data, ctx, flags } = hook.input(r);
  const request: LoadRequest = {
    name,
    prog_type: hook.progType,
    ...hook.load,
    license: 'GPL',
    ...code.finish(),
    dump_maps: true,
    test_run: {
      ...(data && { data: hex(data), out_size: 20000 }),
      ...(ctx && { ctx: hex(ctx) }),
      ...(flags !== undefined && { flags }),
    },
  };
  return { hook: hookName, helper, request, labels: code.labels, steps };
}

/** What to generate: all hooks and helpers where none are named. */
export interface Choice {
  readonly seed: number;
  /** Programs for each helper in each kind of program; each calls it `CALLS` times. */
  readonly each: number;
  readonly hooks?: readonly string[];
  /** Parts of helpers' names. */
  readonly helpers?: readonly string[];
  /** All programs of one kind have the same bytes in their input map, so that they pack well. */
  readonly oneInput?: boolean;
}

/** The programs of a choice; what one holds does not depend on which others are asked for. */
export function* generate({ seed, each, hooks, helpers, oneInput }: Choice): Generator<Generated> {
  for (const [hookAt, hookName] of Object.keys(HOOKS).entries()) {
    if (hooks && !hooks.includes(hookName)) continue;
    const all = helpersOf(HOOKS[hookName]!);
    for (const helper of all) {
      if (helpers && !helpers.some((part) => helper.includes(part))) continue;
      const r = new Random(seed * 1_000_003 + hookAt * 1009 + HELPERS[helper].id);
      for (let i = 0; i < each; i++) {
        const bytes = oneInput ? new Random(seed + hookAt) : r;
        yield program(r, { hookName, helper, all, bytes, name: `${hookName} ${helper.slice(4)} ${i}` });
      }
    }
  }
}
