import { describe, expect, it } from 'vitest';
import { ATTACH_TYPES, type AttachTypeRow, attachTypeName, attachTypeRow } from '../../src/spec/attachTypes.ts';
import { ERRNO, ERRNO_ALIASES, ERRNOS, errnoName } from '../../src/spec/errno.ts';
import { MAP_TYPES, type MapTypeRow, mapTypeName, mapTypeRow } from '../../src/spec/mapTypes.ts';
import { PROG_TYPES, type ProgTypeRow, progTypeName, progTypeRow, retvalRule } from '../../src/spec/progTypes.ts';

const numbers = (rows: object): number[] =>
  Object.values(rows as Record<string, { id: number }>)
    .map((r) => r.id)
    .sort((a, b) => a - b);
const upTo = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe('map types', () => {
  it('are numbered 1 to 33 without a gap', () => {
    expect(numbers(MAP_TYPES)).toEqual(upTo(1, 33));
  });

  it.each(Object.entries(MAP_TYPES) as [string, MapTypeRow][])('%s is found by number and both names', (name, row) => {
    expect(row.kernel).toBe(`BPF_MAP_TYPE_${name.toUpperCase()}`);
    expect(mapTypeName(row.id)).toBe(name);
    expect([mapTypeRow(row.id), mapTypeRow(name), mapTypeRow(row.kernel)]).toEqual([row, row, row]);
  });

  it('knows no others', () => {
    for (const type of [0, 34, -1, 'unspec', 'Hash', 'toString', 'BPF_MAP_TYPE_'])
      expect(mapTypeRow(type)).toBeUndefined();
  });
});

describe('attach types', () => {
  it('are numbered 0 to 56 without a gap', () => {
    expect(numbers(ATTACH_TYPES)).toEqual(upTo(0, 56));
  });

  it.each(Object.entries(ATTACH_TYPES) as [string, AttachTypeRow][])('%s is found by number and names', (name, row) => {
    expect(row.kernel).toBe(`BPF_${name.toUpperCase()}`);
    expect(attachTypeName(row.id)).toBe(name);
    expect([attachTypeRow(row.id), attachTypeRow(name), attachTypeRow(row.kernel)]).toEqual([row, row, row]);
  });

  it('knows no others', () => {
    for (const type of [57, -1, 'fentri', '', 'constructor']) expect(attachTypeRow(type)).toBeUndefined();
  });
});

describe('prog types', () => {
  it('are numbered 1 to 32 without a gap', () => {
    expect(numbers(PROG_TYPES)).toEqual(upTo(1, 32));
  });

  it.each(Object.entries(PROG_TYPES) as [string, ProgTypeRow][])(
    '%s is found by number and both names',
    (name, row) => {
      expect(row.kernel).toBe(`BPF_PROG_TYPE_${name.toUpperCase()}`);
      expect(progTypeName(row.id)).toBe(name);
      expect([progTypeRow(row.id), progTypeRow(name), progTypeRow(row.kernel)]).toEqual([row, row, row]);
      for (const attach of row.attachTypes) expect(ATTACH_TYPES[attach]).toBeDefined();
      if (typeof row.returns === 'object' && 'default' in row.returns) {
        for (const attach of Object.keys(row.returns)) {
          if (attach !== 'default') expect(row.attachTypes).toContain(attach);
        }
      }
    },
  );

  it('say what a program may return', () => {
    expect(retvalRule(PROG_TYPES.xdp)).toBe('any');
    expect(retvalRule(PROG_TYPES.cgroup_sock, 'cgroup_inet_sock_create')).toEqual([0, 1]);
    expect(retvalRule(PROG_TYPES.cgroup_skb, 'cgroup_inet_ingress')).toEqual([0, 1]);
    expect(retvalRule(PROG_TYPES.cgroup_skb, 'cgroup_inet_egress')).toEqual([0, 3]);
    expect(retvalRule(PROG_TYPES.cgroup_sock_addr, 'cgroup_udp6_recvmsg')).toEqual([1, 1]);
    expect(retvalRule(PROG_TYPES.tracing, 'toString')).toBe('none');
    expect(retvalRule(PROG_TYPES.lsm, 'lsm_mac')).toBe('hook');
  });
});

describe('error numbers', () => {
  it('are 1 to 133 without the two holes of Linux, and ENOTSUPP', () => {
    const all = Object.values(ERRNOS).map((row) => row.number);
    expect(all).toEqual([...upTo(1, 133).filter((n) => n !== 41 && n !== 58), 524]);
  });

  it('have names and texts', () => {
    expect(ERRNO.EINVAL).toBe(22);
    expect(errnoName(-22)).toBe('EINVAL');
    expect(errnoName(524)).toBe('ENOTSUPP');
    expect(errnoName(41)).toBeUndefined();
    expect(ERRNOS.ENOENT.text).toBe('No such file or directory');
    expect(ERRNO_ALIASES.EWOULDBLOCK).toBe('EAGAIN');
    for (const [name, row] of Object.entries(ERRNOS)) expect(errnoName(row.number)).toBe(name);
  });
});
