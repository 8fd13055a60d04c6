/** How each helper is called; one without a row is called as its prototype says. */
import { basicRows } from './basic.ts';
import { csumRows } from './csum.ts';
import { lwtRows } from './lwt.ts';
import { mapRows } from './maps.ts';
import { objectRows } from './objects.ts';
import { redirectRows } from './redirect.ts';
import type { RowTable } from './row.ts';
import { skbRows } from './skb.ts';
import { sockRows } from './sock.ts';
import { taskRows } from './task.ts';
import { textRows } from './text.ts';
import { tunnelRows } from './tunnel.ts';
import { xdpRows } from './xdp.ts';

/** Of these, calls change the packet or what is known about it. */
export const PACKET_ROWS: RowTable = {
  ...skbRows,
  ...csumRows,
  ...tunnelRows,
  ...redirectRows,
  ...lwtRows,
  ...xdpRows,
};

export const ROWS: RowTable = {
  ...PACKET_ROWS,
  ...basicRows,
  ...mapRows,
  ...sockRows,
  ...taskRows,
  ...objectRows,
  ...textRows,
};
