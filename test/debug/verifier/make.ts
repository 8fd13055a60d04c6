/** Explorations for tests. */
import { assemble } from '../../../src/asm/assemble.ts';
import { toRequest } from '../../../src/asm/request.ts';
import type { ProgramFiles } from '../../../src/debug/symbols.ts';
import { Exploration, type ExploreOptions } from '../../../src/debug/verifier/exploration.ts';
import { VerifierSession } from '../../../src/debug/verifier/session.ts';
import { VerifierShell } from '../../../src/debug/verifier/shell.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import { problemText } from '../../../src/util/problem.ts';

const FILE = 'prog.bpf';

/** The request of a text, and how it was written. */
export function made(text: string): { request: LoadRequest; files: ProgramFiles } {
  const { object, problems } = assemble(text, { file: FILE });
  if (!object) throw new Error(problems.map(problemText).join('\n'));
  const request = toRequest(object, { name: FILE });
  if (!request.ok) throw new Error(request.problems.map(problemText).join('\n'));
  const programs = object.programs.map(({ name, functions, labels, positions }) => ({
    name,
    functions,
    labels,
    positions: positions.map((pos) => pos && { pos }),
  }));
  return { request: request.value, files: { programs, texts: { [FILE]: text } } };
}

/** A request's program, explored to the end. */
export function explored(request: LoadRequest, options: ExploreOptions = {}): Exploration {
  const exploration = Exploration.of(request, options);
  if (!exploration.ok) throw new Error(exploration.problems.map(problemText).join('\n'));
  exploration.value.complete();
  return exploration.value;
}

/** A session over a text's first program, explored to the end. */
export function sessionOf(text: string, options: ExploreOptions = {}): VerifierSession {
  const { request, files } = made(text);
  return opened(request, files, options);
}

export function opened(request: LoadRequest, files?: ProgramFiles, options: ExploreOptions = {}): VerifierSession {
  const session = VerifierSession.open({ source: request, options, ...(files && { files }) });
  if (!session.ok) throw new Error(session.problems.map(problemText).join('\n'));
  while (!session.value.advance(1000));
  return session.value;
}

/** What commands answer, one after the other, with the commands. */
export function script(session: VerifierSession, ...lines: readonly string[]): string[] {
  const shell = new VerifierShell(session);
  return lines.flatMap((line) => [`(verifier) ${line}`, ...shell.run(line).lines]);
}

/** A loop whose rounds differ, and that ends in a rejection. */
export const LOOP = `
.section "tc"
main:
 r6 = r1
 r7 = 0
 r8 = *(u32 *)(r6 + 0)
loop:
 r7 += 1
 r8 += r7
 if r8 == 55 goto out
 if r7 < 12 goto loop
out:
 r0 = *(u32 *)(r6 + 4096)
 exit
`;

/** Two ways to the same place: the second is pruned, because only R6 and R0 are read there. */
export const PRUNED = `
.section "tc"
.func main(struct __sk_buff *ctx) -> int
 r6 = r1
 r7 = *(u32 *)(r6 + 0)
 r0 = 1
 if r7 == 4 goto other
 r8 = 5
 goto join
other:
 r8 = *(u32 *)(r6 + 8)
join:
 call twice
 r0 = 0
 exit
.section ".text"
.func twice() -> int static
 r0 = 2
 exit
`;

/** A bpf_loop whose callback counts on the stack, and a global function. */
export const CALLS = `
.section "tc"
.func main(struct __sk_buff *ctx) -> int
 r6 = r1
 *(u64 *)(r10 - 8) = 0
 r1 = 5
 r2 = count ll
 r3 = r10
 r3 += -8
 r4 = 0
 call bpf_loop
 r1 = *(u32 *)(r6 + 0)
 call square
 r0 = 0
 exit
.section ".text"
.func count(u64 index, u64 *sum) -> long static
 r3 = *(u64 *)(r2 + 0)
 r3 += 1
 *(u64 *)(r2 + 0) = r3
 r0 = 0
 exit
.func square(u32 x) -> int global
 r0 = r1
 r0 *= r1
 exit
`;
