/** What happened to a packet at one place, as data: the timeline's rows. */
import type { FieldDiff } from '../../net/diff.ts';
import type { Output } from '../world.ts';
import type { DropReason } from './dropReasons.ts';
import type { LinkHook } from './hooks.ts';

/** Where and to which packet it happened. */
interface Place {
  /** The packet's number. */
  readonly packet: number;
  readonly cpu: number;
  readonly ns: string;
  /** The device's name, where one is concerned. */
  readonly dev?: string;
}

/** Something that happened to a packet; `packet` is its number in the node. */
export type Hop =
  /** It came in from outside. */
  | (Place & { readonly kind: 'in'; readonly bytes: Uint8Array })
  /** A socket of the node sends it. */
  | (Place & { readonly kind: 'sent'; readonly socket: string; readonly bytes: Uint8Array })
  /** It went from one device to another one of the node. */
  | (Place & { readonly kind: 'cable'; readonly to: string; readonly bytes: Uint8Array })
  | (Place & {
      readonly kind: 'program';
      readonly hook: LinkHook;
      readonly prog: string;
      readonly verdict: string;
      readonly insns: number;
      readonly changes: readonly FieldDiff[];
      readonly outputs: readonly Output[];
    })
  /** A route was found: the next hop's address, absent where it is the destination's. */
  | (Place & { readonly kind: 'route'; readonly dst: string; readonly via?: string; readonly local: boolean })
  /** The link layer address of a neighbour was asked for and found. */
  | (Place & { readonly kind: 'neighbour'; readonly address: string; readonly mac: string })
  /** A redirect was performed. */
  | (Place & { readonly kind: 'redirect'; readonly how: string; readonly to: string })
  /** An outer header was put around it, or taken off. */
  | (Place & { readonly kind: 'tunnel'; readonly what: 'encapsulated' | 'decapsulated'; readonly bytes: Uint8Array })
  /** A socket got it. */
  | (Place & { readonly kind: 'delivered'; readonly socket: string; readonly what: string })
  /** It left through a device that leads outside. */
  | (Place & { readonly kind: 'out'; readonly bytes: Uint8Array })
  | (Place & { readonly kind: 'dropped'; readonly reason: DropReason; readonly why?: string })
  /** A socket is in another state. */
  | (Place & { readonly kind: 'state'; readonly socket: string; readonly from: string; readonly to: string });
