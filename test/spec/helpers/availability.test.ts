import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type HelperCaller,
  helperAllowed,
  helperFor,
  helperInProfile,
} from '../../../src/spec/helpers/availability.ts';
import { HELPERS, helperRow } from '../../../src/spec/helpers/index.ts';
import type { HelperName } from '../../../src/spec/helpers/params.ts';
import type { HelperRow } from '../../../src/spec/helpers/row.ts';
import { kernelProfile } from '../../../src/spec/profiles.ts';
import { PROG_TYPES } from '../../../src/spec/progTypes.ts';

interface Recorded {
  readonly gpl_only: readonly number[];
  readonly hooks: Readonly<Record<string, Readonly<Partial<Record<string, readonly number[]>>>>>;
}
const recordedOf = (kernel: string): Recorded =>
  JSON.parse(readFileSync(new URL(`../../recorded/spec/helpers-${kernel}.json`, import.meta.url), 'utf8')) as Recorded;
const recorded = recordedOf('6.12');
const recorded61 = recordedOf('6.1');
const rows = Object.values(HELPERS) as readonly HelperRow[];

function caller(hook: string): HelperCaller {
  const [progType, attach] = hook.split('/') as [string, string?];
  const [attachType, target] = attach?.split(':') ?? [];
  return {
    progType,
    ...(attachType === undefined ? {} : { attachType }),
    ...(target === undefined ? {} : { target }),
    sleepable: progType === 'syscall',
  };
}

const numbers = (list: readonly HelperRow[]): number[] => list.map((row) => row.id).sort((a, b) => a - b);

describe('availability of helpers', () => {
  it('was recorded for every prog type that the kernel has and that has helpers of its own', () => {
    const types = new Set(Object.keys(recorded.hooks).map((hook) => caller(hook).progType));
    expect(
      Object.keys(PROG_TYPES)
        .filter((type) => !types.has(type))
        .sort(),
    ).toEqual(['ext', 'lirc_mode2']);
  });

  it.each(Object.entries(recorded.hooks))('%s may call what the kernel lets it call', (hook, answers) => {
    const who = caller(hook);
    const all = Object.values(answers).flatMap((ids) => ids ?? []);
    expect(numbers(rows.filter((row) => helperAllowed(row, who)))).toEqual(all.sort((a, b) => a - b));
    const mine = rows.filter((row) => helperAllowed(row, who)).map((row) => helperFor(row, who));
    expect(numbers(mine.filter((row) => row.mightSleep && !who.sleepable && !row.allowed))).toEqual(
      (answers.might_sleep ?? []).filter((id) => id !== 161 && id !== 193),
    );
    for (const id of answers.not_allowed_in_probe ?? []) {
      expect(mine.find((row) => row.id === id)?.allowed).toBeDefined();
    }
  });

  it('asks for a GPL license where the kernel does', () => {
    expect(numbers(rows.filter((row) => row.gplOnly && row.config === undefined))).toEqual(recorded.gpl_only);
  });
});

describe('availability of helpers on 6.1', () => {
  const profile = kernelProfile('6.1');
  const callable = (who: HelperCaller): number[] =>
    (Object.entries(HELPERS) as [HelperName, HelperRow][])
      .filter(([name, row]) => helperAllowed(row, who) && helperInProfile(profile, name, who))
      .map(([, row]) => row.id)
      .sort((a, b) => a - b);

  it.each(Object.entries(recorded61.hooks))('%s may call what the kernel lets it call', (hook, answers) => {
    const all = Object.values(answers).flatMap((ids) => ids ?? []);
    expect(callable(caller(hook))).toEqual(all.sort((a, b) => a - b));
  });

  it('is unknown where the kernel did not load the program', () => {
    const hooks = Object.keys(recorded.hooks).filter((hook) => !(hook in recorded61.hooks));
    expect(hooks.length).toBeGreaterThan(5);
    for (const hook of hooks) {
      expect(helperInProfile(profile, 'bpf_map_lookup_elem', caller(hook)), hook).toBeUndefined();
    }
  });

  it('asks for a GPL license where 6.12 does', () => {
    expect(recorded61.gpl_only).toEqual(recorded.gpl_only);
  });
});

describe('prototypes that differ by program', () => {
  it('come with the columns of their variant', () => {
    const { bpf_sk_storage_get: get, bpf_get_stackid: stack, bpf_get_socket_cookie: cookie } = HELPERS;
    expect(helperFor(get, { progType: 'sched_cls' }).args[1]).toBe('ARG_PTR_TO_BTF_ID_SOCK_COMMON');
    expect(helperFor(get, { progType: 'cgroup_sock' }).args[1]).toBe('ARG_PTR_TO_CTX');
    expect(helperFor(get, { progType: 'tracing' })).toMatchObject({
      args: ['ARG_CONST_MAP_PTR', 'ARG_PTR_TO_BTF_ID_OR_NULL', 'ARG_PTR_TO_MAP_VALUE_OR_NULL', 'ARG_ANYTHING'],
      argBtf: { 2: 'sock_common' },
      allowed: 'bpf_sk_storage_tracing_allowed',
      id: 107,
    });
    expect(helperFor(stack, { progType: 'kprobe' }).gplOnly).toBe(true);
    expect(helperFor(stack, { progType: 'perf_event' }).gplOnly).toBe(false);
    expect(helperFor(cookie, { progType: 'lsm' }).args).toEqual(['ARG_PTR_TO_BTF_ID_SOCK_COMMON|PTR_MAYBE_NULL']);
    expect(helperFor(HELPERS.bpf_get_cgroup_classid, { progType: 'cgroup_sock' }).args).toEqual([]);
  });

  it('depend on sleepability and attach type', () => {
    const { bpf_get_task_stack: stack, bpf_get_func_ip: ip } = HELPERS;
    expect(helperFor(stack, { progType: 'tracing' }).mightSleep).toBeUndefined();
    expect(helperFor(stack, { progType: 'tracing', sleepable: true }).mightSleep).toBe(true);
    expect(helperFor(ip, { progType: 'kprobe' }).gplOnly).toBe(true);
    expect(helperFor(ip, { progType: 'kprobe', attachType: 'trace_kprobe_multi' }).gplOnly).toBe(false);
  });

  it('turn flags off as well as on', () => {
    const row = HELPERS.bpf_get_smp_processor_id;
    expect(helperFor(row, { progType: 'xdp' }).fastcall).toBe(true);
    expect(helperFor(row, { progType: 'socket_filter' }).fastcall).toBeUndefined();
    expect(helperRow('bpf_sk_lookup_tcp')?.pktAccess).toBe(true);
    expect(helperFor(HELPERS.bpf_sk_lookup_tcp, { progType: 'cgroup_sock_addr' }).pktAccess).toBeUndefined();
  });
});
