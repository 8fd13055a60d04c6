/** User space walks a map: BPF_MAP_GET_NEXT_KEY from the first key to the last. */
import { userNextKey } from '../../maps/user.ts';
import { ERRNO, errnoName } from '../../spec/errno.ts';
import { mapWords } from '../replay/mapWords.ts';
import type { Perform } from './actions.ts';
import { scenarioProblem } from './messages.ts';

/** So many keys are told; the walk ends there. */
const MOST = 4096;

/** The keys stand in the step's path; what ends the walk before the map does is its result. */
export const walk: Perform<'walk'> = (stage, { map: name }, step) => [
  () => {
    const { kernel } = stage;
    const map = kernel.map(name);
    if (!map) {
      const help = `there are: ${kernel.world.maps.map((m) => m.name).join(', ') || 'none'}`;
      return stage.fail(scenarioProblem('map', {}, { path: `${step.path}.walk`, name, help }));
    }
    const words = mapWords(kernel, map);
    const lines = [`walk ${name}`];
    let at = userNextKey(kernel.maps, map.address, undefined);
    while (typeof at !== 'number' && lines.length <= MOST) {
      lines.push(`  ${words.key(at)}`);
      at = userNextKey(kernel.maps, map.address, at.slice());
    }
    const { state } = stage;
    const failed = typeof at === 'number' && at !== -ERRNO.ENOENT;
    const result = failed ? (errnoName(-(at as number)) ?? `${at}`) : state.result;
    stage.state = { ...state, result, extra: [...state.extra, ...lines] };
    return undefined;
  },
];
