/** The kernel objects of one run, freed together. */
import { type Arena, PERM_NONE } from '../../mem/arena.ts';
import type { RegionKind } from '../../mem/kinds.ts';
import { setSockField } from '../../net/netDevice.ts';
import { UAPI } from '../../spec/constants.ts';
import { LAYOUTS, type StructName } from '../../spec/layouts.ts';
import { allocSockView } from '../../vm/ctxView.ts';

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

/** Allocates objects and keeps their addresses. An allocation that fails gives 0 and sets `full`. */
export class KernelObjects {
  readonly arena: Arena;
  full = false;
  readonly #bases: number[] = [];

  constructor(arena: Arena) {
    this.arena = arena;
  }

  /** `bytes` zero bytes that programs may not touch, unless `kind` and `perm` say otherwise. */
  bytes(bytes: number, kind: RegionKind = 'kernel', perm = PERM_NONE): number {
    const made = this.arena.alloc({ kind, size: bytes, perm });
    if (!made.ok) this.full = true;
    else this.#bases.push(made.value);
    return made.ok ? made.value : 0;
  }

  /** A zeroed kernel struct. */
  struct(name: StructName): number {
    return this.bytes(LAYOUTS[name].size);
  }

  /** A socket, as large as a TCP socket is, and the view through which programs see it. */
  sock({ family, type = UAPI.SOCK_STREAM, protocol = UAPI.IPPROTO_TCP, state = UAPI.TCP_CLOSE }: SockSpec): number {
    const sk = this.struct('tcp_sock');
    if (sk === 0) return 0;
    setSockField(this.arena, sk, 'skc_family', family);
    setSockField(this.arena, sk, 'skc_state', state);
    setSockField(this.arena, sk, 'skc_refcnt', 1);
    setSockField(this.arena, sk, 'skc_rx_queue_mapping', 0xffff);
    setSockField(this.arena, sk, 'sk_type', type);
    setSockField(this.arena, sk, 'sk_protocol', protocol);
    const view = allocSockView(this.arena, sk);
    if (view.ok) this.#bases.push(view.value);
    else this.full = true;
    return sk;
  }

  /** Writes a pointer. */
  point(at: number, to: number): void {
    if (at !== 0) this.arena.setU64(at, to, 0);
  }

  free(): void {
    for (const base of this.#bases) this.arena.free(base);
  }
}
