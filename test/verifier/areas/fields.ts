/** Values with locks, timers and kptrs: loads, stores, helpers, callbacks. */
import { lookup, program, type Requests } from './source.ts';

const LOCK = 'call bpf_spin_lock';
const UNLOCK = 'call bpf_spin_unlock';
const held = `${lookup('cells')}r6 = r0\nr1 = r6\n${LOCK}\n`;

/** Every access of 1, 4 and 8 bytes around the fields. */
function accesses(all: Requests): void {
  for (const [map, size] of [
    ['cells', 24],
    ['alarms', 32],
    ['holders', 32],
  ] as const) {
    for (let off = 0; off <= size; off += 2) {
      for (const bytes of [1, 4, 8]) {
        if (bytes > 1 && off % 4 !== 0) continue;
        const at = `*(u${bytes * 8} *)(r0 + ${off})`;
        all.set(`${map} read ${bytes}@${off}`, program('f', 'tc', `${lookup(map)}r1 = ${at}`));
        all.set(`${map} write ${bytes}@${off}`, program('f', 'tc', `${lookup(map)}${at} = 0`));
        if (bytes < 8) continue;
        all.set(`${map} store 1@${off}`, program('f', 'tc', `${lookup(map)}${at} = 1`));
        all.set(`${map} store null@${off}`, program('f', 'tc', `${lookup(map)}r1 = 0\n${at} = r1`));
        all.set(`${map} store fp@${off}`, program('f', 'tc', `${lookup(map)}${at} = r10`));
        all.set(`${map} add@${off}`, program('f', 'tc', `${lookup(map)}r1 = 7\nlock ${at} += r1`));
      }
    }
    for (const mask of [3, 8, 24]) {
      const body = `r6 = *(u32 *)(r1 + 0)\nr6 &= ${mask}\n${lookup(map)}r0 += r6\n`;
      for (const off of [0, 8])
        all.set(`${map} variable ${mask}+${off}`, program('f', 'tc', `${body}r1 = *(u64 *)(r0 + ${off})`));
    }
    for (const off of [0, 4, 8, 24]) {
      const body = `r6 = r1\n${lookup(map)}r3 = r0\nr3 += ${off}\nr1 = r6\nr2 = 0\nr4 = 4\ncall bpf_skb_load_bytes`;
      all.set(`${map} helper@${off}`, program('f', 'tc', body));
    }
  }
}

const LOCKS: Readonly<Record<string, string>> = {
  'lock and unlock': `${held}*(u64 *)(r6 + 8) = 1\nr1 = r6\n${UNLOCK}`,
  'unlock missing': held,
  'lock twice': `${held}r1 = r6\n${LOCK}`,
  'unlock without lock': `${lookup('cells')}r1 = r0\n${UNLOCK}`,
  'unlock another element': `${lookup('cells')}r6 = r0\n${lookup('cells')}r7 = r0\nr1 = r6\n${LOCK}\nr1 = r7\n${UNLOCK}`,
  'unlock another map': `${lookup('cells')}r6 = r0\n${lookup('hcells')}r7 = r0\nr1 = r6\n${LOCK}\nr1 = r7\n${UNLOCK}`,
  'lock elsewhere': `${lookup('cells')}r1 = r0\nr1 += 8\n${LOCK}`,
  'lock at a variable offset': `r6 = *(u32 *)(r1 + 0)\nr6 &= 4\n${lookup('cells')}r1 = r0\nr1 += r6\n${LOCK}`,
  'no lock in the value': `${lookup('alarms')}r1 = r0\n${LOCK}`,
  'map without BTF fields': `${lookup('plain')}r1 = r0\n${LOCK}`,
  'call under a lock': `${held}call bpf_ktime_get_ns\nr1 = r6\n${UNLOCK}`,
  'lock in one branch': `r7 = *(u32 *)(r1 + 0)\n${lookup('cells')}r6 = r0\nif r7 > 5 goto skip\nr1 = r6\n${LOCK}\nskip:\nr1 = r6\n${UNLOCK}`,
  'lock in a loop': `r7 = 0\n${lookup('cells')}r6 = r0\nl:\nr1 = r6\n${LOCK}\nr1 = r6\n${UNLOCK}\nr7 += 1\nif r7 < 3 goto l`,
  'packet load under a lock': `r9 = r1\n${held}r8 = r6\nr6 = r9\nr0 = *(u8 *)skb[0]\nr1 = r8\n${UNLOCK}`,
};

