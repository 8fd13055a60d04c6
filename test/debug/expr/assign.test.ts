import { describe, expect, test } from 'vitest';
import { assignment } from '../../../src/debug/expr/index.ts';
import type { Session } from '../../../src/debug/session/session.ts';
import { problemText } from '../../../src/util/problem.ts';
import { sessionOf } from '../session/make.ts';
import { demoSession, shown } from './make.ts';

/** Assigns, and what stands there afterwards (or what is wrong). */
function set(s: Session, text: string): string {
  const [target, value] = text.split(/ = (.*)/s) as [string, string];
  const edit = assignment(target, value, s.view());
  const done = edit.ok ? s.edit(edit.value) : edit;
  return done.ok
    ? shown(s.view(), target)
    : `${done.problems[0]!.at.pos?.col ?? '-'}: ${problemText(done.problems[0]!)}`;
}

describe('assignments', () => {
  test('registers, stack, packet', () => {
    const s = demoSession({ progs: ['tc_main'] });
    s.go({ kind: 'step', unit: 'insn' });
    expect(set(s, 'r3 = 0x1122334455667788')).toBe('1234605616436508552 (0x1122334455667788)');
    expect(set(s, 'w3 = -1')).toBe('4294967295 (0xffffffff)');
    expect(shown(s.view(), 'r3')).toBe('4294967295 (0xffffffff)');
    expect(set(s, 'r4 = r3 + 1')).toBe('4294967296 (0x100000000)');
    expect(set(s, '*(u32 *)(fp-8) = 0x01020304')).toBe('16909060 (0x1020304)');
    expect(shown(s.view(), 'mem[fp-8:4]')).toBe('04 03 02 01');
    expect(set(s, '*(be32 *)(fp-8) = 0x01020304')).toBe('16909060 (0x1020304)');
    expect(shown(s.view(), 'mem[fp-8:4]')).toBe('01 02 03 04');
    expect(set(s, 'mem[fp-8:4] = hex:0a0b0c0d')).toBe('0a 0b 0c 0d');
    expect(set(s, '*(struct lb4_key *)(fp-16) = {address: 10.0.0.1, dport: 80}')).toBe(
      '{address 10.0.0.1, dport 80, backend_slot 0, proto 0, scope 0}',
    );
    expect(set(s, 'ipv4.src = 192.0.2.1')).toBe('192.0.2.1');
    expect(shown(s.view(), 'pkt[26:4] == 192.0.2.1')).toBe('1');
    expect(set(s, 'eth.dst = 02:00:00:00:00:09')).toBe('02:00:00:00:00:09');
    expect(set(s, 'tcp.flags = 0x12')).toBe('S.');
    expect(shown(s.view(), 'pkt[47]')).toBe('18');
    expect(set(s, 'ipv4.ihl = 6')).toBe('6');
    expect(shown(s.view(), 'pkt[14]')).toBe('70');
    expect(set(s, 'pkt[12:2] = 0x86dd')).toBe('34525');
  });

  test('maps: members in place, new elements, deletion', () => {
    const s = demoSession();
    const port = 'cilium_lb4_backends[2].port';
    expect(set(s, `${port} = 9090`)).toBe('9090');
    expect(shown(s.view(), 'cilium_lb4_backends[2]')).toBe('{address 10.0.2.30, port 9090, proto 0, flags 0}');
    expect(set(s, 'cilium_lb4_backends[7].port = 53')).toBe('53');
    expect(shown(s.view(), 'cilium_lb4_backends[7]')).toBe('{address 0.0.0.0, port 53, proto 0, flags 0}');
    expect(set(s, 'cilium_lb4_backends[7] = {address: 10.0.0.9, port: 1}')).toBe(
      '{address 10.0.0.9, port 1, proto 0, flags 0}',
    );
    expect(set(s, 'cilium_lb4_backends[2] = cilium_lb4_backends[7]')).toMatch(/10\.0\.0\.9/);
    expect(set(s, 'cilium_lb4_backends[7] = absent')).toBe('absent');
    expect(set(s, 'cilium_metrics[{reason: 1, dir: 2}].count = 5')).toBe('5');
  });

  test('the context', () => {
    const s = sessionOf('.section "tc"\nmain:\nr0 = 0\nexit\n');
    s.go({ kind: 'step', unit: 'insn' });
    expect(set(s, 'ctx.mark = 9')).toBe('9');
    expect(set(s, 'ctx.cb[2] = 8')).toBe('8');
    expect(set(s, 'ctx.len = 9')).toMatch(/cannot be written/);
  });

  test('what cannot be set is told', () => {
    const s = demoSession({ progs: ['tc_main'] });
    s.go({ kind: 'step', unit: 'insn' });
    expect(set(s, 'r1 + 1 = 5')).toBe('1: r1 + 1 cannot be set');
    expect(set(s, 'pc = 5')).toBe('1: pc cannot be set');
    expect(set(s, 'udp.dport = 5')).toBe('1: udp.dport cannot be set');
    expect(set(s, 'r1 = nonsense')).toBe("1: unknown name 'nonsense'");
    expect(set(s, 'r1 = ')).toBe('1: an expression is missing');
    expect(set(s, 'pkt[12:2] = 0x10000')).toBe('1: 65536 does not fit into 2 bytes');
    expect(set(s, 'pkt[0:12] = 5')).toBe('1: 5 does not fit into 12 bytes');
    expect(set(s, 'mem[fp-8:4] = hex:00')).toBe('1: a row of 1 bytes does not fit into 4 bytes');
    expect(set(s, 'ipv4.ihl = 16')).toBe('1: 16 does not fit into 4 bits');
    expect(set(s, 'r10 = 5')).toMatch(/R10 cannot be set/);
    expect(set(s, 'r1 = udp.dport')).toBe('1: what is not there does not fit into 8 bytes');
    expect(set(s, 'cilium_lb4_backends[2] = {prt: 1}')).toBe(
      '1: this value cannot be set: struct lb4_backend has no member prt; did you mean port?',
    );
    expect(set(s, 'r1 = {a: 1}')).toBe('1: a value in braces is only for keys of maps: MAP[{field: value}]');
  });
});
