/** BPF_PROG_TEST_RUN of sk_lookup programs: a connection in, the cookie of the socket that was selected out. */
import type { Arena } from '../../mem/arena.ts';
import { skMember } from '../../net/inetSock.ts';
import { UAPI } from '../../spec/constants.ts';
import { CONTEXTS } from '../../spec/ctx/index.ts';
import { ERRNO } from '../../spec/errno.ts';
import { LAYOUTS, type MemberPath, memberLayout } from '../../spec/layouts.ts';
import { cookieOf } from '../ports/sockets.ts';
import { newParts } from './parts.ts';
import { NO_PACKET, type PrepareRun } from './prepare.ts';
import {
  bpfCtxFinish,
  bpfCtxInit,
  bpfTestFinish,
  foreignOptions,
  runsOf,
  type TestRunOutput,
  wantsOut,
} from './uarg.ts';

const { AF_INET, AF_INET6, SK_DROP, SK_PASS } = UAPI;
const { size: CTX_SIZE, fields: FIELDS } = CONTEXTS.bpf_sk_lookup!;
const IPV6_SIZE = 16;
const MAX_PORT = 0xffff;

const NO_REUSEPORT = memberLayout('bpf_sk_lookup_kern.no_reuseport')[0];

type Member = MemberPath & `bpf_sk_lookup_kern.${string}`;

function put(arena: Arena, object: number, member: Member, value: number): void {
  const [offset, size] = memberLayout(member);
  if (size === 8) arena.setU64(object + offset, value, 0);
  else if (size === 4) arena.setU32(object + offset, value);
  else arena.setU16(object + offset, value);
}

/** Does the socket share its port with others, so that one of them would have to be chosen? */
function reuses(arena: Arena, sk: number): boolean {
  return skMember(arena, sk, 'sock_common', 'skc_reuseport') !== 0;
}

/** Why a context may not be so: a positive errno, or 0. */
function ctxErrno(ctx: Uint8Array, field: (name: string) => number): number {
  const end = FIELDS.local_port!.offset + FIELDS.local_port!.size;
  if (ctx.subarray(0, 8).some((b) => b !== 0) || ctx.subarray(end).some((b) => b !== 0)) return ERRNO.EINVAL;
  if (field('local_port') > MAX_PORT) return ERRNO.ERANGE;
  const family = field('family') & 0xffff;
  return family === AF_INET || family === AF_INET6 ? 0 : ERRNO.EAFNOSUPPORT;
}

/** @kernel bpf_prog_test_run_sk_lookup */
export const skLookupTestRun: PrepareRun = (kernel, _prog, input) => {
  const { arena } = kernel;
  if (foreignOptions(input) || (input.data?.length ?? 0) > 0 || wantsOut(input.outSize)) return { errno: ERRNO.EINVAL };
  const ctx = bpfCtxInit(input, CTX_SIZE);
  if (typeof ctx === 'number' || !ctx) return { errno: ctx ?? ERRNO.EINVAL };
  const view = new DataView(ctx.buffer);
  const field = (name: string): number => {
    const { offset, size } = FIELDS[name]!;
    return size === 2 ? view.getUint16(offset, true) : view.getUint32(offset, true);
  };
  const errno = ctxErrno(ctx, field);
  if (errno !== 0) return { errno };
  const parts = newParts(arena);
  const object = parts.object(LAYOUTS.bpf_sk_lookup_kern.size);
  const addresses = parts.object(2 * IPV6_SIZE);
  if (parts.failed()) {
    parts.free();
    return { errno: ERRNO.ENOMEM };
  }
  put(arena, object, 'bpf_sk_lookup_kern.family', field('family'));
  put(arena, object, 'bpf_sk_lookup_kern.protocol', field('protocol'));
  put(arena, object, 'bpf_sk_lookup_kern.dport', field('local_port'));
  put(arena, object, 'bpf_sk_lookup_kern.sport', field('remote_port'));
  if ((field('family') & 0xffff) === AF_INET) {
    put(arena, object, 'bpf_sk_lookup_kern.v4.saddr', field('remote_ip4'));
    put(arena, object, 'bpf_sk_lookup_kern.v4.daddr', field('local_ip4'));
  } else {
    const { remote_ip6: remote, local_ip6: local } = FIELDS;
    arena.put(addresses, ctx.subarray(remote!.offset, remote!.offset + IPV6_SIZE));
    arena.put(addresses + IPV6_SIZE, ctx.subarray(local!.offset, local!.offset + IPV6_SIZE));
    put(arena, object, 'bpf_sk_lookup_kern.v6.saddr', addresses);
    put(arena, object, 'bpf_sk_lookup_kern.v6.daddr', addresses + IPV6_SIZE);
  }
  const selected = (): number => arena.getU32(object + memberLayout('bpf_sk_lookup_kern.selected_sk')[0]);
  const select = (sk: number): void => put(arena, object, 'bpf_sk_lookup_kern.selected_sk', sk);
  /** A program that drops takes its selection back; without one only SK_DROP drops. @kernel BPF_PROG_SK_LOOKUP_RUN_ARRAY */
  const after = (retval: number): number => {
    if (retval !== SK_PASS) select(0);
    return retval === SK_DROP ? SK_DROP : SK_PASS;
  };
  const finish = (retval: number): TestRunOutput => {
    const sk = selected();
    if (sk !== 0 && reuses(arena, sk) && arena.u8[object + NO_REUSEPORT] === 0) {
      return { errno: ERRNO.EOPNOTSUPP, retval: 0 };
    }
    const [lo, hi] = sk === 0 ? [0, 0] : cookieOf(kernel, sk);
    view.setUint32(FIELDS.cookie!.offset, lo, true);
    view.setUint32(FIELDS.cookie!.offset + 4, hi, true);
    return bpfCtxFinish(input, bpfTestFinish(input, new Uint8Array(), retval), ctx);
  };
  return {
    ctx: { object },
    packets: NO_PACKET,
    repeat: runsOf(input),
    before: () => select(0),
    after,
    finish,
    free: parts.free,
  };
};
