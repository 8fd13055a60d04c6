/** docs/mutation.md. */
import type { Judged } from './check.ts';
import { markdownTable, mutantLine, tallies } from './table.ts';

const HEAD = `# What the scenarios notice

\`npx tsx scripts/mutate.ts\` breaks every insn of every program that the scenarios under \`programs/\` load, in several ways, one
at a time, and plays the scenarios with the broken program: an operator for another (\`+=\` for \`-=\`, \`<\` for \`<=\`, signed for
unsigned), a condition turned round, another register that has a value there, another offset or size of an access, a constant that
is one more, one less or negated, a jump that goes one insn too far, an insn left out. Insns are those of the source: what several
programs include is broken in all of them at once, as somebody who edits the file would break it. Helpers stay the same ones. The
stack holds 0xa5 in every byte when a program begins, or what the scenario says (\`node.stack\`), since Linux clears nothing.
Programs of \`rejections/\` are left out: they are there to be verified, nothing runs them.

A mutant is noticed when an expectation of a scenario is not met or a program faults or does not end, and when the verifier refuses
it, which is asked about those that no scenario notices. Equivalent ones, which no input can tell from the original, are left out of
the score: they are proved to be so (ranges of registers, copies, results that nobody reads; \`scripts/mutation/equal.ts\`) or stand
in \`programs/mutants.json\` with the reason. The list also has the survivors that are known; one that is noticed by now is an error.

This page is written by \`npx tsx scripts/mutate.ts --write\`; \`test/programs/mutation.test.ts\` holds a sample against it.

`;

/** The page for what came of all mutants. */
export function mutationPage(judged: readonly Judged[]): string {
  const { all } = tallies(judged);
  const noticed = all.scenario + all.fault + all.verifier;
  const strict = Math.floor((1000 * noticed) / (all.mutants - all.proved)) / 10;
  const note = `\nWere the ${all.argued} of the list counted as mutants, the score would be ${strict.toFixed(1)} %.\n`;
  const survivors = judged.filter((j) => j.fate === 'survived' || j.fate === 'unexecuted');
  const lines = survivors.map((j) => `- \`${mutantLine({ ...j, why: '' })}\`: ${j.why || 'no scenario notices it'}\n`);
  const rest = survivors.length === 0 ? '' : `\n## Survivors\n\n${lines.join('')}`;
  return `${HEAD}${markdownTable(judged)}${note}${rest}`;
}
