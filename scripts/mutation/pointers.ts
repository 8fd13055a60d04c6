/** What kinds of memory registers point to, as the verifier saw it. */
import type { RuleName } from '../../src/spec/rules.ts';
import type { VerifyJob } from '../../src/verifier/api.ts';
import { verifyJobs } from '../../src/verifier/api.ts';
import type { Recorder } from '../../src/verifier/recorder.ts';
import type { Build } from './suite.ts';

/** Kinds of memory that never overlap; everything else may be anything. */
const MEMORY: Readonly<Record<string, string>> = {
  PTR_TO_STACK: 'stack',
  PTR_TO_PACKET: 'packet',
  PTR_TO_PACKET_META: 'packet',
  PTR_TO_MAP_VALUE: 'map value',
  PTR_TO_CTX: 'context',
  PTR_TO_SOCKET: 'socket',
  PTR_TO_SOCK_COMMON: 'socket',
  PTR_TO_TCP_SOCK: 'socket',
  PTR_TO_XDP_SOCK: 'socket',
};

/** The kind of memory that a register points to before an insn, where it is always the same one. */
export type PointerKinds = (slot: number, register: number) => string | undefined;

const nothing = (): void => undefined;
const SLICE = 100_000;

/** Walks a program with the verifier and notes the types of its registers. */
export function pointerKinds({ input, allow, verified }: Build, prog: string): PointerKinds {
  const kinds = new Map<number, (string | undefined)[]>();
  const recorder: Recorder = {
    start: nothing,
    branch: nothing,
    later: nothing,
    remembered: nothing,
    pruned: nothing,
    insn(state, at) {
      const known = kinds.get(at);
      const now = state.frame.at(-1)!.regs.map(({ v }) => MEMORY[v.type]);
      kinds.set(at, known ? known.map((kind, r) => (kind === now[r] ? kind : undefined)) : now);
    },
  };
  if (!verified) return nothing as PointerKinds;
  const options = { prog, allow: allow as readonly RuleName[], logLevel: 0, recorder };
  const jobs = verifyJobs(input.request, options);
  for (const job of jobs.ok ? jobs.value : ([] as readonly VerifyJob[])) while (!job.advance(SLICE));
  return (slot, register) => kinds.get(slot)?.[register];
}
