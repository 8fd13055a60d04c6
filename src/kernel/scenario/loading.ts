/** A program file: read, verified in slices, loaded, attached. */
import type { LoadRequest } from '../../spec/request.ts';
import type { VerifyJob } from '../../verifier/api.ts';
import { scenarioProblem } from './messages.ts';
import type { AttachSpec, ProgramFile } from './model.ts';
import { attach, loadPrograms, verdictProblem, verifications, wantedProgs } from './programs.ts';
import type { Stage } from './stage.ts';
import type { Job, Worker } from './worker.ts';

/** Verifies a program. */
function verifyWorker(spec: ProgramFile, job: VerifyJob): Worker {
  let ticks = 0;
  return {
    advance(budget) {
      ticks += budget;
      const done = job.advance(budget);
      if (!done) return 'paused';
      const problem = verdictProblem(spec, done);
      return problem ? { problem } : 'done';
    },
    get ticks() {
      return ticks;
    },
    machine: undefined,
    // A verification that is gone back into is done: its verdict cannot change.
    save: () => () => undefined,
  };
}

/** Attaches a program that is loaded. */
export function attachJob(stage: Stage, spec: AttachSpec): Job {
  return () => {
    const { path, prog: name } = spec;
    const prog = stage.state.progs.get(name);
    if (!prog) {
      return stage.fail(
        scenarioProblem('prog', {}, { path, name, known: [...stage.state.progs.keys()].join(', ') || 'none' }),
      );
    }
    const problem = attach(stage.kernel, prog, spec, stage.scenario.node.cgroups);
    return problem && stage.fail(problem);
  };
}

/** Everything that is to be done for a program file. A rejection that is wanted leaves nothing to load. */
export function loadJobs(stage: Stage, spec: ProgramFile): Job {
  return () => {
    const read = stage.files.request(spec);
    if (!read.ok) return stage.fail(...read.problems);
    const request = wantedProgs(read.value, spec.progs);
    const jobs = verifications(spec, request, stage.files);
    if (!jobs.ok) return stage.fail(...jobs.problems);
    const verify = jobs.value.map(
      (job): Job =>
        () =>
          verifyWorker(spec, job),
    );
    if (typeof spec.verify === 'object') return verify;
    return [...verify, loadJob(stage, spec, request), ...spec.attach.map((a) => attachJob(stage, a))];
  };
}

function loadJob(stage: Stage, spec: ProgramFile, request: LoadRequest): Job {
  return () => {
    const loaded = loadPrograms(stage.kernel, request, stage.state.agent?.pins, spec.path);
    if (!loaded.ok) return stage.fail(...loaded.problems);
    stage.state = { ...stage.state, progs: new Map([...stage.state.progs, ...loaded.value]) };
    return undefined;
  };
}
