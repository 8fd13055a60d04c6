/** Work queues in map values: whole files. */
import { joined as j } from './source.ts';

const DONE = 'r0 = 0\nexit';
const MAPS = j(
  '.struct work {',
  '    u64 n;',
  '    struct bpf_wq w;',
  '}',
  '.map works, type=array, key=u32, value=struct work, max_entries=2',
  '.map others, type=array, key=u32, value=struct work, max_entries=2',
);
const lookup = (map: string): string =>
  j(
    '*(u32 *)(r10 - 4) = 0',
    'r2 = r10',
    'r2 += -4',
    `r1 = ${map} ll`,
    'call bpf_map_lookup_elem',
    'if r0 == 0 goto out',
    'r6 = r0',
  );
const main = (section: string, ...lines: readonly string[]): string =>
  j(MAPS, `.section "${section}"`, '.func main(void *ctx) -> int', lookup('works'), ...lines, 'out:', DONE);
const at = (off: number): string => j('r1 = r6', `r1 += ${off}`);
const INIT = j(at(8), 'r2 = works ll', 'r3 = 0', 'call bpf_wq_init');
const SET = j(at(8), 'r2 = later ll', 'r3 = 0', 'r4 = 0', 'call bpf_wq_set_callback_impl');
const START = j(at(8), 'r2 = 0', 'call bpf_wq_start');
const later = (...lines: readonly string[]): string =>
  j('', '.func later(void *map, int *key, void *value) -> int static', ...lines);

export const workqueueSources: Readonly<Record<string, string>> = {
  'whole life': main('tc', INIT, SET, START) + later(DONE),
  'in a syscall program': main('syscall', INIT, SET, START) + later(DONE),
  'in xdp': main('xdp', INIT, SET, START) + later(DONE),
  'callback that sleeps':
    main('tc', INIT, SET) +
    later('r1 = r10', 'r1 += -16', 'r2 = 8', 'r3 = 0', 'r4 = 0', 'call bpf_copy_from_user_str', DONE),
  'callback that uses the value':
    main('tc', INIT, SET) + later('r1 = *(u64 *)(r3 + 0)', 'r1 += 1', '*(u64 *)(r3 + 0) = r1', DONE),
  'callback that reads the queue': main('tc', INIT, SET) + later('r1 = *(u64 *)(r3 + 8)', DONE),
  'callback that reads the key': main('tc', INIT, SET) + later('r1 = *(u32 *)(r2 + 0)', DONE),
  'callback that writes the key': main('tc', INIT, SET) + later('*(u32 *)(r2 + 0) = 1', DONE),
  'callback that returns 1': main('tc', INIT, SET) + later('r0 = 1', 'exit'),
  'callback that starts again':
    main('tc', INIT, SET) + later('r1 = r3', 'r1 += 8', 'r2 = 0', 'call bpf_wq_start', DONE),
  'callback that keeps a task': main('tc', INIT, SET) + later('r1 = 1', 'call bpf_task_from_pid', DONE),
  'callback in a section': main('tc', 'call bpf_rcu_read_lock', INIT, SET, 'call bpf_rcu_read_unlock') + later(DONE),
  'at the value’s start': main('tc', 'r1 = r6', 'r2 = works ll', 'r3 = 0', 'call bpf_wq_init'),
  'at a variable offset': main(
    'tc',
    'r7 = *(u64 *)(r6 + 0)',
    'r7 &= 8',
    'r1 = r6',
    'r1 += r7',
    'r2 = works ll',
    'r3 = 0',
    'call bpf_wq_init',
  ),
  'with another map': main('tc', at(8), 'r2 = others ll', 'r3 = 0', 'call bpf_wq_init'),
  'with no map': main('tc', at(8), 'r2 = 0', 'r3 = 0', 'call bpf_wq_init'),
  'with a value as the map': main('tc', at(8), 'r2 = r6', 'r3 = 0', 'call bpf_wq_init'),
  'on the stack': main('tc', 'r1 = r10', 'r1 += -32', 'r2 = works ll', 'r3 = 0', 'call bpf_wq_init'),
  'of a number': main('tc', 'r1 = 0', 'r2 = 0', 'call bpf_wq_start'),
  'written directly': main('tc', '*(u64 *)(r6 + 8) = 0'),
  'read directly': main('tc', 'r1 = *(u64 *)(r6 + 8)'),
  'callback is a number': main('tc', at(8), 'r2 = 1', 'r3 = 0', 'r4 = 0', 'call bpf_wq_set_callback_impl'),
  'flags unknown': main('tc', at(8), 'r2 = r10', 'call bpf_wq_start'),
};
