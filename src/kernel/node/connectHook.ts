/** Programs of a cgroup on connect(2): they see where the connection is to go, and may send it elsewhere. */
import { UAPI } from '../../spec/constants.ts';
import { CONTEXTS } from '../../spec/ctx/index.ts';
import type { KernelCore } from '../core.ts';
import { prepareLocal } from '../local/run.ts';
import { cgroupLinks } from './cgroupHooks.ts';
import type { Flow } from './flow.ts';
import { next } from './flow.ts';
import type { Trip, Work } from './state.ts';

const { AF_INET, AF_INET6, IPPROTO_TCP, IPPROTO_UDP, SOCK_DGRAM, SOCK_STREAM } = UAPI;
const { size: CTX_SIZE, fields: FIELDS } = CONTEXTS.bpf_sock_addr!;

/** A connection that begins. */
export interface ConnectRequest {
  readonly sk: number;
  readonly proto: 'tcp' | 'udp';
  readonly address: Uint8Array;
  /** Host order. */
  readonly port: number;
  readonly cgroup: number;
}

/** Notes where a connection is to go, and has the programs asked. @kernel BPF_CGROUP_PRE_CONNECT_ENABLED */
export function connectHook(kernel: KernelCore, trip: Trip, request: ConnectRequest): undefined {
  const { world } = kernel;
  const { address, port, sk, cgroup } = request;
  kernel.world = { ...world, node: { ...world.node, connecting: { address, port, refused: false } } };
  return next(kernel, { ...trip, at: 'connect', sk, cgroup });
}

/** The context as user space would write it. */
function ctxOf(kernel: KernelCore, sk: number): Uint8Array {
  const { address, port } = kernel.world.node.connecting!;
  const ctx = new Uint8Array(CTX_SIZE);
  const view = new DataView(ctx.buffer);
  const v6 = address.length === 16;
  const udp = kernel.world.node.apps.find((a) => a.sk === sk)?.proto === 'udp';
  ctx.set(address, FIELDS[v6 ? 'user_ip6' : 'user_ip4']!.offset);
  view.setUint16(FIELDS.user_port!.offset, port, false);
  view.setUint32(FIELDS.user_family!.offset, v6 ? AF_INET6 : AF_INET, true);
  view.setUint32(FIELDS.family!.offset, v6 ? AF_INET6 : AF_INET, true);
  view.setUint32(FIELDS.type!.offset, udp ? SOCK_DGRAM : SOCK_STREAM, true);
  view.setUint32(FIELDS.protocol!.offset, udp ? IPPROTO_UDP : IPPROTO_TCP, true);
  return ctx;
}

/** Asks the programs, the socket's own cgroup first. @kernel __cgroup_bpf_run_filter_sock_addr */
export function askConnect(kernel: KernelCore, work: Extract<Work, { readonly at: 'connect' }>): Flow {
  const { sk, cgroup } = work;
  const v6 = kernel.world.node.connecting?.address.length === 16;
  const links = cgroupLinks(kernel, v6 ? 'cgroup_inet6_connect' : 'cgroup_inet4_connect', cgroup);
  const run = (index: number): Flow => {
    const link = links[index];
    if (!link) return undefined;
    let left: Uint8Array | undefined;
    return {
      link,
      work,
      prepare(k, prog) {
        const prepared = prepareLocal(k, prog, { ctx: ctxOf(kernel, sk), sock: sk });
        if (!('finish' in prepared)) return prepared;
        // The objects behind the context are gone once the run has ended.
        const finish: typeof prepared.finish = (retval) => {
          const output = prepared.finish(retval);
          left = output.ctxOut;
          return output;
        };
        return { ...prepared, finish };
      },
      bytes: () => new Uint8Array(),
      returned(retval) {
        decide(kernel, left, retval);
        return run(index + 1);
      },
    };
  };
  return run(0);
}

/** What a program has made of the connection. */
function decide(kernel: KernelCore, ctx: Uint8Array | undefined, retval: number): void {
  const { world } = kernel;
  const { connecting } = world.node;
  if (!connecting || !ctx) return;
  const v6 = connecting.address.length === 16;
  const at = FIELDS[v6 ? 'user_ip6' : 'user_ip4']!.offset;
  const decided = {
    address: ctx.slice(at, at + connecting.address.length),
    port: new DataView(ctx.buffer, ctx.byteOffset).getUint16(FIELDS.user_port!.offset, false),
    refused: connecting.refused || (retval & 1) === 0,
  };
  kernel.world = { ...world, node: { ...world.node, connecting: decided } };
}
