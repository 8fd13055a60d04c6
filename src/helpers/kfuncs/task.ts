/** Tasks: the current one is the only one that there is. */
import { kfunc } from './row.ts';

export const taskKfuncs = {
  bpf_task_from_pid: kfunc(['s32'], 'pointer', (env, pid) => (pid === env.tasks.task.pid ? env.tasks.current() : 0)),
  bpf_task_acquire: kfunc(['task'], 'pointer', (_env, task) => task),
  bpf_task_release: kfunc(['task'], 'void', () => undefined),
};
