/** BPF_PROG_TEST_RUN of sk_lookup programs: a connection in, the cookie of the socket that was selected out. */
import type { Arena } from '../../mem/arena.ts';
import { UAPI } from '../../spec/constants.ts';
import { CONTEXTS } from '../../spec/ctx/index.ts';
import { ERRNO } from '../../spec/errno.ts';
import { LAYOUTS, type MemberPath, memberLayout } from '../../spec/layouts.ts';
import { newParts } from './parts.ts';
import { NO_PACKET, type PrepareRun } from './prepare.ts';
import { bpfCtxFinish, bpfCtxInit, bpfTestFinish, foreignOptions, runsOf, wantsOut } from './uarg.ts';

const { AF_INET, AF_INET6, SK_DROP, SK_PASS } = UAPI;
const { size: CTX_SIZE, fields: FIELDS } = CONTEXTS.bpf_sk_lookup!;
const IPV6_SIZE = 16;
const MAX_PORT = 0xffff;

type Member = MemberPath & `bpf_sk_lookup_kern.${string}`;

function put(arena: Arena, object: number, member: Member, value: number): void {
  const [offset, size] = memberLayout(member);
  if (size === 8) arena.setU64(object + offset, value, 0);
  else if (size === 4) arena.setU32(object + offset, value);
  else arena.setU16(object + offset, value);
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
export const skLookupTestRun: PrepareRun = ({ arena }, _prog, input) => {
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
  const before = (): void => put(arena, object, 'bpf_sk_lookup_kern.selected_sk', 0);
  /** Without a selected socket only SK_DROP drops. @kernel BPF_PROG_SK_LOOKUP_RUN_ARRAY */
  const after = (retval: number): number => (retval === SK_DROP ? SK_DROP : SK_PASS);
  return {
    ctx: { object },
    packets: NO_PACKET,
    repeat: runsOf(input),
    before,
    after,
    finish: (retval) => bpfCtxFinish(input, bpfTestFinish(input, new Uint8Array(), retval), ctx),
    free: parts.free,
  };
};
