/** Runs an accepted program and follows it through the exploration: wherever it is, its values must be among those the verifier saw there. */
import { narrow } from '../../../src/debug/verifier/compare.ts';
import { Exploration } from '../../../src/debug/verifier/exploration.ts';
import type { Graph } from '../../../src/debug/verifier/graph.ts';
import { concreteOf } from '../../../src/debug/verifier/holds.ts';
import { begin, follow as next } from '../../../src/debug/verifier/position.ts';
import { Kernel } from '../../../src/kernel/kernel.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import { toHex } from '../../../src/util/hex.ts';
import { problemText } from '../../../src/util/problem.ts';
import { Random } from '../../random.ts';

/** The exploration of an accepted program; undefined when it is not accepted within the insns. */
export function explore(request: LoadRequest, maxInsns: number): Graph | undefined {
  const made = Exploration.of(request);
  if (!made.ok) return undefined;
  return made.value.advance(maxInsns)?.verdict === 'accept' ? made.value.graph : undefined;
}

export interface Followed {
  readonly violation: string | undefined;
  /** Insns that were compared, and how many of them beyond a prune edge. */
  readonly insns: number;
  readonly beyond: number;
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
export function follow(program: LoadRequest, graph: Graph, seed: number, limit: number): Followed {
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
  const ctx = machine.register(1);
  const { packet } = concreteOf(machine, kernel.arena, ctx);
  let position = begin({ slot: machine.pc, depth: 0, graph });
  let beyond = 0;
  for (let insns = 0; ; insns++) {
    const narrowed = narrow(position, { ...concreteOf(machine, kernel.arena, ctx), packet });
    const level = narrowed.position.levels.at(-1)!;
    if (narrowed.why !== undefined || level.at.length === 0) {
      const why = narrowed.why ?? 'no path leads here';
      return { violation: `at insn ${machine.pc}: ${why}`, insns, beyond };
    }
    if (level.at.every((p) => !p.exact)) beyond++;
    if (insns >= limit) return { violation: undefined, insns, beyond };
    const status = run.advance(1);
    if (status.state === 'fault') {
      const missing = status.problem.code === 'vm.not-simulated';
      return { violation: missing ? undefined : `fault: ${problemText(status.problem)}`, insns, beyond };
    }
    if (status.state === 'done') return { violation: undefined, insns, beyond };
    position = next(narrowed.position, { slot: machine.pc, depth: machine.depth, graph });
  }
}
