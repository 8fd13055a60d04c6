import { describe, expect, test } from 'vitest';
import { bpflab, inTemp, NODE_RUN } from './harness.ts';

const NODE = NODE_RUN.slice(1);
const ENTRY =
  'cilium_ct4_global[{daddr: 10.0.1.10, saddr: 10.0.2.30, dport: 8080, sport: 40000, nexthdr: 6, flags: 0}]';
const LOOP = `.section "xdp"
main:
  r6 = 0
again:
  r6 += 1
  if r6 != 1000 goto again
  r0 = 2
  exit
`;

const lines = (text: string): string[] => text.trimEnd().split('\n');

describe('bpflab debug', () => {
  test('a script over a handshake: who wrote the lifetime, and what the verifier knew', async () => {
    const script = `# from the ACK back to the insn that made the entry live long
watch ${ENTRY}.lifetime
reverse-continue
backtrace
verifier r7
`;
    await inTemp({ 'handshake.cmds': script }, async (at) => {
      const { status, out, err } = await bpflab([
        'debug',
        ...NODE,
        '--nth',
        '4',
        '--batch',
        '-x',
        at('handshake.cmds'),
      ]);
      expect(err).toBe('');
      expect(status).toBe(0);
      const said = lines(out);
      expect(said[0]).toMatch(/^packet 4, tick \d+: tc_main at programs\/lb\/tc\.bpf:\d+$/);
      expect(said).toContain(`Watchpoint 1 (watch ${ENTRY}.lifetime): 1060 -> 22600`);
      expect(said).toContain('=>  596: *(u32 *)(r6 +32) = r7               | *(u32 *)(r6 + ct_entry.lifetime) = r7');
      expect(said.filter((line) => /^[> ]#\d/.test(line)).length).toBe(5);
      expect(said.at(-1)).toMatch(/^R7 +22600 +scalar\(/);
    });
  });

  test('a recording comes back to its moment, with breakpoints, displays and changes', async () => {
    await inTemp({ 'loop.bpf': LOOP }, async (at) => {
      const record = at('here.bpflab-replay');
      const commands = ['b again if r6 == 5', 'c', 'set r6 = 900', 'display r6', 'next'].flatMap((c) => ['-ex', c]);
      const first = await bpflab([
        'debug',
        at('loop.bpf'),
        '-P',
        '00'.repeat(64),
        '--batch',
        ...commands,
        '--record',
        record,
      ]);
      expect(first.err).toBe('');
      const again = await bpflab(['debug', record, '--batch', '-ex', 'info b', '-ex', 'rs', '-ex', 'rs', '-ex', 'c']);
      expect(again.err).toBe('');
      expect(lines(again.out).slice(0, 3)).toEqual(lines(first.out).slice(-3));
      expect(again.out).toContain('  1  again (if r6 == 5)');
      expect(again.out).toContain('1: r6 = 900');
    });
  });

  test('a recording that cannot be written is told; insns, chosen registers, and what asks while nothing runs', async () => {
    await inTemp({ 'loop.bpf': LOOP }, async (at) => {
      const stdin = `record ${at('nowhere/x')}\nx/1i pc\ninfo registers r10\ninfo\nup\nc\nlist\nbt\n`;
      const { status, out } = await bpflab(['debug', at('loop.bpf'), '-P', '00'.repeat(64)], { stdin });
      expect(status).toBe(0);
      expect(out).toContain('cannot be written (the directory does not exist)');
      expect(out).toMatch(/\n=> {5}0: .+\n R10 0x[0-9a-f]+ +fp\nerror: what to tell is missing\n/);
      expect(out).toContain('error: this is the outermost frame\n');
      expect(out.split('error: nothing runs now\n').length).toBe(3);
      const short = await bpflab(['debug', at('loop.bpf'), '-P', '00'], { stdin: 's\n' });
      expect(short.out).toContain('refused before its first insn (1 of the 14 bytes of an Ethernet header are there)');
    });
  });

  test('commands from standard input; what is wrong is told, and the session lives on', async () => {
    await inTemp({ 'loop.bpf': LOOP }, async (at) => {
      const stdin = 'brek main\nb nowhere\nb again if nosuch == 1\nwatch r6\nc\nquit\nc\n';
      const { status, out } = await bpflab(['debug', at('loop.bpf'), '-P', '00'.repeat(64)], { stdin });
      expect(status).toBe(0);
      expect(out).toContain("error: there is no command 'brek'\n  help: did you mean 'break'?\n");
      expect(out).toContain("error: there is no 'nowhere'\n");
      expect(out).toContain("error: unknown name 'nosuch'\n");
      expect(out.split('Watchpoint 1 (watch r6): 0 -> 0').length).toBe(2);
    });
  });

  test('a batch ends at the first command that fails', async () => {
    await inTemp({ 'loop.bpf': LOOP }, async (at) => {
      const run = await bpflab(['debug', at('loop.bpf'), '-P', '00'.repeat(64), '-b', '-ex', 'goto x', '-ex', 'c']);
      expect(run.status).toBe(1);
      expect(lines(run.out).slice(-2)).toEqual(["error: 'x' is no whole number", '  help: usage: goto TICK']);
    });
  });

  test('answers as JSON, one line each', async () => {
    await inTemp({ 'loop.bpf': LOOP }, async (at) => {
      const args = [
        'debug',
        at('loop.bpf'),
        '-P',
        '00'.repeat(64),
        '--json',
        '-b',
        '-ex',
        'next',
        '-ex',
        'p r6',
        '-ex',
        'nope',
      ];
      const { status, out } = await bpflab(args);
      const said = lines(out).map((line) => JSON.parse(line) as { command: string; ok: boolean; lines: string[] });
      expect(status).toBe(1);
      expect(said.map((s) => [s.command, s.ok])).toEqual([
        ['', true],
        ['next', true],
        ['p r6', true],
        ['nope', false],
      ]);
      expect(said[2]?.lines).toEqual(['0']);
    });
  });

  test('log points are told in order, whatever the format', async () => {
    await inTemp({ 'loop.bpf': LOOP.replace('1000', '200000') }, async (at) => {
      const log = 'log again, r6 is {r6}';
      const args = [
        'debug',
        at('loop.bpf'),
        '-P',
        '00'.repeat(64),
        '-b',
        '-ex',
        log,
        '-ex',
        'condition 1 r6 % 50000 == 0',
        '-ex',
        'c',
      ];
      const plain = lines((await bpflab(args)).out).filter((line) => line.startsWith('r6 is'));
      expect(plain.map((line) => Number(line.split(' ')[2]))).toEqual([0, 50000, 100000, 150000]);
      const json = lines((await bpflab([...args, '--json'])).out).map(
        (line) => JSON.parse(line) as { lines: string[] },
      );
      expect(json.at(-1)?.lines.slice(0, 4)).toEqual(plain);
    });
  });

  test('Ctrl-C ends a long command, not the session', async () => {
    const endless = '.section "xdp"\nmain:\n  r0 = 0\nagain:\n  r0 += 1\n  goto again\n';
    await inTemp({ 'endless.bpf': endless }, async (at) => {
      const commands = ['-ex', 'c', '-ex', 'p r0 > 10', '-ex', 'rsi 2', '-ex', 'p depth'];
      const run = await bpflab(['debug', at('endless.bpf'), '-P', '00'.repeat(64), '-b', ...commands], {
        stopAfter: 3,
      });
      expect(run.status).toBe(0);
      expect(run.out).toContain('Paused.');
      expect(lines(run.out).filter((line) => line === '1').length).toBe(1);
    });
  });

  test('the verifier stepped through: straight to the rejection and back along its cause', async () => {
    const file = 'programs/rejections/map-value-or-null.bpf';
    const commands = ['rejection', 'cause', 'reverse-step', 'info registers', 'tree'].flatMap((c) => ['-ex', c]);
    const { status, out } = await bpflab(['debug', '--verifier', file, '--batch', ...commands]);
    expect(status).toBe(0);
    expect(out).toContain('BPF-E001: R0 may be NULL here');
    expect(out).toContain('node 6 of 7, path 1..7: insn 6');
    expect(out).toContain('R0     map_value_or_null(id=1,map=counts,ks=4,vs=8)');
    expect(out).toContain('> [1..7] xdp, insn 0: 7 insns, REJECTED at insn 7');
  });

  test('bad recordings, packets and numbers are refused in words', async () => {
    await inTemp(
      {
        'bad.bpflab-replay': '{"bpflab-replay": 1, "tick": -5}',
        'old.bpflab-replay': '{"bpflab-replay": 9}',
        'loop.bpf': LOOP,
      },
      async (at) => {
        const bad = await bpflab(['debug', at('bad.bpflab-replay'), '--batch']);
        expect(bad.status).toBe(2);
        expect(bad.err).toMatch(/bad\.bpflab-replay: .*\$/);
        const old = await bpflab(['debug', at('old.bpflab-replay'), '--batch']);
        expect(old.err).toMatch(/old\.bpflab-replay: .*version 9/);
        const none = await bpflab(['debug', at('loop.bpf'), '--batch']);
        expect(none.status).toBe(2);
        const far = await bpflab(['debug', at('loop.bpf'), '-P', '00'.repeat(64), '--nth', '7', '--batch']);
        expect(far.status).toBe(2);
        expect(far.err).toContain('there is no packet 7');
      },
    );
  });
});
