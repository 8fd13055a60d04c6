/** What a scenario needs from outside: the files that it names, by the names that stand in it. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import type { LoadRequest } from '../../spec/request.ts';
import type { Result } from '../../util/problem.ts';
import type { VerifyJob, VerifyOptions } from '../../verifier/api.ts';
import type { ProgramFile } from './model.ts';

/** Reads files by the names that stand in the scenario. */
export interface ScenarioFiles {
  /** A program file as a load request. */
  request(program: Pick<ProgramFile, 'file' | 'define'>): Result<LoadRequest>;
  /** The bytes of a file, as of a capture. */
  bytes(file: string): Result<Uint8Array>;
  /** A JSON file, parsed. */
  json(file: string): Result<unknown>;
  /** The kernel's types, for programs that ask for them. */
  kernelBtf?: () => KernelBtf;
  /** Verifies in place of the library: who runs many scenarios remembers verdicts. */
  verify?(request: LoadRequest, options: VerifyOptions): Result<readonly VerifyJob[]>;
}
