import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { explainRejection, isAcceptance } from '../../src/explain/index.ts';
import { readEvents } from '../../src/explain/log/events.ts';
import { readInsn } from '../../src/explain/log/insn.ts';
import { failingPath } from '../../src/explain/log/path.ts';
import { readState } from '../../src/explain/log/state.ts';
import { stripLog } from '../../src/explain/log/strip.ts';
import { readValue } from '../../src/explain/log/value.ts';
import type { Recorded } from './examples.ts';
import { CILIUM, CILIUM_SHORT, LIBBPF, LOG_4_9, LOG_5_4, LOG_6_12, QUOTED } from './logs.ts';

const ERAS = { '4.9': LOG_4_9, '5.4': LOG_5_4, '6.12': LOG_6_12, libbpf: LIBBPF, cilium: CILIUM, quoted: QUOTED };
const pathOf = (log: string) => failingPath(readEvents(stripLog(log).lines));

describe('one rejection in the words of several times', () => {
  for (const [name, log] of Object.entries(ERAS)) {
    test(name, () => {
      const e = explainRejection({ log })!;
      expect(e.id).toBe('BPF-E001');
      expect(e.at?.slot).toBe(12);
      expect(pathOf(log).steps.map((s) => s.slot)).toEqual([0, 1, 2, 3, 4, 7, 8, 9, 11, 12]);
      const said = e.causalPath.map((s) => `${s.slot} ${s.kind}`);
      expect(said).toEqual(['4 branch', '11 origin']);
      expect(e.causalPath[0]!.what).toMatch(/^the jump is taken/);
      expect(e.causalPath[1]!.what).toMatch(/^R0 is what bpf_map_lookup_elem returned|^R0 is what helper 1 returned/);
    });
  }

  test('what the wrapping says', () => {
    expect(stripLog(LIBBPF).program).toBe('count');
    expect(stripLog(CILIUM).program).toBe('count');
    expect(stripLog(CILIUM_SHORT).lines).toEqual([
      'invalid access to packet, off=14 size=2, R2(id=0,off=14,r=14)',
      'R2 offset is outside of the packet',
    ]);
    expect(explainRejection({ log: CILIUM_SHORT })!.id).toBe('BPF-E021');
  });

  test('the C line is quoted, and the repair is in C', () => {
    const e = explainRejection({ log: LOG_6_12 })!;
    expect(e.at?.quoted).toEqual({ text: 'return flow->packets;', file: 'mark.c', line: 25 });
    expect(e.fix?.diff).toEqual([
      '@@ mark.c:25 @@',
      '+    if (!flow)',
      '+        return 0;',
      '     return flow->packets;',
    ]);
  });
});

test('6.1 says the same of the catalogue’s programs in its own words', () => {
  const file = new URL('../recorded/explain/examples-6.1.json', import.meta.url);
  const records = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Recorded>;
  const strange: Record<string, string | undefined> = {};
  for (const [id, { log }] of Object.entries(records)) {
    const found = explainRejection({ log: log.join('\n') })?.id;
    if (found !== id) strange[id] = found;
  }
  expect(Object.keys(records).length).toBeGreaterThan(80);
  // It checks the offset of what is released first, and had one message for two cases.
  expect(strange).toEqual({ 'BPF-E052': 'BPF-E017', 'BPF-E061': 'BPF-E062' });
});

test('an accepted program, a text that is no log', () => {
  const log =
    '0: R1=ctx() R10=fp0\n0: (b7) r0 = 0 ; R0_w=0\n1: (95) exit\nprocessed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n';
  expect(explainRejection({ log })).toBeUndefined();
  expect(isAcceptance(log)).toBe(true);
  expect(explainRejection({ log: '' })).toBeUndefined();
  expect(isAcceptance('')).toBe(false);
  expect(explainRejection({ log: 'R9 has never been seen' })).toMatchObject({
    id: 'BPF-E000',
    message: 'R9 has never been seen',
  });
});

