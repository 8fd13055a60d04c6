/** The maps and their elements, page by page. */
import { toHex } from '../../../util/hex.ts';
import { listMaps, type MapElement, type MapSummary, mapPage } from '../../inspect/maps.ts';
import { cut } from '../../inspect/mapTypes.ts';
import { exprChildren } from '../exprVars.ts';
import { setExpr } from '../settable.ts';
import { type Children, namedChildren, type Var } from '../variables.ts';
import type { Look } from './index.ts';

/** Characters of an element's value beside its key. */
const WIDTH = 300;
/** Elements where a map does not say how many it has. */
const UNCOUNTED = 1000;

export function maps({ view }: Look): Children | undefined {
  if (view.kernel.world.maps.length === 0) return undefined;
  return namedChildren(() => listMaps(view).map((map) => mapVar(map, view)));
}

function mapVar(map: MapSummary, view: Look['view']): Var {
  const { record, name, type, keySize, valueSize, maxEntries, used } = map;
  const fill = used === undefined ? `max ${maxEntries}` : `${used} of ${maxEntries}`;
  const count = used ?? Math.min(maxEntries, UNCOUNTED);
  return {
    name,
    value: `${type}, ${fill}`,
    type: `key ${keySize}, value ${valueSize} bytes`,
    expr: name,
    ...(count > 0 && {
      children: {
        named: () => [],
        indexed: {
          count,
          page: (start, length) =>
            mapPage(view, record, start, length).elements.map((e, i) => elementVar(map, e, start + i, view)),
        },
      },
    }),
  };
}

/** One element; what it stands for cannot be set, bytes can. */
function elementVar({ name }: MapSummary, element: MapElement, number: number, view: Look['view']): Var {
  const { key, keyText, values, text, address } = element;
  const keyed = key.length > 0;
  const expr = keyed ? `${name}[hex:${toHex(key)}]` : undefined;
  const settable = expr !== undefined && values.length === 1;
  const children = expr === undefined ? undefined : exprChildren(expr, view);
  return {
    name: keyText === '' ? `#${number}` : keyText,
    value: cut(text, WIDTH),
    ...(expr !== undefined && { expr }),
    ...(settable && { watch: expr, set: setExpr(expr, view) }),
    ...(address !== 0 && { address }),
    ...(children && { children }),
  };
}
