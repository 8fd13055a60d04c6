/** Small nodes for tests: a scenario as a value, its programs as text beside it. */
import { assemble } from '../../../src/asm/assemble.ts';
import { toRequest } from '../../../src/asm/request.ts';
import { builtinBtf } from '../../../src/btf/builtin.ts';
import { readScenario } from '../../../src/kernel/scenario/file/index.ts';
import type { ScenarioFiles } from '../../../src/kernel/scenario/files.ts';
import type { Observed } from '../../../src/kernel/scenario/observed.ts';
import { openScenario } from '../../../src/kernel/scenario/open.ts';
import type { ScenarioRun } from '../../../src/kernel/scenario/run.ts';
import { fail, ok, problemText } from '../../../src/util/problem.ts';

type Json = Readonly<Record<string, unknown>>;

/** A program and where it is attached: `{ prog, hook, … }` as in scenario files. */
export interface Attached {
  readonly text: string;
  readonly attach?: readonly Json[];
  readonly verify?: unknown;
}

/** The node, its programs, what happens, and more of what scenario files have. */
export interface Small {
  readonly node: Json;
  readonly programs?: readonly Attached[];
  readonly maps?: Json;
  readonly steps: readonly Json[];
}

const LICENSE = '.section license\n.asciz "GPL"\n';

/** The program files of a scenario: `0` is the first program's text. */
function filesOf(programs: readonly Attached[]): ScenarioFiles {
  return {
    request({ file }) {
      const { object, problems } = assemble(LICENSE + programs[Number(file)]!.text, { file: `${file}.bpf` });
      return object ? toRequest(object) : fail(...problems);
    },
    bytes: () => ok(new Uint8Array()),
    json: () => ok({}),
    kernelBtf: builtinBtf,
  };
}

/** The run of a small scenario, before its first tick. Throws where it cannot be read. */
export function open({ node, programs = [], maps, steps }: Small): ScenarioRun {
  const list = programs.map(({ attach, verify = 'skip' }, i) => ({ file: `${i}`, verify, ...(attach && { attach }) }));
  const read = readScenario({ bpflab: 1, node, programs: list, steps, ...(maps && { maps }) }, 'small.yaml');
  if (!read.ok) throw new Error(read.problems.map(problemText).join('\n'));
  const run = openScenario(read.value, filesOf(programs));
  if (!run.ok) throw new Error(run.problems.map(problemText).join('\n'));
  return run.value;
}

/** What the rest of a run's steps did; the last is the problem where there is one. */
export function rest(run: ScenarioRun, slice = 1_000_000): (Observed | string)[] {
  const seen: (Observed | string)[] = [];
  for (;;) {
    const status = run.advance(slice);
    if (status === 'paused') continue;
    if (status.state === 'failed') return [...seen, ...status.problems.map(problemText)];
    if (status.state === 'done') return seen;
    if (status.report.step) seen.push(status.report.observed);
  }
}

/** Runs a small scenario; the kernel and what each step did. Throws where it does not come to its end. */
export function play(small: Small): { readonly run: ScenarioRun; readonly steps: readonly Observed[] } {
  const run = open(small);
  const steps = rest(run).map((seen) => {
    if (typeof seen === 'string') throw new Error(seen);
    return seen;
  });
  return { run, steps };
}

/** The lines of the one step of a small scenario. */
export function path(small: Small): readonly string[] {
  return play(small).steps.flatMap((s) => s.path);
}

/** A program of a few lines: `R0 = …; exit` around what it does. */
export const xdp = (body: string): string => `.section "xdp"\nprog:\n${body}\n    exit\n`;
export const tc = (body: string): string => `.section "tc"\nprog:\n${body}\n    exit\n`;

/** A packet from outside with a payload. */
export const udp = (dev: string, src: string, dst: string, more: Json = {}): Json => ({
  packet: { in: dev, [src.includes(':') ? 'ipv6' : 'ipv4']: { src, dst, ...more }, udp: { sport: 1000, dport: 2000 } },
});
