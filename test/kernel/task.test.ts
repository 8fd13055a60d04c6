import { expect, it } from 'vitest';
import { request } from '../../scripts/task/code.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import { MAP } from '../../src/maps/object.ts';
import { userUpdate } from '../../src/maps/user.ts';
import { offsetOf } from '../../src/spec/layouts.ts';

function kernel(): Kernel {
  const made = Kernel.create();
  if (!made.ok) throw new Error('no memory');
  return made.value;
}

/** Results of a program's calls, one u64 each. */
function results(k: Kernel, program: Parameters<typeof request>[0]): bigint[] {
  const { maps, progs, problems } = k.load(request(program));
  expect(problems).toEqual([]);
  const group = maps.find((map) => map.name === 'cg');
  if (group) {
    expect(userUpdate(k.maps, group.address, Uint8Array.of(0, 0, 0, 0), Uint8Array.of(9, 0, 0, 0))).toBe(-9);
    expect(userUpdate(k.maps, group.address, Uint8Array.of(0, 0, 0, 0), Uint8Array.of(7, 0, 0, 0))).toBe(0);
  }
  const status = k.testRun(progs[0]!, { ctx: new Uint8Array(16) }).finish();
  expect(status.state).toBe('done');
  const out = maps[0]!.address;
  const values = k.arena.getU32(out + MAP.values);
  const view = new DataView(k.arena.bytes(values, 1024).buffer);
  return program.calls.map((_, i) => view.getBigUint64(512 + 8 * i, true));
}

it('runs as the task and in the cgroup that it is told', () => {
  const k = kernel();
  expect(k.addCgroup({ id: 7, parent: 1 })).toBe(true);
  expect(k.addCgroup({ id: 8, parent: 7 })).toBe(true);
  expect([k.addCgroup({ id: 8, parent: 1 }), k.addCgroup({ id: 5, parent: 4 })]).toEqual([false, false]);
  k.setTask({ pid: 20, tgid: 19, uid: 1000, gid: 100, comm: 'curl', cgroup: 8 });
  const cgroups = { name: 'cg', type: 'cgroup_array', key_size: 4, value_size: 4, max_entries: 2 } as const;
  const answers = results(k, {
    name: 'task',
    type: 'raw_tracepoint',
    object: 'task',
    maps: [cgroups],
    calls: [
      { helper: 'bpf_get_current_pid_tgid', args: [] },
      { helper: 'bpf_get_current_uid_gid', args: [] },
      { helper: 'bpf_get_current_cgroup_id', args: [] },
      { helper: 'bpf_get_current_ancestor_cgroup_id', args: [1n] },
      { helper: 'bpf_get_current_ancestor_cgroup_id', args: [3n] },
      { helper: 'bpf_current_task_under_cgroup', args: [{ map: 2 }, 0n] },
      { helper: 'bpf_send_signal', args: [9n] },
      { load: offsetOf('task_struct', 'tgid'), size: 4 },
      { load: offsetOf('task_struct', 'comm'), size: 4 },
    ],
  });
  expect(answers).toEqual([(19n << 32n) | 20n, (100n << 32n) | 1000n, 8n, 7n, 0n, 1n, 0n, 19n, 0x6c727563n]);
});

it('says what a call asks for that is not simulated', () => {
  const k = kernel();
  const { progs } = k.load(
    request({
      name: 'names',
      type: 'syscall',
      calls: [{ helper: 'bpf_kallsyms_lookup_name', args: [{ in: 0 }, 32n, 0n, { out: 0 }] }],
    }),
  );
  const status = k.testRun(progs[0]!, { ctx: new Uint8Array(16) }).finish();
  expect(status).toMatchObject({ state: 'fault', problem: { code: 'vm.not-simulated-call' } });
});

it('goes back to the task of a snapshot', () => {
  const k = kernel();
  const before = k.snapshot();
  k.setTask({ comm: 'other' });
  k.restore(before);
  expect(k.world.task.comm).toBe('init');
});
