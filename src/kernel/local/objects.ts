/** The kernel objects of one run, freed together. */
import { type Arena, PERM_NONE } from '../../mem/arena.ts';
import type { RegionKind } from '../../mem/kinds.ts';
import { SOCKET_TAG } from '../../net/inetSock.ts';
import { setSockField } from '../../net/netDevice.ts';
import { UAPI } from '../../spec/constants.ts';
import { LAYOUTS, type StructName } from '../../spec/layouts.ts';
import type { Result } from '../../util/problem.ts';
import { freeSockViews } from '../../vm/ctxView.ts';
import type { KernelCore } from '../core.ts';
import { createSocket } from '../sockets/create.ts';
import { freeOwner } from '../storage.ts';
import { newParts, type Parts } from '../testRun/parts.ts';

/** What a socket is when the context does not say. */
export interface SockSpec {
  /** AF_ number. */
  readonly family: number;
  /** SOCK_ number; default SOCK_STREAM. */
  readonly type?: number;
  /** IPPROTO_ number; default IPPROTO_TCP. */
  readonly protocol?: number;
  /** TCP_ state; default TCP_CLOSE. */
  readonly state?: number;
}

/** Makes objects. An allocation that fails gives 0 and sets `full`. */
export class KernelObjects {
  readonly arena: Arena;
  readonly #kernel: KernelCore;
  readonly #parts: Parts;

  constructor(kernel: KernelCore) {
    this.arena = kernel.arena;
    this.#kernel = kernel;
    this.#parts = newParts(kernel.arena);
  }

  /** Is one of the addresses 0 because the memory is full? */
  get full(): boolean {
    return this.#parts.failed();
  }

  /** Takes charge of something that was just made; its address, or 0. */
  take(piece: Result<number>, free?: (address: number) => void): number {
    return this.#parts.take(piece, free);
  }

  /** `size` zero bytes that programs may not touch, unless `kind` and `perm` say otherwise. */
  bytes(size: number, kind: RegionKind = 'kernel', perm = PERM_NONE): number {
    return this.#parts.alloc({ kind, size, perm });
  }

  /** A zeroed kernel struct. */
  struct(name: StructName): number {
    return this.bytes(LAYOUTS[name].size);
  }

  /** A socket, as large as a TCP socket is. */
  sock({ family, type = UAPI.SOCK_STREAM, protocol = UAPI.IPPROTO_TCP, state = UAPI.TCP_CLOSE }: SockSpec): number {
    const { arena } = this;
    const inet = family === UAPI.AF_INET || family === UAPI.AF_INET6;
    const made = inet
      ? createSocket(arena, protocol === UAPI.IPPROTO_UDP ? 'udp' : 'tcp', family === UAPI.AF_INET ? 'inet' : 'inet6')
      : arena.alloc({ kind: 'kernel', size: LAYOUTS.tcp_sock.size, perm: PERM_NONE, tag: SOCKET_TAG });
    const sk = this.take(made, (address) => {
      freeSockViews(arena, address);
      freeOwner(this.#kernel, address);
    });
    if (sk === 0) return 0;
    setSockField(arena, sk, 'skc_family', family);
    setSockField(arena, sk, 'skc_state', state);
    setSockField(arena, sk, 'skc_refcnt', 1);
    setSockField(arena, sk, 'skc_rx_queue_mapping', 0xffff);
    setSockField(arena, sk, 'sk_type', type);
    setSockField(arena, sk, 'sk_protocol', protocol);
    return sk;
  }

  /** Writes a pointer. */
  point(at: number, to: number): void {
    if (at !== 0) this.arena.setU64(at, to, 0);
  }

  free(): void {
    this.#parts.free();
  }
}
