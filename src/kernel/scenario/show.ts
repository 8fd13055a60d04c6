/** Elements of a map, counted: what a step shows of how they are distributed. */
import type { DumpedElement } from '../../maps/user.ts';
import type { Problem } from '../../util/problem.ts';
import { MapView } from './mapView.ts';
import { scenarioProblem } from './messages.ts';
import type { Path, ShowSpec } from './model.ts';
import type { Stage } from './stage.ts';

const entries = (count: number): string => `${count} ${count === 1 ? 'entry' : 'entries'}`;

/** Numbers by their size, before texts. */
function inOrder([a]: readonly [string, number], [b]: readonly [string, number]): number {
  const [x, y] = [Number.parseFloat(a), Number.parseFloat(b)];
  if (x !== y && !Number.isNaN(x) && !Number.isNaN(y)) return x - y;
  return a < b ? -1 : 1;
}

/** The elements that count, or what is wrong with what is asked for. */
function counted(view: MapView, { where }: ShowSpec): readonly DumpedElement[] | string {
  const found: DumpedElement[] = [];
  for (const element of view.elements) {
    const key = view.keyMatches(where.key, element);
    const value = key === true ? view.valueMatches(where.value, element) : false;
    if (typeof key === 'string') return `where.key: ${key}`;
    if (typeof value === 'string') return `where.value: ${value}`;
    if (value) found.push(element);
  }
  return found;
}

/** `17 entries`; with `of`: `17 of 20 entries, 3 missing` */
function total(count: number, of: number | undefined): string {
  return of === undefined ? entries(count) : `${count} of ${entries(of)}, ${of - count} missing`;
}

/** `VALUE: 17 entries` for each value of the member, and what they have in common in one line before. */
function lines(view: MapView, spec: ShowSpec): readonly string[] | string {
  const found = counted(view, spec);
  if (typeof found === 'string') return found;
  const { group, of } = spec;
  if (group === undefined) return [total(found.length, of)];
  const [side, name] = group.split('.') as ['key' | 'value', string?];
  const groups = new Map<string, number>();
  for (const element of found) {
    const text = view.member(side, name, element);
    if (text === undefined) return `there is no ${group} in it`;
    groups.set(text, (groups.get(text) ?? 0) + 1);
  }
  const rows = [...groups].sort(inOrder).map(([text, count]) => `${text}: ${entries(count)}`);
  return of === undefined ? rows : [...rows, total(found.length, of)];
}

/** Counts, and tells in the step's path; what is wrong otherwise. */
export function show(stage: Stage, spec: ShowSpec, path: Path): readonly Problem[] {
  const { kernel } = stage;
  const map = kernel.map(spec.map);
  if (!map) {
    const help = `there are: ${kernel.world.maps.map((m) => m.name).join(', ') || 'none'}`;
    return [scenarioProblem('map', {}, { path, name: spec.map, help })];
  }
  const said = lines(new MapView(kernel, map), spec);
  if (typeof said === 'string') {
    return [scenarioProblem('element', {}, { path, what: 'elements', map: spec.map, why: said })];
  }
  const { table, row, group } = spec;
  const rows = row === undefined ? said : said.map((line) => `${row}: ${line}`);
  const { state } = stage;
  const before = (table !== undefined && state.tables.get(table)) || [];
  const all = [...before, ...rows];
  const title = table ?? `${spec.map}${group === undefined ? '' : ` by ${group}`}`;
  stage.state = {
    ...state,
    extra: [...state.extra, title, ...all.map((line) => `  ${line}`)],
    ...(table !== undefined && { tables: new Map([...state.tables, [table, all]]) }),
  };
  return [];
}
