/** Maps of sockets: programs that look sockets up, put them in, take them out and ask for them again. */
import type { MapRequest, SocketRequest } from '../../src/spec/request.ts';
import type { Random } from '../../test/random.ts';

export interface SocketMap {
  readonly name: string;
  readonly request: MapRequest;
}

/** A sockmap and a sockhash, small enough to be full, some with a socket in them from the start. */
export function socketMaps(r: Random, world: readonly SocketRequest[], filled: boolean): SocketMap[] {
  const make = (type: 'sockmap' | 'sockhash'): SocketMap => {
    const key_size = type === 'sockmap' ? 4 : r.pick([4, 4, 8, 12]);
    const key = (): string => [r.below(3), ...new Array<number>(key_size - 1).fill(0)].map((b) => `0${b}`).join('');
    const updates = filled
      ? Array.from({ length: r.below(3) }, () => ({ key: key(), value_socket: r.below(world.length), flags: 0 }))
      : [];
    return {
      name: type,
      request: { name: type, type, key_size, value_size: r.pick([4, 8]), max_entries: 1 + r.below(3), updates },
    };
  };
  return [make('sockmap'), make('sockhash')];
}
