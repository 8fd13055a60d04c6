/** Work queues in map values: a callback that runs once the program is done. */
import { EINVAL } from '../impl.ts';
import { kfunc } from './row.ts';

export const wqKfuncs = {
  bpf_wq_init: kfunc(['field16', 'map', 'u32'], 'int', (env, wq, map, flags) =>
    flags !== 0 ? -EINVAL : env.timers.init('wq', map, wq, 0),
  ),
  bpf_wq_set_callback_impl: kfunc(['field16', 'callback', 'u32', 'ignored'], 'int', (env, wq, callback, flags) =>
    flags !== 0 ? -EINVAL : env.timers.setCallback(wq, callback),
  ),
  bpf_wq_start: kfunc(['field16', 'u32'], 'int', (env, wq, flags) =>
    flags !== 0 ? -EINVAL : env.timers.start(wq, 0, 0, false),
  ),
};
