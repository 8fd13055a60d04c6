/** Programs that a step runs by itself: test runs, and iterators that are read. */
import { errnoName } from '../../spec/errno.ts';
import type { Kernel } from '../kernel.ts';
import { mapNamed } from '../mapNames.ts';
import type { CtxFields } from '../replay/ctx.ts';
import { packetCtx } from '../replay/ctx.ts';
import { runsLocally } from '../replay/hook.ts';
import { verdictName } from '../replay/verdict.ts';
import { outputsSince, type ProgRecord } from '../world.ts';
import type { Perform } from './actions.ts';
import { scenarioProblem } from './messages.ts';
import type { Path } from './model.ts';
import { outputLine } from './observe.ts';
import type { Stage } from './stage.ts';
import { iterWorker, type Job, testRunWorker } from './worker.ts';

function missing(stage: Stage, name: string, path: Path): undefined {
  const known = [...stage.state.progs.keys()].join(', ') || 'none';
  return stage.fail(scenarioProblem('prog', {}, { path, name, known }));
}

/** Lines that stand in the step's path. */
function add(stage: Stage, ...lines: readonly string[]): void {
  stage.state = { ...stage.state, extra: [...stage.state.extra, ...lines] };
}

function linesOf(bytes: Uint8Array): readonly string[] {
  const text = new TextDecoder().decode(bytes);
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function ctxOf(prog: ProgRecord, ctx: unknown, length: number): ReturnType<typeof packetCtx> {
  return packetCtx(prog.executable, (ctx ?? {}) as CtxFields, length);
}

function startRun(
  kernel: Kernel,
  prog: ProgRecord,
  data: Uint8Array | undefined,
  ctx: Uint8Array | undefined,
  limit: number,
) {
  const input = { ...(data && { data }), ...(ctx && { ctx }) };
  const { progType } = prog.executable;
  return runsLocally(progType) ? kernel.localRun(prog, input, limit) : kernel.testRun(prog, input, limit);
}

export const programActions: { readonly [K in 'run' | 'iterate']: Perform<K> } = {
  run: (stage, { prog: name, data, ctx }, step) => {
    const { kernel, insnLimit } = stage;
    const path = `${step.path}.run`;
    const go: Job = () => {
      const prog = stage.state.progs.get(name);
      if (!prog) return missing(stage, name, path);
      const context = ctxOf(prog, ctx, data?.length ?? 0);
      if (!context.ok) return stage.fail(...context.problems);
      const mark = kernel.world.output;
      const run = startRun(kernel, prog, data, context.value, insnLimit);
      return testRunWorker(run, () => {
        const { status } = run;
        if (status.state !== 'done') return;
        const { errno, retval } = status.output;
        const verdict = errno === 0 ? verdictName(prog.executable.progType, retval) : `-${errnoName(errno) ?? errno}`;
        if (errno !== 0) stage.state = { ...stage.state, result: errnoName(errno) ?? `${errno}` };
        const outputs = outputsSince(kernel.world, mark);
        stage.state = { ...stage.state, outputs: [...stage.state.outputs, ...outputs] };
        add(stage, `run ${name}: ${verdict}`, ...outputs.map((o) => outputLine(kernel, o)));
      });
    };
    return [go];
  },
  iterate: (stage, { prog: name, map: mapName }, step) => {
    const { kernel, insnLimit } = stage;
    const path = `${step.path}.iterate`;
    const go: Job = () => {
      const prog = stage.state.progs.get(name);
      if (!prog) return missing(stage, name, path);
      const map = mapNamed(kernel.world, mapName);
      if (!map) {
        const help = `there are: ${kernel.world.maps.map((m) => m.name).join(', ') || 'none'}`;
        return stage.fail(scenarioProblem('map', {}, { path, name: mapName, help }));
      }
      const run = kernel.iterRun(prog, { map }, insnLimit);
      return iterWorker(run, (errno, output) => {
        if (errno !== 0) stage.state = { ...stage.state, result: errnoName(errno) ?? `${errno}` };
        add(stage, `iterate ${name} over ${mapName}`, ...linesOf(output).map((line) => `  ${line}`));
      });
    };
    return [go];
  },
};
