/** Programs of the generators, as text for the assembler: results land one after the other in an array map. */
import { assemble } from '../../src/asm/assemble.ts';
import { toRequest } from '../../src/asm/request.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { explainProblem } from '../../src/util/problem.ts';

export const OUT_SIZE = 4096;

/** Lines of a program under way. R6 is the context, R9 the value of the map of results. */
export class Body {
  readonly lines: string[] = [];
  #out = 0;
  #label = 0;

  add(...lines: readonly string[]): void {
    this.lines.push(...lines);
  }

  /** Room for results left? */
  get room(): number {
    return OUT_SIZE - this.#out;
  }

  /** Keeps a register. */
  keep(reg: string): void {
    this.add(`*(u64 *)(r9 + ${this.#out}) = ${reg}`);
    this.#out += 8;
  }

  /** Keeps `bytes` bytes of the stack, a multiple of 8. */
  keepStack(at: number, bytes: number): void {
    for (let i = 0; i < bytes; i += 8) {
      this.add(`r1 = *(u64 *)(r10 ${at + i})`);
      this.keep('r1');
    }
  }

  label(): string {
    this.#label++;
    return `l${this.#label}`;
  }
}

/** A number as a constant of 64 bits. */
export function constant(reg: string, value: number | bigint): string {
  return `${reg} = ${BigInt.asUintN(64, BigInt(value))} ll`;
}

export interface ProgramText {
  readonly name: string;
  readonly section: string;
  readonly maps: readonly string[];
  readonly externs: readonly string[];
  readonly body: Body;
  /** Lines before and after the program. */
  readonly structs?: readonly string[];
  readonly tail?: readonly string[];
  /** Begins the program as a typed function. */
  readonly func?: string;
  readonly ret?: number;
  readonly with: Partial<LoadRequest>;
}

/** The load request of a program; throws where the generator writes what does not assemble. */
export function requestOf(program: ProgramText): LoadRequest {
  const text = [
    '.section license',
    '.asciz "GPL"',
    ...(program.structs ?? []),
    `.map out, type=array, key=u32, value=${OUT_SIZE}, max_entries=1`,
    ...program.maps,
    ...program.externs.map((name) => `.extern ${name}`),
    `.section "${program.section}"`,
    program.func ?? 'prog:',
    'r6 = r1',
    'r9 = out + 0 ll',
    ...program.body.lines,
    `r0 = ${program.ret ?? 0}`,
    'exit',
    ...(program.tail ?? []),
  ].join('\n');
  if (process.env.SHOW) console.log(text);
  const made = assemble(text, { file: program.name });
  if (!made.object || made.problems.length > 0) throw new Error(made.problems.map(explainProblem).join('\n'));
  const request = toRequest(made.object, { name: program.name, with: { dump_maps: true, ...program.with } });
  if (!request.ok) throw new Error(request.problems.map(explainProblem).join('\n'));
  return request.value;
}
