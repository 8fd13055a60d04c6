/** What bpftool printed for maps on a running kernel, and the same from here. */
import { type BpftoolForm, bpftoolDump, bpftoolLookup } from '../../../src/kernel/bpftool/dump.ts';
import { bpftoolShow } from '../../../src/kernel/bpftool/show.ts';
import { Kernel } from '../../../src/kernel/kernel.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import { fromHex } from '../../../src/util/hex.ts';

/** CPUs of the kernel that was asked. */
const CPUS = 2;

const FORMS: readonly BpftoolForm[] = ['plain', 'json', 'pretty'];

/** A request, which of its maps is looked at, and bpftool's answers in the order of `FORMS`. */
export interface Recorded {
  readonly name: string;
  readonly request: LoadRequest;
  readonly map: number;
  /** All maps of this name were looked at together. */
  readonly byName?: string;
  readonly dump: readonly string[];
  readonly show: readonly string[];
  readonly lookups: readonly { readonly key: string; readonly out: readonly string[] }[];
}

/** The same answers from here; a string says why there are none. */
export function answersOf(recorded: Recorded): Omit<Recorded, 'name' | 'request' | 'map' | 'byName'> | string {
  const made = Kernel.create({ cpus: CPUS });
  if (!made.ok) return 'no kernel';
  const kernel = made.value;
  const { maps, problems } = kernel.load(recorded.request);
  const map = maps[recorded.map];
  if (!map || problems.length > 0) return problems.map((p) => JSON.stringify(p)).join('\n');
  const shown = recorded.byName === undefined ? [map] : maps.filter((m) => m.name === recorded.byName);
  return {
    dump: FORMS.map((form) => bpftoolDump(kernel, shown, form)),
    show: FORMS.map((form) => bpftoolShow(kernel, shown, form)),
    lookups: recorded.lookups.map(({ key }) => ({
      key,
      out: FORMS.map((form) => bpftoolLookup(kernel, map, fromHex(key)!, form)),
    })),
  };
}
