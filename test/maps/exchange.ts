import type { LoadResult, MapDump } from '../../src/spec/request.ts';

/** One run of a recorded request. */
export interface RunRow {
  readonly errno: number;
  readonly retval: number;
  /** The value of the map `res` up to the last byte that is not zero. */
  readonly res: string;
  /** The other maps that can be dumped. */
  readonly maps?: Readonly<Record<string, MapDump>>;
}

/** The runs of an answer; with `like`, only the maps that those rows have: the kernel cannot dump every map. */
export function rowsOf(result: LoadResult, like?: readonly RunRow[]): RunRow[] {
  return (result.test_run ?? []).map(({ errno, retval, maps }, i) => {
    const value = maps?.res?.[0]?.[1];
    const kept = Object.entries(maps ?? {}).filter(
      ([name]) => name !== 'res' && (!like || name in (like[i]?.maps ?? {})),
    );
    return {
      errno,
      retval: retval ?? 0,
      res: typeof value === 'string' ? value.replace(/(00)+$/, '') : '',
      ...(kept.length > 0 && { maps: Object.fromEntries(kept) }),
    };
  });
}
