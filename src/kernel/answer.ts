/**
 * Answers a load request in the format in which a kernel's answer is recorded: maps made, programs loaded, test runs done
 * in order, maps read after each. There is no verifier behind it: `verdict` says whether everything could be loaded.
 */
import { dumpMap } from '../maps/user.ts';
import { loopbackNetNs } from '../net/route/link.ts';
import { ERRNO, errnoName } from '../spec/errno.ts';
import { mapTypeName } from '../spec/mapTypes.ts';
import type { LoadRequest, LoadResult, MapDump, TestRunRequest, TestRunResult } from '../spec/request.ts';
import { fromHex, toHex } from '../util/hex.ts';
import type { Problem } from '../util/problem.ts';
import { problemText } from '../util/problem.ts';
import { Kernel, type KernelOptions } from './kernel.ts';
import { runSetup } from './net/setup/index.ts';
import type { MapRecord, ProgRecord } from './world.ts';

/** Types whose elements a dump holds; of arrays only elements that are not all zero. */
const DUMPED = new Set(['hash', 'lru_hash', 'lpm_trie', 'array', 'percpu_hash', 'lru_percpu_hash', 'percpu_array']);
const MAX_DUMPED = 4096;
/** Room for a packet to grow. */
const EXTRA_ROOM = 4096;

function dump(kernel: Kernel, map: MapRecord): { elements: MapDump; total: number } {
  const array = mapTypeName(map.type)?.endsWith('array') ?? false;
  const elements = dumpMap(kernel.maps, map.address)
    .map((e): readonly [string, string | string[]] => {
      if (!('values' in e)) return [toHex(e.key), toHex(e.value)];
      return [toHex(e.key), e.values.map((v) => toHex(v))];
    })
    .filter(([, value]) => !array || [value].flat().some((v) => /[1-9a-f]/.test(v)))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return { elements: elements.slice(0, MAX_DUMPED), total: elements.length };
}

function dumpAll(kernel: Kernel, maps: readonly MapRecord[]): Partial<TestRunResult> {
  const dumped: Record<string, MapDump> = {};
  const totals: Record<string, number> = {};
  maps.forEach((map, index) => {
    if (!DUMPED.has(mapTypeName(map.type) ?? '')) return;
    const name = map.name in dumped ? `${map.name}#${index}` : map.name;
    const { elements, total } = dump(kernel, map);
    dumped[name] = elements;
    if (total > elements.length) totals[name] = total;
  });
  const cut = Object.keys(totals).length > 0;
  return { maps: dumped, ...(cut && { truncated: true as const, maps_total: totals }) };
}

/** The test runs that a request asks for. */
export function testRuns({ test_run_in, test_run }: LoadRequest): readonly TestRunRequest[] {
  return [test_run_in ?? test_run ?? []].flat() as TestRunRequest[];
}

function run(kernel: Kernel, request: TestRunRequest, prog: ProgRecord | undefined): TestRunResult | Problem {
  const bytes = (hex: string | undefined): Uint8Array | undefined => (hex === undefined ? undefined : fromHex(hex));
  const data = bytes(request.data);
  const ctx = bytes(request.ctx);
  if (ctx?.length === 0) return { errno: ERRNO.EINVAL, retval: 0 };
  if (!prog) return { errno: ERRNO.EBADF, retval: 0 };
  // Without sizes of their own there is room for a longer packet, and for as much context as comes in.
  const outSize = request.out_size ?? (data?.length ? data.length + EXTRA_ROOM : 0);
  const ctxOutSize = ctx ? (request.ctx_out_size ?? ctx.length) : 0;
  const status = kernel
    .testRun(prog, {
      ...(data && { data }),
      ...(ctx && { ctx }),
      repeat: request.repeat ?? (data?.length ? 1 : 0),
      ...(request.flags !== undefined && { flags: request.flags }),
      outSize,
      ctxOutSize,
      ...(request.cpu !== undefined && { cpu: request.cpu }),
      ...(request.batch_size !== undefined && { batchSize: request.batch_size }),
    })
    .finish();
  if (status.state === 'fault') return status.problem;
  if (status.state !== 'done') throw new Error('a finished run is not done');
  // What is due at once runs before anybody looks.
  const passed = kernel.advanceClock(kernel.world.clock).finish();
  if (passed.state === 'fault') return passed.problem;
  const { errno, retval } = status.output;
  // A buffer that the kernel does not write to is answered as it was handed over: zeros.
  const untouched = (room: number): Uint8Array | undefined =>
    errno === 0 && room > 0 ? new Uint8Array(room) : undefined;
  const dataOut = status.output.dataOut ?? untouched(outSize);
  const ctxOut = status.output.ctxOut ?? untouched(ctxOutSize);
  return { errno, retval, ...(dataOut && { data_out: toHex(dataOut) }), ...(ctxOut && { ctx_out: toHex(ctxOut) }) };
}

/**
 * Carries a request out on a kernel of its own. Programs that `accepted` says false of are as if they had not been loaded.
 */
export function answerRequest(
  request: LoadRequest,
  options: KernelOptions = {},
  accepted: readonly boolean[] = [],
): LoadResult {
  const name = request.name === undefined ? {} : { name: request.name };
  const built = runSetup(options.node ?? loopbackNetNs(), request.setup ?? []);
  const problem = (p: Problem, stage: LoadResult['stage']): LoadResult => {
    const errno = Number(p.args.errno ?? 0);
    const errname = errno === 0 ? undefined : errnoName(errno);
    return { ...name, verdict: 'setup_error', stage, errno, ...(errname && { errname }), detail: problemText(p) };
  };
  if ('problem' in built) return problem(built.problem, 'setup');
  const made = Kernel.create({ ...options, node: built.net });
  if (!made.ok) return problem(made.problems[0]!, 'setup');
  const kernel = made.value;
  const loaded = kernel.load(request);
  const first = loaded.problems[0];
  if (first?.code === 'kernel.listen') return problem(first, 'setup');
  if (first) return problem(first, first.code.startsWith('kernel.map') ? 'map_create' : 'prog_load');
  const runs: TestRunResult[] = [];
  const requests = testRuns(request);
  for (const entry of requests) {
    const result = run(kernel, entry, accepted[entry.prog ?? 0] === false ? undefined : loaded.progs[entry.prog ?? 0]);
    if ('code' in result) return { ...problem(result, 'ok'), test_run: runs };
    const maps = request.dump_maps ? dumpAll(kernel, loaded.maps) : {};
    runs.push({ ...(request.progs && { prog: entry.prog ?? 0 }), ...result, ...maps });
  }
  const answer: LoadResult = { ...name, verdict: 'accept', stage: 'ok', errno: 0 };
  return requests.length > 0 ? { ...answer, test_run: runs } : answer;
}
