/** The scenarios of a folder and the programs that they load: what is mutated, and what has to notice. */
import { dirname, relative, resolve } from 'node:path';
import { builtinBtf } from '../../src/btf/builtin.ts';
import { Failure } from '../../src/cli/failure.ts';
import { type Input, readProgramFile } from '../../src/cli/input.ts';
import type { Io } from '../../src/cli/io.ts';
import { readScenarioFile } from '../../src/cli/scenarioFile.ts';
import { TestFiles } from '../../src/cli/test/programFiles.ts';
import { scenarioPaths } from '../../src/cli/test/select.ts';
import type { ScenarioFiles } from '../../src/kernel/scenario/files.ts';
import type { ProgramFile, Scenario } from '../../src/kernel/scenario/model.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { fail, ok, problemText, type Result } from '../../src/util/problem.ts';
import { type Code, codesOf, type Patch, patched } from './code.ts';

/** What stands in the stack before a program writes it, where a scenario does not say: who needs zeros has to write them. */
const STACK_FILL = 0xa5;

/** A program file in one build: what some scenario loads. */
export interface Build {
  /** The file, from the suite's folder on. */
  readonly file: string;
  readonly input: Input;
  readonly codes: readonly Code[];
  /** The verifier is asked, with these rules lifted. */
  readonly verified: boolean;
  readonly allow: readonly string[];
}

/** A scenario, and the builds that it loads and expects to be accepted. */
export interface SuiteScenario {
  readonly file: string;
  readonly scenario: Scenario;
  readonly builds: readonly Build[];
}

/** What tells the builds of a file apart; the scenario's files are asked without how it is verified. */
type BuildSpec = Pick<ProgramFile, 'file' | 'define'> & Partial<Pick<ProgramFile, 'allow' | 'verify'>>;

const buildKey = (path: string, { define, allow = [], verify = 'accept' }: BuildSpec): string =>
  JSON.stringify([path, Object.entries(define).sort(), [...allow].sort(), verify]);

/** The program files that a scenario names, at its beginning or in a step. */
function programFiles(scenario: Scenario): readonly ProgramFile[] {
  const loaded = scenario.steps.flatMap(({ action }) => (action.do === 'load' ? [action.program] : []));
  return [...scenario.programs, ...loaded];
}

/** All scenarios of a folder; programs are read once. While patches are in place every load gets the patched programs. */
export class Suite {
  readonly root: string;
  readonly scenarios: readonly SuiteScenario[];
  /** Files that cannot be read, and why. */
  readonly broken: readonly string[];
  /** What is loaded in place of the originals. */
  patches: readonly Patch[] = [];
  readonly #io: Io;
  readonly #files: TestFiles;
  readonly #builds = new Map<string, Result<Build>>();

  constructor(io: Io, root: string) {
    this.root = resolve(root);
    this.#io = io;
    this.#files = new TestFiles(io);
    const scenarios: SuiteScenario[] = [];
    const broken: string[] = [];
    for (const file of scenarioPaths(io, [this.root])) {
      try {
        const read = readScenarioFile(io, file).scenario;
        const scenario: Scenario = { ...read, node: { ...read.node, stackFill: read.node.stackFill || STACK_FILL } };
        const wanted = programFiles(scenario).filter((p) => typeof p.verify !== 'object');
        const builds = new Set<Build>();
        for (const spec of wanted) {
          const build = this.#build(file, spec);
          if (!build.ok) throw new Failure(build.problems);
          builds.add(build.value);
        }
        scenarios.push({ file: relative(this.root, file), scenario, builds: [...builds] });
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        broken.push(`${relative(this.root, file)}: ${error.problems.map(problemText).join('; ')}`);
      }
    }
    this.scenarios = scenarios;
    this.broken = broken;
  }

  /** Every program that some scenario loads, once for each text of insns that it has in some build. */
  get codes(): readonly Code[] {
    return [...new Set(this.scenarios.flatMap((s) => s.builds.flatMap((b) => b.codes)))];
  }

  /** The files of a scenario. Nothing is verified: only mutants that no scenario notices are, later. */
  filesOf({ file }: SuiteScenario): ScenarioFiles {
    const path = resolve(this.root, file);
    const files = this.#files.of(path);
    return {
      ...files,
      request: (spec) => {
        const build = this.#build(path, spec);
        return build.ok ? ok(this.#requestOf(build.value)) : build;
      },
      kernelBtf: builtinBtf,
      verify: () => ok([]),
    };
  }

  #requestOf({ input, codes }: Build): LoadRequest {
    return this.patches
      .filter(({ code }) => codes.includes(code))
      .reduce((request, patch) => patched(request, codes.indexOf(patch.code), patch), input.request);
  }

  #build(scenario: string, spec: BuildSpec): Result<Build> {
    const path = resolve(dirname(scenario), spec.file);
    const key = buildKey(path, spec);
    const known = this.#builds.get(key);
    if (known) return known;
    const read = this.#read(path, spec);
    this.#builds.set(key, read);
    return read;
  }

  #read(path: string, spec: BuildSpec): Result<Build> {
    const defines = Object.fromEntries(Object.entries(spec.define).map(([name, value]) => [name, BigInt(value)]));
    try {
      const input = readProgramFile(this.#io, path, { defines });
      const file = relative(this.root, path);
      const others = [...this.#builds.values()].flatMap((b) => (b.ok ? b.value.codes : []));
      return ok({
        file,
        input,
        codes: codesOf(this.root, file, input, others),
        verified: spec.verify !== 'skip',
        allow: spec.allow ?? [],
      });
    } catch (error) {
      if (error instanceof Failure) return fail(...error.problems);
      throw error;
    }
  }
}
