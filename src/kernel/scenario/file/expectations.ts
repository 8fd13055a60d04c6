/** Expectations of a file as values. */
import type { ValueOf } from '../../net/file/parts.ts';
import type { Expect, MapExpect } from '../model.ts';
import type { expectation } from './expect.ts';
import type { Scope } from './scope.ts';

type Given = ValueOf<typeof expectation>;

/** An expectation as a value; devices and sockets that it names must be there. */
export function makeExpect(scope: Scope, given: Given, where: string): Expect {
  if ('record' in given) return { record: true, where };
  const { out, maps, received, sockets, ...lines } = given;
  for (const [name] of received ?? []) scope.socket(name, `${where}.received.${name}`);
  for (const [name] of sockets ?? []) scope.socket(name, `${where}.sockets.${name}`);
  return {
    ...lines,
    ...(out && {
      out: out.map(({ dev, ...rest }, i) => ({ ...scope.device(dev, `${where}.out[${i}].dev`), ...rest })),
    }),
    ...(maps && {
      maps: maps.map(
        ([map, { has = [], lacks = [], ...rest }]): MapExpect => ({
          map,
          has,
          lacks,
          ...rest,
          path: `${where}.maps.${map}`,
        }),
      ),
    }),
    ...(received && { received: Object.fromEntries(received) }),
    ...(sockets && { sockets: Object.fromEntries(sockets) }),
    where,
  };
}