test('values', () => {
  const of = (text: string, old = false) => {
    const { text: _, ...v } = readValue(text, old);
    return v;
  };
  expect(of('scalar(umin=2,umax=9)')).toMatchObject({ type: 'scalar', umin: 2n, umax: 9n });
  expect(of('scalar(smin=smin32=0,smax=umax=smax32=umax32=12,var_off=(0x0; 0xf))')).toMatchObject({
    umin: 0n,
    umax: 12n,
    smax: 12n,
  });
  expect(of('P5')).toMatchObject({ known: 5n });
  expect(of('-1')).toMatchObject({ known: -1n, umax: (1n << 64n) - 1n });
  expect(of('inv7')).toMatchObject({ known: 7n });
  expect(of('inv56', true)).toMatchObject({ type: 'scalar', umax: 255n });
  expect(of('imm7', true)).toMatchObject({ known: 7n });
  expect(of('fp-16')).toMatchObject({ type: 'fp', off: -16 });
  expect(of('fp[1]-8')).toMatchObject({ type: 'fp', off: -8 });
  expect(of('pkt(id=2,off=14,r=20,umax=60,var_off=(0x0; 0x3c))')).toMatchObject({
    type: 'pkt',
    id: 2,
    off: 14,
    range: 20,
    umax: 60n,
  });
  expect(of('map_value_or_null(id=1,map=counts,ks=4,vs=8)')).toMatchObject({
    type: 'map_value',
    orNull: true,
    map: 'counts',
    vs: 8,
  });
  expect(of('trusted_ptr_or_null_task_struct(id=3,ref_obj_id=3)')).toMatchObject({ orNull: true, refObjId: 3 });
  expect(of('mmmm0000')).toMatchObject({ type: 'slot' });
});

test('states', () => {
  const state = readState(
    ' frame1: R1=ctx() R6_w=scalar(var_off=(0x0; 0xff)) R10=fp0 fp-8_r=mmmmmmmm refs=2,4',
    false,
  )!;
  expect([...state.values.keys()]).toEqual(['R1', 'R6', 'R10', 'fp-8']);
  expect(state).toMatchObject({ frame: 1, refs: [2, 4] });
  expect(readState('R is no register', false)).toBeUndefined();
});

test('insns', () => {
  expect(readInsn('r0 = *(u8 *)(r2 +14)')).toEqual({ kind: 'load', reg: 0, base: 2, off: 14, size: 1 });
  expect(readInsn('*(u64 *)(r10 -8) = 5')).toEqual({ kind: 'store', imm: 5n, base: 10, off: -8, size: 8 });
  expect(readInsn('lock *(u32 *)(r1 +8) += r2')).toMatchObject({ kind: 'atomic', reg: 2, base: 1, off: 8, size: 4 });
  expect(readInsn('r1 = atomic64_fetch_add((u64 *)(r10 -8), r1)')).toMatchObject({
    kind: 'atomic',
    fetch: true,
    base: 10,
  });
  expect(readInsn('if w6 s> 0xffffffff goto pc-3')).toMatchObject({
    kind: 'if',
    dst: 6,
    op: 's>',
    imm: 0xffffffffn,
    distance: -3,
    narrow: true,
  });
  expect(readInsn('w1 = (s8)w2')).toMatchObject({ kind: 'copy', dst: 1, src: 2, narrow: true });
  expect(readInsn('r3 s>>= 32')).toEqual({ kind: 'alu', dst: 3, op: 's>>', imm: 32n });
  expect(readInsn('r1 = be16 r1')).toMatchObject({ kind: 'alu', dst: 1 });
  expect(readInsn('call pc+4')).toEqual({ kind: 'call', distance: 4 });
  expect(readInsn('may_goto pc+2')).toEqual({ kind: 'goto', distance: 2, may: true });
  expect(readInsn('something new')).toEqual({ kind: 'other' });
});
