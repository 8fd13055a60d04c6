/** The socket port over the World. */
import type { SocketPort } from '../../helpers/ports/sockets.ts';

/** There are no sockets: look-ups find nothing. */
export function socketPort(): SocketPort {
  return { lookup: () => 0, release: () => undefined, cookie: () => undefined };
}
