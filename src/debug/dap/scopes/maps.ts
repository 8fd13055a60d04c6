/** The maps and their elements, page by page. */
import type { MapRecord } from '../../../kernel/world.ts';
import { toHex } from '../../../util/hex.ts';
import { listMaps, type MapElement, type MapSummary, mapPage, mapSummary } from '../../inspect/maps.ts';
import { cut } from '../../inspect/mapTypes.ts';
import type { View } from '../../view.ts';
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

/** The elements of a map. */
export function mapChildren(record: MapRecord, view: View): Children | undefined {
  return elementsOf(mapSummary(view, record), view);
}

function elementsOf(map: MapSummary, view: View): Children | undefined {
  const { record, maxEntries, used } = map;
  const count = used ?? Math.min(maxEntries, UNCOUNTED);
  if (count === 0) return undefined;
  const page = (start: number, length: number): Var[] =>
    mapPage(view, record, start, length).elements.map((e, i) => elementVar(map, e, start + i, view));
  return { named: () => [], indexed: { count, page } };
}

function mapVar(map: MapSummary, view: View): Var {
  const { name, type, keySize, valueSize, maxEntries, used } = map;
  const fill = used === undefined ? `max ${maxEntries}` : `${used} of ${maxEntries}`;
  const children = elementsOf(map, view);
  return {
    name,
    value: `${type}, ${fill}`,
    type: `key ${keySize}, value ${valueSize} bytes`,
    expr: name,
    ...(children && { children }),
  };
}

/** One element; what it stands for cannot be set, bytes can. */
function elementVar({ name }: MapSummary, element: MapElement, number: number, view: View): Var {
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