const xchg = (off: number): string =>
  `${lookup('holders')}r6 = r0\nr1 = r0\nr1 += ${off}\nr2 = 0\ncall bpf_kptr_xchg\n`;
const KPTRS: Readonly<Record<string, string>> = {
  'kptr taken': `${xchg(8)}`,
  'kptr taken and put back': `${xchg(8)}if r0 == 0 goto out\nr1 = r6\nr1 += 8\nr2 = r0\ncall bpf_kptr_xchg\nif r0 == 0 goto out`,
  'unreferenced kptr': xchg(16),
  'no kptr there': xchg(0),
  'task stored': `call bpf_get_current_task_btf\nr7 = r0\n${lookup('holders')}*(u64 *)(r0 + 16) = r7`,
  'task stored into a referenced kptr': `call bpf_get_current_task_btf\nr7 = r0\n${lookup('holders')}*(u64 *)(r0 + 8) = r7`,
  'context stored': `r7 = r1\n${lookup('holders')}*(u64 *)(r0 + 16) = r7`,
  'kptr loaded and used': `${lookup('holders')}r1 = *(u64 *)(r0 + 8)\nif r1 == 0 goto out\nr2 = *(u32 *)(r1 + 32)`,
  'kptr loaded, not checked': `${lookup('holders')}r1 = *(u64 *)(r0 + 16)\nr2 = *(u32 *)(r1 + 32)`,
  'given away and used': `${xchg(8)}if r0 == 0 goto out\nr7 = r0\nr1 = r6\nr1 += 8\nr2 = r0\ncall bpf_kptr_xchg\nr1 = *(u32 *)(r7 + 32)`,
};

const init = (map: string, off: number): string => `r1 = r0\nr1 += ${off}\nr2 = ${map} ll\nr3 = 1\ncall bpf_timer_init`;
const TICK = '.func tick(u64 *map, u32 *key, struct alarm *v) -> int static\n';
const CALLBACKS: Readonly<Record<string, string>> = {
  'returns 0': 'r0 = 0\nexit\n',
  'returns 1': 'r0 = 1\nexit\n',
  'reads its value': 'r1 = *(u64 *)(r3 + 24)\nr0 = 0\nexit\n',
  'reads its timer': 'r1 = *(u64 *)(r3 + 8)\nr0 = 0\nexit\n',
  'writes its key': '*(u32 *)(r2 + 0) = 1\nr0 = 0\nexit\n',
  'starts itself': 'r1 = r3\nr1 += 8\nr2 = 1000\nr3 = 0\ncall bpf_timer_start\nr0 = 0\nexit\n',
};

/** All requests, by name. */
export function fieldRequests(): Requests {
  const all: Requests = new Map();
  accesses(all);
  for (const [name, body] of Object.entries({ ...LOCKS, ...KPTRS })) all.set(name, program('f', 'tc', body));
  for (const section of ['socket', 'kprobe', 'tracepoint', 'xdp']) {
    all.set(`lock in ${section}`, program('f', section, `${held}r1 = r6\n${UNLOCK}`));
    all.set(`timer in ${section}`, program('f', section, `${lookup('alarms')}${init('alarms', 8)}`));
  }
  all.set('timer of another map', program('f', 'tc', `${lookup('alarms')}${init('others', 8)}`));
  all.set('timer elsewhere', program('f', 'tc', `${lookup('alarms')}${init('alarms', 0)}`));
  all.set('timer in cells', program('f', 'tc', `${lookup('cells')}${init('cells', 0)}`));
  const set = `${lookup('alarms')}r1 = r0\nr1 += 8\nr2 = tick ll\ncall bpf_timer_set_callback`;
  for (const [name, body] of Object.entries(CALLBACKS))
    all.set(`callback ${name}`, program('f', 'tc', set, TICK + body));
  const leave = '.func leave(u64 *v) -> int static\n';
  all.set(
    'static call under a lock',
    program('f', 'tc', `${held}r1 = r6\ncall leave\nr1 = r6\n${UNLOCK}`, `${leave}r0 = 1\nexit\n`),
  );
  all.set(
    'unlock in a subprogram',
    program('f', 'tc', `${held}r1 = r6\ncall leave`, `${leave}${UNLOCK}\nr0 = 1\nexit\n`),
  );
  return all;
}
