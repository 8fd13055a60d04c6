/** What bpf(2) refuses of a request before its programs come to the verifier: maps. */
import { ERRNO } from '../../spec/errno.ts';
import type { LoadRequest } from '../../spec/request.ts';
import type { Problem } from '../../util/problem.ts';
import { Kernel } from '../kernel.ts';

/** The first map of a request that BPF_MAP_CREATE refuses; maps that are too large for the simulation do not count. */
export function refusedMap(request: LoadRequest): Problem | undefined {
  if (!request.maps?.length) return undefined;
  const made = Kernel.create();
  if (!made.ok) return undefined;
  const maps = request.maps.map(({ updates: _, freeze: __, ...map }) => map);
  const [problem] = made.value.load({ maps, progs: [] }).problems;
  const refused = problem?.code === 'kernel.map-create' && problem.args.errno !== ERRNO.ENOMEM;
  return refused ? problem : undefined;
}
