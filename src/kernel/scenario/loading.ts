/** A program file: read, verified in slices, loaded, attached. */
import type { LoadRequest } from '../../spec/request.ts';
import type { VerifyJob } from '../../verifier/api.ts';
import type { Kernel } from '../kernel.ts';
import type { MapRecord, ProgRecord } from '../world.ts';
import { scenarioProblem } from './messages.ts';
import type { AttachSpec, ProgramFile } from './model.ts';
import { attach, isAttached, loadPrograms, requestOf, verdictProblem, verifications, wantedProgs } from './programs.ts';
import type { Stage } from './stage.ts';
import type { Job, Worker } from './worker.ts';

/** Insns of a verification between two pauses. */
const VERIFY_SLICE = 20_000;

/** Verifies a program. */
function verifyWorker(spec: ProgramFile, job: VerifyJob): Worker {
  return {
    advance() {
      const done = job.advance(VERIFY_SLICE);
      if (!done) return 'paused';
      const problem = verdictProblem(spec, done);
      return problem ? { problem } : 'done';
    },
    // However it is sliced, it counts as the one job that it is.
    ticks: 0,
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
    // A program that took its predecessor's place is there already.
    const problem = isAttached(stage.kernel, prog, spec)
      ? undefined
      : attach(stage.kernel, prog, spec, stage.scenario.node.cgroups);
    return problem && stage.fail(problem);
  };
}

/** Everything that is to be done for a program file. A rejection that is wanted leaves nothing to load. */
export function loadJobs(stage: Stage, spec: ProgramFile): Job {
  return () => {
    const read = requestOf(stage.files, spec);
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
    const { progs, held } = loaded.value;
    const { state } = stage;
    const load = `${spec.file} ${JSON.stringify(spec.mapNames)}`;
    const old = state.loads.get(load) ?? [];
    stage.state = {
      ...state,
      progs: new Map([...state.progs, ...progs]),
      loads: new Map([...state.loads, [load, held]]),
    };
    if (old.length === 0) return undefined;
    // The new programs take the places of the old ones; then their loader is gone, and so are they.
    return [() => replaceLinks(stage.kernel, old, progs), () => closeAll(stage.kernel, old)];
  };
}

function closeAll(kernel: Kernel, held: readonly (MapRecord | ProgRecord)[]): undefined {
  for (const object of held) kernel.close(object);
}

/** Every attached program that has a successor of its name makes room for it. */
function replaceLinks(
  kernel: Kernel,
  old: readonly (MapRecord | ProgRecord)[],
  progs: ReadonlyMap<string, ProgRecord>,
): undefined {
  const { world } = kernel;
  const links = world.node.links.map((link) => {
    const successor = old.includes(link.prog) && [...progs.values()].find((p) => p.name === link.prog.name);
    return successor ? { ...link, prog: successor } : link;
  });
  kernel.world = { ...world, node: { ...world.node, links } };
}
