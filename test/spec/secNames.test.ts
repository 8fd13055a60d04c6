import { describe, expect, it } from 'vitest';
import { PROG_TYPES } from '../../src/spec/progTypes.ts';
import { SEC_NAMES, secDef } from '../../src/spec/secNames.ts';

describe('SEC() names', () => {
  it('has the whole table, each name once', () => {
    expect(SEC_NAMES).toHaveLength(116);
    expect(new Set(SEC_NAMES.map((r) => r.sec)).size).toBe(116);
  });

  it.each(SEC_NAMES.map((row) => [row.sec, row] as const))('%s is found by its own name only', (sec, row) => {
    const stem = sec.replace(/\+$/, '');
    expect(SEC_NAMES.filter((r) => r.sec.replace(/\+$/, '') === stem)).toEqual([row]);
    expect(secDef(stem)).toEqual({ row, target: '', autoload: true });
    expect(secDef(`?${stem}`)).toEqual({ row, target: '', autoload: false });
    expect(secDef(`${stem}x`)?.row).not.toBe(row);
    expect(PROG_TYPES[row.progType]).toBeDefined();
    if (sec.endsWith('+')) {
      expect(secDef(`${stem}/a/b`)).toEqual({ row, target: 'a/b', autoload: true });
    } else {
      expect(secDef(`${stem}/none`)).toBeUndefined();
    }
  });

  it.each([
    '',
    '?',
    '??xdp',
    'XDP',
    'xdp/',
    'tc/',
    'kprobe_multi',
    'fentry.',
    '.text',
    'license',
    'tc+',
    'classifier/a',
  ])('%j is no program section', (name) => {
    expect(secDef(name)).toBeUndefined();
  });

  it('takes the target behind the first slash', () => {
    expect(secDef('tracepoint/sched/sched_switch')?.target).toBe('sched/sched_switch');
    expect(secDef('uprobe//bin/bash:readline')?.target).toBe('/bin/bash:readline');
    expect(secDef('?tp_btf/sched_switch')?.row).toMatchObject({ progType: 'tracing', attachType: 'trace_raw_tp' });
    expect(secDef('xdp.frags/devmap')?.row).toMatchObject({ attachType: 'xdp_devmap', flags: ['XDP_FRAGS'] });
    expect(secDef('cgroup/skb')?.row.attachType).toBeUndefined();
  });
});
