/** The kinds of programs that BPF_PROG_TEST_RUN runs: what they are given and which context fields they may use. */
import { CONTEXTS } from '../../src/spec/ctx/index.ts';
import type { CtxAccess, CtxField } from '../../src/spec/ctx/row.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import type { Random } from '../../test/random.ts';
import { randomPacket } from './packets.ts';
import type { Step } from './steps.ts';

export interface Hook {
  readonly progType: string;
  readonly attachType?: string;
  readonly ctxStruct?: string;
  /** The context's pointers to the packet, where programs have them; the end may be NULL in test runs. */
  readonly pointers?: { readonly data: number; readonly end: number; readonly meta?: number };
  readonly endIsNull?: true;
  /** Offset of the context's socket, and whether bpf_sk_fullsock is there for it. */
  readonly sock?: { readonly sock: number; readonly full: boolean };
  /** `data`, `ctx` and flags of the test run. */
  input(r: Random): { readonly data?: Uint8Array; readonly ctx?: Uint8Array; readonly flags?: number };
  /** Parts of the load request that this type needs. */
  readonly load?: Pick<LoadRequest, 'prog_flags' | 'expected_attach_type'>;
  /** The largest return value. */
  readonly returns: number;
}

const SKB_CTX = 192;
const at = (struct: string, field: string): number => CONTEXTS[struct]!.fields[field]!.offset;

/** A context for a socket buffer: every field that user space may set, each now and then. */
function skbContext(r: Random, size: number): Uint8Array {
  const ctx = new Uint8Array(SKB_CTX);
  const view = new DataView(ctx.buffer);
  const set = (field: string, value: number): void => view.setUint32(at('__sk_buff', field), value, true);
  if (r.bool(0.4)) set('mark', r.next());
  if (r.bool(0.3)) set('priority', r.next());
  if (r.bool(0.3)) set('ingress_ifindex', r.pick([1, 2, 77]));
  if (r.bool(0.4)) set('ifindex', 1);
  if (r.bool(0.3)) for (let i = 0; i < 20; i++) ctx[at('__sk_buff', 'cb') + i] = r.below(256);
  if (r.bool(0.3)) for (let i = 0; i < 7; i++) ctx[at('__sk_buff', 'tstamp') + i] = r.below(256);
  if (r.bool(0.3)) for (let i = 0; i < 7; i++) ctx[at('__sk_buff', 'hwtstamp') + i] = r.below(256);
  if (r.bool(0.3)) set('wire_len', size + r.below(1000));
  if (r.bool(0.3)) set('gso_segs', r.pick([1, r.below(20), 65535]));
  if (r.bool(0.4)) set('gso_size', r.pick([1, 8, 536, 1460, r.below(65536)]));
  return ctx;
}

const BPF_F_TEST_SKB_CHECKSUM_COMPLETE = 4;

function skb(progType: string, more: Partial<Hook> = {}): Hook {
  const [data, end] = [at('__sk_buff', 'data'), at('__sk_buff', 'data_end')];
  const tc = progType.startsWith('sched_');
  return {
    progType,
    ctxStruct: '__sk_buff',
    ...(progType !== 'socket_filter' && {
      pointers: { data, end, ...(tc && { meta: at('__sk_buff', 'data_meta') }) },
    }),
    input: (r) => {
      const packet = randomPacket(r);
      return {
        data: packet,
        ...(r.bool(0.35) && { ctx: skbContext(r, packet.length) }),
        ...(r.bool(0.15) && { flags: BPF_F_TEST_SKB_CHECKSUM_COMPLETE }),
      };
    },
    sock: { sock: at('__sk_buff', 'sk'), full: tc || progType === 'cgroup_skb' },
    returns: tc ? 2 : 1,
    ...more,
  };
}

function xdpInput(r: Random): ReturnType<Hook['input']> {
  const packet = randomPacket(r);
  if (r.bool(0.6)) return { data: packet };
  const meta = Uint8Array.from(r.bytes(r.pick([0, 4, 8, 32, 216])));
  const ctx = new Uint8Array(24);
  const view = new DataView(ctx.buffer);
  view.setUint32(0, meta.length, true);
  view.setUint32(4, meta.length + packet.length, true);
  view.setUint32(12, r.below(2), true);
  return { data: Uint8Array.from([...meta, ...packet]), ctx };
}

function lookupInput(r: Random): ReturnType<Hook['input']> {
  const ctx = r.bytes(72);
  const view = new DataView(ctx.buffer);
  view.setUint32(0, 0, true);
  view.setUint32(4, 0, true);
  const ipv6 = r.bool(0.5);
  view.setUint32(8, ipv6 ? 10 : 2, true);
  view.setUint32(12, r.pick([6, 17]), true);
  if (ipv6) {
    view.setUint32(16, 0, true);
    view.setUint32(40, 0, true);
  }
  view.setUint16(38, 0, true);
  view.setUint32(60, r.below(65536), true);
  view.setUint32(64, r.pick([0, 1, 1, 5]), true);
  return { ctx };
}

