/** What happens before the first step: sockets, the agent, programs, the contents of maps. */
import { mapNamed } from '../mapNames.ts';
import { startAgent } from './agent.ts';
import { loadJobs } from './loading.ts';
import { updateMaps } from './mapActions.ts';
import { openSockets } from './socketActions.ts';
import type { Stage } from './stage.ts';
import type { Job } from './worker.ts';

/** The jobs that set a scenario up once its node is built, in their order. */
export function beginning(stage: Stage): readonly Job[] {
  const { scenario } = stage;
  return [
    ...openSockets(stage),
    ...startAgent(stage),
    ...scenario.programs.map((spec) => loadJobs(stage, spec)),
    ...scenario.mapFiles.map(
      (file): Job =>
        () =>
          fillFrom(stage, file),
    ),
    () => {
      const problems = updateMaps(stage, scenario.maps);
      return problems.length > 0 ? stage.fail(...problems) : undefined;
    },
  ];
}

/** Elements of a file; those of maps that are not loaded are somebody else's. */
function fillFrom(stage: Stage, file: string): undefined {
  const read = stage.files.json(file);
  if (!read.ok) return stage.fail(...read.problems);
  const lists = Object.entries((read.value ?? {}) as Record<string, unknown>);
  const known = lists.filter(([map]) => mapNamed(stage.kernel.world, map));
  const maps = known.map(([map, elements]) => ({ map, elements: elements as never[], path: file }));
  const problems = updateMaps(stage, maps);
  return problems.length > 0 ? stage.fail(...problems) : undefined;
}
