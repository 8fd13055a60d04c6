/** What `bpflab verify` is to verify: the programs of all files, each with where its insns were written. */
import type { ProgramSource } from '../explain/index.ts';
import { refusedMap } from '../kernel/load/refusedMap.ts';
import type { Position } from '../kernel/replay/result.ts';
import { type ProgTypeName, progTypeName, progTypeRow } from '../spec/progTypes.ts';
import type { LoadRequest, ProgRequest } from '../spec/request.ts';
import type { VerifiedProgram, VerifyJob, VerifyOptions } from '../verifier/api.ts';
import { verifyJobs } from '../verifier/api.ts';
import { Failure, need, STATUS, unusable } from './failure.ts';
import type { Input, InputOptions } from './input.ts';
import { readProgramFiles } from './input.ts';
import type { Io } from './io.ts';
import { defines } from './options.ts';
import { pickProgram } from './pick.ts';
import type { VerifyCliOptions } from './verifyOptions.ts';
import { attachFields } from './verifyOptions.ts';

interface VerifyUnit {
  readonly file: string;
  readonly job: VerifyJob;
  position(slot: number): Position | undefined;
  /** The program's text, where it was assembled from one. */
  readonly source?: ProgramSource;
  readonly maps?: LoadRequest['maps'];
}

/** A program with its verdict and all that is told of it. */
export interface Verified extends VerifyUnit {
  readonly program: VerifiedProgram;
  /** Microseconds it took. */
  readonly duration: number;
}

/** The request with a field of every program replaced. */
function withFields(request: LoadRequest, fields: ProgRequest): LoadRequest {
  const progs = request.progs?.map((p): ProgRequest => ({ ...p, ...fields }));
  return progs ? { ...request, progs } : { ...request, ...fields };
}

/** Prog types whose programs belong to something that BTF names. */
const TARGETED: ReadonlySet<ProgTypeName | undefined> = new Set(['tracing', 'lsm', 'ext', 'struct_ops']);

/** The request with what `--attach` says. */
function attached(request: LoadRequest, attach: string): LoadRequest {
  const fields = attachFields(attach);
  for (const { prog_type = request.prog_type } of request.progs ?? [request]) {
    const type = prog_type === undefined ? undefined : progTypeRow(prog_type);
    const name = type && progTypeName(type.id);
    if (fields.attach_btf_name !== undefined && name !== undefined && !TARGETED.has(name))
      unusable('no-target', {}, { found: attach, type: name });
  }
  return withFields(request, fields);
}

/** What a file holds. Of several files those without programs, which others include, are passed over. */
function programFiles(io: Io, file: string, given: InputOptions, several: boolean): readonly Input[] {
  try {
    return readProgramFiles(io, file, given);
  } catch (error) {
    if (!several || !(error instanceof Failure) || error.problems.some((p) => p.code !== 'asm.no-program')) throw error;
    io.err(`note: ${file} holds no program\n`);
    return [];
  }
}

/** All programs of the files, in order. */
export function verifyUnits(
  io: Io,
  files: readonly string[],
  options: VerifyCliOptions,
  verify: VerifyOptions,
): readonly VerifyUnit[] {
  const given = { defines: defines(options.define), type: options.type };
  const units = files.flatMap((file) =>
    programFiles(io, file, given, files.length > 1).flatMap((input) => {
      const request = options.attach === undefined ? input.request : attached(input.request, options.attach);
      const refused = refusedMap(request);
      if (refused) throw new Failure([refused], STATUS.rejected);
      const { fileText } = input;
      return need(verifyJobs(request, verify)).map((job, index) => {
        const program = input.object?.programs[index];
        return {
          file,
          job,
          position: (slot: number) => input.position(index, slot),
          ...(program && fileText && { source: { program, fileText } }),
          ...(request.maps && { maps: request.maps }),
        };
      });
    }),
  );
  if (options.prog === undefined) return units;
  const names = [...new Set(units.map((u) => u.job.name))];
  const name = names[pickProgram(names, options.prog)];
  return units.filter((u) => u.job.name === name);
}