/** By the name under which the command line knows them. */
export const HOOKS: Readonly<Record<string, Hook>> = {
  socket_filter: skb('socket_filter'),
  sched_cls: skb('sched_cls'),
  sched_act: skb('sched_act'),
  cgroup_skb: skb('cgroup_skb', {
    attachType: 'cgroup_inet_ingress',
    load: { expected_attach_type: 'cgroup_inet_ingress' },
    endIsNull: true,
  }),
  cgroup_skb_egress: skb('cgroup_skb', {
    attachType: 'cgroup_inet_egress',
    load: { expected_attach_type: 'cgroup_inet_egress' },
    endIsNull: true,
    returns: 3,
  }),
  lwt_in: skb('lwt_in'),
  lwt_out: skb('lwt_out'),
  lwt_xmit: skb('lwt_xmit'),
  xdp: {
    progType: 'xdp',
    ctxStruct: 'xdp_md',
    pointers: { data: 0, end: 4, meta: 8 },
    input: xdpInput,
    returns: 4,
  },
  flow_dissector: {
    progType: 'flow_dissector',
    attachType: 'flow_dissector',
    ctxStruct: '__sk_buff',
    pointers: { data: at('__sk_buff', 'data'), end: at('__sk_buff', 'data_end') },
    input: (r) => ({ data: randomPacket(r) }),
    load: { expected_attach_type: 'flow_dissector' },
    returns: 0,
  },
  sk_lookup: {
    progType: 'sk_lookup',
    attachType: 'sk_lookup',
    ctxStruct: 'bpf_sk_lookup',
    sock: { sock: at('bpf_sk_lookup', 'sk'), full: false },
    input: lookupInput,
    load: { expected_attach_type: 'sk_lookup' },
    returns: 1,
  },
  raw_tracepoint: { progType: 'raw_tracepoint', input: (r) => ({ ctx: r.bytes(96) }), returns: 0 },
  syscall: {
    progType: 'syscall',
    input: (r) => ({ ctx: r.bytes(64) }),
    load: { prog_flags: ['sleepable'] },
    returns: 0,
  },
  netfilter: {
    progType: 'netfilter',
    attachType: 'netfilter',
    input: (r) => ({ data: randomPacket(r) }),
    load: { expected_attach_type: 'netfilter' },
    returns: 1,
  },
};

function may(access: CtxAccess | undefined, { progType, attachType }: Hook): boolean {
  return access === 'all' || (access ?? []).some((name) => name === progType || name === `${progType}/${attachType}`);
}

interface Field {
  readonly name: string;
  readonly off: number;
  readonly size: 1 | 2 | 4 | 8;
}

/** Fields whose value the kernel draws or whose bytes are an address. */
const NO_NUMBERS: ReadonlySet<string> = new Set(['cookie', 'flow_keys']);

function fields(hook: Hook, access: (field: CtxField) => CtxAccess | undefined): Field[] {
  const all = Object.entries(CONTEXTS[hook.ctxStruct ?? '']?.fields ?? {});
  return all.flatMap(([name, field]) => {
    const pointer =
      field.type.endsWith('*') || [field.from, field.fromBy?.[hook.progType]].some((f) => f?.how === 'pointer');
    if (pointer || NO_NUMBERS.has(name) || !may(access(field), hook)) return [];
    return Array.from({ length: field.count ?? 1 }, (_, i) => ({
      name: field.count ? `${name}[${i}]` : name,
      off: field.offset + i * field.size,
      size: field.size as Field['size'],
    }));
  });
}

/** Looks at up to `count` fields of the context, and at how long the packet seems. */
export function peeks(r: Random, hook: Hook, count: number): Step[] {
  const readable = fields(hook, (field) => field.read);
  const steps: Step[] = [];
  if (hook.pointers && !hook.endIsNull && r.bool(0.7)) {
    const { data, end, meta } = hook.pointers;
    steps.push({ distance: 'data_end - data', from: data, to: end });
    if (meta !== undefined) steps.push({ distance: 'data - data_meta', from: meta, to: data });
  }
  if (!hook.ctxStruct && ['raw_tracepoint', 'syscall'].includes(hook.progType)) {
    const off = 8 * r.below(8);
    steps.push({ peek: `ctx + ${off}`, off, size: 8 });
  }
  for (let i = 0; i < count && readable.length > 0; i++) {
    const { name, off, size } = r.pick(readable);
    steps.push({ peek: name, off, size, nonzero: name === 'hash' });
  }
  return steps;
}

/** Writes a field of the context. */
export function poke(r: Random, hook: Hook): Step[] {
  const writable = fields(hook, (field) => field.write);
  if (writable.length === 0) return [];
  const { name, off, size } = r.pick(writable);
  return [{ poke: name, off, size, value: BigInt(r.pick([0, 1, r.next(), r.next() & 0xffff])) }];
}

/** A pointer to bytes of the packet, held while they are read or written. */
export function packetAccess(r: Random, hook: Hook): Step[] {
  if (!hook.pointers) return [];
  const { data, end } = hook.pointers;
  const writes = !['cgroup_skb', 'lwt_in', 'lwt_out', 'flow_dissector'].includes(hook.progType) && r.bool(0.4);
  const body: Step[] = [{ held: 0, ...(writes && { write: BigInt(r.next()) }) }];
  return [{ hold: { packet: r.below(60), size: 8, data, end }, body }];
}
