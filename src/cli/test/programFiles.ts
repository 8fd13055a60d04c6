/** The files that scenarios name, relative to them; programs are assembled once however many scenarios load them. */
import { dirname, isAbsolute, join } from 'node:path';
import { builtinBtf } from '../../btf/builtin.ts';
import type { ScenarioFiles } from '../../kernel/scenario/files.ts';
import type { ProgramFile } from '../../kernel/scenario/model.ts';
import { fail, ok, type Problem, type Result } from '../../util/problem.ts';
import { Failure, jsonError, unusable } from '../failure.ts';
import { readInput, readText } from '../files.ts';
import { type Input, progNames, readProgramFile } from '../input.ts';
import type { Io } from '../io.ts';
import { Verdicts } from './verdicts.ts';

/** What reading leaves the command with, as a result. */
function attempt<T>(read: () => T): Result<T> {
  try {
    return ok(read());
  } catch (error) {
    if (error instanceof Failure) return fail(...error.problems);
    throw error;
  }
}

export class TestFiles {
  readonly verdicts = new Verdicts();
  readonly #io: Io;
  readonly #programs = new Map<string, Result<Input>>();

  constructor(io: Io) {
    this.#io = io;
  }

  /** The files as a scenario names them. */
  of(scenario: string): ScenarioFiles {
    const at = (name: string): string => (isAbsolute(name) ? name : join(dirname(scenario), name));
    return {
      request: ({ file, define }) => {
        const input = this.#program(at(file), define);
        return input.ok ? ok(input.value.request) : input;
      },
      bytes: (file) => attempt(() => readInput(this.#io, at(file), 'give a pcap or pcapng file')),
      json: (file) =>
        attempt((): unknown => {
          const path = at(file);
          try {
            return JSON.parse(readText(this.#io, path));
          } catch (error) {
            if (error instanceof Failure) throw error;
            return unusable('bad-json', {}, { path, why: jsonError(error) });
          }
        }),
      kernelBtf: builtinBtf,
      verify: (request, options) => this.verdicts.jobs(request, options),
    };
  }

  /** A program file as a scenario names it. */
  program(scenario: string, { file, define }: Pick<ProgramFile, 'file' | 'define'>): Result<Input> {
    return this.#program(isAbsolute(file) ? file : join(dirname(scenario), file), define);
  }

  /** A fault with the line of the program that it happened at, where that program came from text. */
  placed(problem: Problem): Problem {
    const { insn } = problem.at;
    const prog = problem.args.prog;
    if (insn === undefined || typeof prog !== 'string') return problem;
    for (const read of this.#programs.values()) {
      if (!read.ok) continue;
      const index = progNames(read.value.request).findIndex((name) => name === prog || name.slice(0, 15) === prog);
      const found = index < 0 ? undefined : read.value.position(index, insn);
      if (found) {
        return { ...problem, at: { insn, pos: found.pos, ...(found.text !== undefined && { text: found.text }) } };
      }
    }
    return problem;
  }

  #program(path: string, define: Readonly<Record<string, number>>): Result<Input> {
    const key = JSON.stringify([path, Object.entries(define).sort()]);
    const known = this.#programs.get(key);
    if (known) return known;
    const defines = Object.fromEntries(Object.entries(define).map(([name, value]) => [name, BigInt(value)]));
    const read = attempt(() => readProgramFile(this.#io, path, { defines }));
    this.#programs.set(key, read);
    return read;
  }
}
