import { UAPI } from '../spec/constants.ts';
import { swap16 } from '../util/bits.ts';

/** EtherTypes in network order, as skb->protocol and a little-endian load of the frame's two bytes hold them. */
export const ETH_P_IP = swap16(UAPI.ETH_P_IP);
export const ETH_P_IPV6 = swap16(UAPI.ETH_P_IPV6);
export const ETH_P_8021Q = swap16(UAPI.ETH_P_8021Q);
export const ETH_P_8021AD = swap16(UAPI.ETH_P_8021AD);
export const ETH_P_TEB = swap16(UAPI.ETH_P_TEB);
/** Frames that hold a length in place of an EtherType: Novell's raw ones and those with an 802.2 header. */
export const ETH_P_802_3 = swap16(UAPI.ETH_P_802_3);
export const ETH_P_802_2 = swap16(UAPI.ETH_P_802_2);
