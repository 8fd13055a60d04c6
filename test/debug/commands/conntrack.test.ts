/** A TCP handshake through the node's datapath, in the debugger: who wrote an entry's lifetime, and what the verifier knew. */
import { describe, expect, test } from 'vitest';
import { Shell } from '../../../src/debug/commands/shell.ts';
import { Knowing } from '../../../src/debug/session/knowing.ts';
import { nodeSession } from '../session/make.ts';

const ENTRY =
  'cilium_ct4_global[{daddr: 10.0.1.10, saddr: 10.0.2.30, dport: 8080, sport: 40000, nexthdr: 6, flags: 0}]';

function open(): (line: string) => string[] {
  const session = nodeSession();
  const shell = new Shell(session, { knowing: new Knowing(session) });
  return (line) => [...shell.run(line).lines];
}

describe('the conntrack programs over a handshake', () => {
  test('a data breakpoint on the lifetime, backwards to the insn that wrote it, and the verifier beside', () => {
    const say = open();
    // SYN: the entry is made.
    expect(say(`watch ${ENTRY}.lifetime`)).toEqual([`Watchpoint 1: watch ${ENTRY}.lifetime`]);
    const made = say('continue');
    expect(made[0]).toBe(`Watchpoint 1 (watch ${ENTRY}.lifetime): absent -> 1060`);
    expect(made[2]).toContain('if r0 != 0x0 goto pc+56 <failed>');
    // SYN-ACK and ACK: the connection is there, 6 hours to live.
    expect(say('delete 1')).toEqual([]);
    say('packet 4');
    expect(say('info results').map((line) => line.replace(/ after.*/, ''))).toEqual([
      'packet 1: tc_main ended with TC_ACT_OK',
      'packet 2: xdp_main ended with XDP_PASS',
      'packet 2, program 2: tc_main ended with TC_ACT_REDIRECT',
      'packet 3: tc_main ended with TC_ACT_OK',
    ]);
    expect(say(`print ${ENTRY}.lifetime`)).toEqual(['22600']);
    say(`watch ${ENTRY}.lifetime`);
    const written = say('reverse-continue');
    expect(written[0]).toBe(`Watchpoint 2 (watch ${ENTRY}.lifetime): 1060 -> 22600`);
    expect(written[1]).toMatch(/^packet 3, tick \d+: __ct_update_timeout\+7 at programs\/conntrack\/timeout\.bpf:40$/);
    expect(written[2]).toBe('=>  596: *(u32 *)(r6 +32) = r7               | *(u32 *)(r6 + ct_entry.lifetime) = r7');
    expect(say('p r7')).toEqual(['22600']);
    const known = say('verifier r6 r7 r8');
    expect(known[0]).toMatch(/^(followed: node \d+|pruned into state \d+)$/);
    expect(known.find((line) => line.startsWith('R6'))).toMatch(/map_value\(map=cilium_ct4_glob,ks=14,vs=56\)/);
    expect(known.find((line) => line.startsWith('R7'))).toMatch(/22600 +scalar\(/);
    expect(say('verdict')[0]).toMatch(/: accepted, \d+ insns processed$/);
    // And forwards again: the same moments.
    expect(say('rc')[0]).toBe(`Watchpoint 2 (watch ${ENTRY}.lifetime): 1060 -> 1060`);
    expect(say('rc')[0]).toBe(`Watchpoint 2 (watch ${ENTRY}.lifetime): absent -> 1060`);
    expect(say('rc')[0]).toBe('This is the beginning.');
    say('c');
    say('c');
    expect(say('c')[0]).toBe(`Watchpoint 2 (watch ${ENTRY}.lifetime): 1060 -> 22600`);
  });

  test('questions about the past leave the session where it is', () => {
    const say = open();
    say('packet 4');
    const here = say('where');
    const who = say(`who ${ENTRY}.lifetime`);
    expect(who[0]).toMatch(/^tick \d+: __ct_update_timeout\+7 at .*timeout\.bpf:40: 1060 -> 22600$/);
    expect(say('when cilium_ct4_global[1] == 5').join()).toMatch(/key of cilium_ct4_global/);
    expect(say(`when ${ENTRY}.tx_packets == 2`)[0]).toMatch(/became true$/);
    expect(say(`when ${ENTRY}.tx_packets == 7`)).toEqual(['It did not become true before now.']);
    expect(say('where')).toEqual(here);
  });
});
