/** Holds what a step was seen to do against what was expected of it. */
import { lineDiff } from '../../util/lineDiff.ts';
import type { Kernel } from '../kernel.ts';
import { mapLabel, mapNamed } from '../mapNames.ts';
import { ctList, toJson } from '../replay/report.ts';
import { MapView } from './mapView.ts';
import type { Expect, MapExpect, OutExpect, Path } from './model.ts';
import type { Observed } from './observed.ts';
import { expectedLine, outDifferences, outLine } from './outMatch.ts';

/** An expectation that is not met. */
export interface Failure {
  /** Where it stands in the file: `steps[3].expect.out[0]`. */
  readonly path: Path;
  /** Which it is: `verdicts`, `maps.services.has[0]`. */
  readonly what: string;
  readonly wanted: readonly string[];
  readonly got: readonly string[];
  /** Of lists of lines: what was wanted with `- ` in front where it is missing, with `+ ` what came instead. */
  readonly diff?: readonly string[];
}

/** Says the state of a socket by its name: `ESTABLISHED`, `gone`. */
export type SocketState = (name: string) => string;

/** So many elements of a map are shown where one is missing. */
const SHOWN = 8;

/** Keys of an expectation that hold lines which an observation has under the same name. */
export const LINES = ['verdicts', 'path', 'changes', 'log', 'events', 'drops', 'agent'] as const;

/**
 * Everything that was expected and is not so, in the order of the file's keys.
 *
 * @param kernel the node as it is now
 * @param observed what the step did; at the end of a scenario what all of it did
 */
export function checkExpect(kernel: Kernel, observed: Observed, expect: Expect, sockets: SocketState): Failure[] {
  const at = (what: string): Path => `${expect.where}.${what}`;
  const failures: Failure[] = [];
  const lines = (what: string, wanted: readonly string[] | undefined, got: readonly string[]): void => {
    if (!wanted || (wanted.length === got.length && wanted.every((line, i) => line === got[i]))) return;
    failures.push({ path: at(what), what, wanted, got, diff: lineDiff(wanted, got) });
  };
  const one = (what: string, wanted: string, got: string): void => {
    if (wanted !== got) failures.push({ path: at(what), what, wanted: wanted.split('\n'), got: got.split('\n') });
  };
  for (const key of LINES) lines(key, expect[key], observed[key]);
  if (expect.out) failures.push(...checkOut(expect.out, observed, at));
  for (const map of expect.maps ?? []) failures.push(...checkMap(kernel, observed, map));
  if (expect.ct) lines('ct', expect.ct, ctList(kernel));
  for (const [name, text] of Object.entries(expect.received ?? {})) {
    one(`received.${name}`, text, Object.hasOwn(observed.received, name) ? observed.received[name]! : '');
  }
  for (const [name, state] of Object.entries(expect.sockets ?? {})) one(`sockets.${name}`, state, sockets(name));
  if (expect.result !== undefined) one('result', expect.result, observed.result);
  return failures;
}

function checkOut(wanted: readonly OutExpect[], { out }: Observed, at: (what: string) => Path): Failure[] {
  if (wanted.length !== out.length) {
    return [{ path: at('out'), what: 'out', wanted: wanted.map(expectedLine), got: out.map(outLine) }];
  }
  return wanted.flatMap((expected, i) =>
    outDifferences(expected, out[i]!).map(({ name, wanted: a, got }) => {
      const what = `out[${i}].${name}`;
      return { path: at(what), what, wanted: [a], got: [got] };
    }),
  );
}

function checkMap(kernel: Kernel, observed: Observed, expect: MapExpect): Failure[] {
  const { map: name, path, count, has, lacks, changes } = expect;
  const failures: Failure[] = [];
  const fail = (part: string, wanted: readonly string[], got: readonly string[], diff?: readonly string[]): void => {
    failures.push({ path: `${path}${part}`, what: `maps.${name}${part}`, wanted, got, ...(diff && { diff }) });
  };
  const record = mapNamed(kernel.world, name);
  if (!record) {
    fail(
      '',
      [`a map ${name}`],
      [`there are: ${kernel.world.maps.map((m) => mapLabel(kernel.world, m)).join(', ') || 'none'}`],
    );
    return failures;
  }
  if (changes) {
    const got = Object.hasOwn(observed.maps, name) ? observed.maps[name]! : [];
    if (toJson(changes) !== toJson(got)) fail('.changes', changes, got, lineDiff(changes, got));
  }
  if (count === undefined && has.length + lacks.length === 0) return failures;
  const view = new MapView(kernel, record);
  const some = (elements: MapView['elements']): string[] => {
    const more = elements.length - SHOWN;
    return [...elements.slice(0, SHOWN).map((e) => view.text(e)), ...(more > 0 ? [`… and ${more} more`] : [])];
  };
  if (count !== undefined && count !== view.elements.length) {
    fail('.count', [`${count}`], [`${view.elements.length}`]);
  }
  for (const [i, { key, value }] of has.entries()) {
    const keyed = matching(view, (e) => view.keyMatches(key, e));
    const found = typeof keyed === 'string' ? keyed : matching({ elements: keyed }, (e) => view.valueMatches(value, e));
    const wanted = [
      `${key === undefined ? 'any key' : toJson(key)} = ${value === undefined ? 'any value' : toJson(value)}`,
    ];
    if (typeof found === 'string') fail(`.has[${i}]`, wanted, [found]);
    else if (found.length === 0) {
      const near = keyed.length > 0 && typeof keyed !== 'string' ? keyed : view.elements;
      fail(`.has[${i}]`, wanted, near.length > 0 ? some(near) : ['the map is empty']);
    }
  }
  for (const [i, key] of lacks.entries()) {
    const found = matching(view, (e) => view.keyMatches(key, e));
    if (typeof found === 'string') fail(`.lacks[${i}]`, [`no ${toJson(key)}`], [found]);
    else if (found.length > 0) fail(`.lacks[${i}]`, [`no ${toJson(key)}`], some(found));
  }
  return failures;
}

type Elements = MapView['elements'];

/** The elements that match, or why none can. */
function matching(
  of: { readonly elements: Elements },
  test: (e: Elements[number]) => boolean | string,
): Elements | string {
  const found: Elements[number][] = [];
  for (const element of of.elements) {
    const match = test(element);
    if (typeof match === 'string') return match;
    if (match) found.push(element);
  }
  return found;
}
