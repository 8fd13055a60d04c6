/** What a local run is made of: the kernel objects behind a context, before the context's fields are set. */
import type { PacketObjects } from '../env.ts';
import type { SockRunInput } from '../testRun/uarg.ts';
import type { KernelObjects } from './objects.ts';

/** What a run without BPF_PROG_TEST_RUN is given: the context's uapi struct in `ctx`, the packet or value in `data`. */
export interface LocalInput extends SockRunInput {
  /** cgroup_sysctl: `net/ipv4/ip_forward`, its value, and the value being written, if one is. */
  readonly sysctl?: { readonly name: string; readonly current: string; readonly next?: string };
  /**
   * sock_ops, whose `data` is a TCP header: bytes of room for more options, at most 40, and the SYN that began the
   * connection, from its Ethernet header on.
   */
  readonly hdrOpt?: { readonly remaining?: number; readonly syn?: Uint8Array };
}

/** What the objects are made from. */
export interface LocalRequest {
  readonly progType: string;
  /** Name of the attach type, where the program was loaded with one. */
  readonly attachType: string;
  /** The packet, message or option value; empty when none is given. */
  readonly data: Uint8Array;
  readonly input: LocalInput;
}

interface LocalContext {
  /** The kernel object behind the context. */
  readonly object: number;
  readonly packets?: PacketObjects;
  /** The bpf_cg_run_ctx that the context shows, where it shows one. */
  readonly cgRunCtx?: number;
  /** The packet, message or option value afterwards. */
  dataOut?(): Uint8Array;
}

/** Makes the objects of one prog type. Addresses may be 0 where the memory is full, which the caller looks at. */
export type BuildLocal = (objects: KernelObjects, request: LocalRequest) => LocalContext;

/** AF_ number that the name of a cgroup hook stands for; undefined where it says nothing. */
export function familyOf(attachType: string): 'inet' | 'inet6' | 'unix' | undefined {
  if (attachType.includes('inet6') || attachType.includes('udp6')) return 'inet6';
  if (attachType.includes('inet4') || attachType.includes('udp4')) return 'inet';
  return attachType.includes('unix') ? 'unix' : undefined;
}
