/** Runs an accepted program and follows it through the exploration: wherever it is, its values must be among those the verifier saw there. */
import { builtinTypes } from '../../../src/btf/builtin.ts';
import { Kernel } from '../../../src/kernel/kernel.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import { fromHex, toHex } from '../../../src/util/hex.ts';
import { problemText } from '../../../src/util/problem.ts';
import { mapInfos } from '../../../src/verifier/maps.ts';
import { Verifier } from '../../../src/verifier/verify.ts';
import { Random } from '../../random.ts';
import type { Concrete } from './concrete.ts';
import { outside, outsideKept } from './concrete.ts';
import type { Node } from './tree.ts';
import { ExplorationTree } from './tree.ts';

/** The exploration of an accepted program; undefined when it is not accepted within the insns. */
export function explore(request: LoadRequest, maxInsns: number): Node | undefined {
  const recorder = new ExplorationTree();
  const { insns } = request;
  const bytes = fromHex(typeof insns === 'string' ? insns : (insns ?? []).join(''))!;
  const verifier = new Verifier({
    request,
    bytes,
    maps: mapInfos(request.maps ?? []),
    logLevel: 0,
    types: builtinTypes,
    recorder,
  });
  return verifier.advance(maxInsns)?.verdict === 'accept' ? recorder.root : undefined;
}

/** A place in the exploration; `exact` until the path is pruned into another. */
interface Position {
  readonly node: Node;
  readonly exact: boolean;
}

export interface Followed {
  readonly violation: string | undefined;
  /** Insns that were compared, and how many of them beyond a prune edge. */
  readonly insns: number;
  readonly beyond: number;
}

const problem = (c: Concrete, p: Position): string | undefined =>
  p.exact ? outside(c, p.node) : outsideKept(c, p.node);

/** Positions that wait at the same insn, such as the other value of a number that was forked. */
function withForks(positions: readonly Position[]): Position[] {
  const out = [...positions];
  for (const p of out) {
    for (const { node, kind } of p.node.next) {
      if (kind === 'branch' && node.at === p.node.at && !out.some((o) => o.node === node)) {
        out.push({ node, exact: p.exact });
      }
    }
  }
  return out;
}

function successors(positions: readonly Position[], pc: number): Position[] {
  const out: Position[] = [];
  for (const p of positions) {
    for (const { node, kind } of p.node.next) {
      const exact = p.exact && kind !== 'prune';
      if (node.at === pc && !out.some((o) => o.node === node && o.exact === exact)) out.push({ node, exact });
    }
  }
  return out;
}

const KEYS = 10;

/** Maps with 4-byte keys hold random values at the first keys. */
function filled(request: LoadRequest, random: Random): LoadRequest {
  const maps = request.maps?.map((map) => {
    if (map.type !== 'hash' && map.type !== 'array') return map;
    const updates = Array.from({ length: Math.min(KEYS, map.max_entries) }, (_, key) => ({
      key: toHex(Uint8Array.of(key, 0, 0, 0)),
      value: toHex(random.bool(0.3) ? new Uint8Array(map.value_size) : random.bytes(map.value_size)),
    }));
    return { ...map, updates: updates.filter(() => map.type === 'array' || random.bool(0.7)) };
  });
  return { ...request, ...(maps && { maps }) };
}

/** Whether the simulator can run the program: it lacks kernel functions and some kinds of maps. */
export function runs(program: LoadRequest): boolean {
  const made = Kernel.create({ seed: 1 });
  return made.ok && made.value.load(program).progs[0] !== undefined;
}

/** One run of a program that `explore` has accepted, on a packet and map contents of the seed. */
export function follow(program: LoadRequest, root: Node, seed: number, limit: number): Followed {
  const random = new Random(seed);
  const request = filled(program, random);
  const data = random.bytes(14 + random.below(80));
  const made = Kernel.create({ seed });
  if (!made.ok) throw new Error('no kernel');
  const kernel = made.value;
  const prog = kernel.load(request).progs[0];
  if (!prog) throw new Error('not loaded');
  const run = kernel.testRun(prog, { data });
  const { machine } = run;
  if (!machine) return { violation: undefined, insns: 0, beyond: 0 };
  const ctx = Number(machine.register(1));
  const packet = { first: undefined, end: undefined };
  let positions: Position[] = [{ node: root, exact: true }];
  let beyond = 0;
  for (let insns = 0; ; insns++) {
    const concrete: Concrete = { kernel, depth: machine.save().depth, ctx, packet };
    const checked = withForks(positions).map((p) => ({ p, why: problem(concrete, p) }));
    positions = checked.flatMap(({ p, why }) => (why === undefined ? [p] : []));
    if (positions.length === 0) {
      const why = checked.map((c) => c.why).join(' or ') || 'no path leads here';
      return { violation: `at insn ${machine.pc}: ${why}`, insns, beyond };
    }
    if (positions.every((p) => !p.exact)) beyond++;
    if (insns >= limit) return { violation: undefined, insns, beyond };
    const status = run.advance(1);
    if (status.state === 'fault') {
      const missing = status.problem.code === 'vm.not-simulated';
      return { violation: missing ? undefined : `fault: ${problemText(status.problem)}`, insns, beyond };
    }
    if (status.state === 'done') return { violation: undefined, insns, beyond };
    positions = successors(positions, machine.pc);
  }
}
