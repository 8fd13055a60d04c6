/** gdb's words over the exploration: text in and text out. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VERIFIER_COMMANDS } from '../../../src/debug/verifier/commands.ts';
import { verifierPanes } from '../../../src/debug/verifier/panes.ts';
import { VerifierShell } from '../../../src/debug/verifier/shell.ts';
import { CALLS, LOOP, PRUNED, script, sessionOf } from './make.ts';

describe('the words over the exploration', () => {
  it('go to the rejection and along its cause', () => {
    expect(script(sessionOf(LOOP), 'rejection', 'cause', 'goto 1', 'info stats').slice(0, 24)).toEqual([
      '(verifier) rejection',
      'node 52 of 52, path 1..52: insn 7 (out at prog.bpf:13)',
      '=>    7: r0 = *(u32 *)(r6 +4096)',
      'The state is remembered here, to be compared with later ones.',
      "The program is rejected here ('cause' says why).",
      '(verifier) cause',
      'BPF-E030: The context has no field at offset 4096 that a program of this type may read with 4 bytes.',
      '  invalid bpf_context access off=4096 size=4',
      'node  insn',
      '   1     0: r6 = r1                                R1 is copied to R6: ctx()',
      '  42     5: if r8 == 0x37 goto pc+1                the jump is not taken',
      '  43     6: if r7 < 0xc goto pc-4                  the jump is taken',
      '  46     5: if r8 == 0x37 goto pc+1                the jump is not taken',
      '  47     6: if r7 < 0xc goto pc-4                  the jump is taken',
      '  50     5: if r8 == 0x37 goto pc+1                the jump is not taken',
      '  51     6: if r7 < 0xc goto pc-4                  the jump is not taken',
      '  52  the insn that is refused',
      "'goto NODE' goes there; 'explain' says what can be done.",
      '(verifier) goto 1',
      'node 1 of 52, path 1..52: insn 0 (main at prog.bpf:4)',
      '=>    0: r6 = r1',
      '(verifier) info stats',
      'prog.bpf: REJECTED (errno 13) after 52 insns on 1 path',
      '  insns 52',
    ]);
  });

  it('show the rounds of a loop side by side', () => {
    const lines = script(sessionOf(LOOP), 'goto 17', 'visits loop');
    expect(lines.slice(3)).toEqual([
      '(verifier) visits loop',
      'insn 3 (loop at prog.bpf:8): visits 1 to 4 of 4 on the way here',
      '    node 4                      node 8                      node 12                     node 16',
      'R1   ctx()                       ctx()                       ctx()                       ctx()',
      'R6   ctx()                       ctx()                       ctx()                       ctx()',
      'R7   0                          *1                          *2                          *3',
      'R8   scalar(smin=0,smax=umax=…  *scalar(smin=umin=1,smax=…  *scalar(smin=umin=3,smax=…  *scalar(smin=umin=6,smax=…',
    ]);
  });

  it('say why a path was pruned, and show the tree', () => {
    const lines = script(sessionOf(PRUNED), 'prune', 'why', 'tree');
    const from = lines.indexOf('(verifier) why');
    expect(lines[from + 1]).toMatch(
      /^At insn \d+ \(twice at .*\) the path ends, because the state remembered at node \d+ covers it:$/,
    );
    expect(lines.join('\n')).toMatch(
      /nobody reads it later: not compared:\n( {4}.*\n)* {4}frame 0 R8 +scalar\(.*\) +old: 5/,
    );
    const tree = lines.slice(lines.indexOf('(verifier) tree') + 1);
    expect(tree).toHaveLength(2);
    expect(tree[0]).toMatch(/^\* \[1\.\.\d+\] main, insn 0: \d+ insns, exit at insn \d+$/);
    expect(tree[1]).toMatch(
      /^> {3}\[\d+(\.\.\d+)?\] 4 insn 3 if r7 == 0x4 goto pc\+2 -> insn 6: \d+ insns?, pruned into state \d+ at insn \d+$/,
    );
  });

  it('say what differs from the state that was remembered before', () => {
    const session = sessionOf(LOOP);
    const { graph } = session;
    const nodes = [...Array(graph.count).keys()].map((n) => n + 1);
    const kept = nodes.filter((n) => graph.remembers(n));
    const last = nodes.findLast((n) => kept.some((o) => o < n && graph.slot(o) === graph.slot(n)))!;
    const lines = script(session, `goto ${last}`, 'why');
    const from = lines.indexOf('(verifier) why');
    expect(lines[from + 1]).toMatch(
      /^The path is not pruned at insn \d+ .* node \d+ was remembered here; of it differ:$/,
    );
    expect(lines[from + 2]).toMatch(/^ {4}R7 +\d+ +old: \d+$/);
    expect(script(session, 'goto 1', 'why').at(-2)).toBe('error: the path is not pruned at node 1');
  });

  it('count what places cost', () => {
    const session = sessionOf(LOOP);
    const lines = script(session, 'hot', 'hot function');
    expect(lines[1]).toMatch(/^insns {2}share {2}pruned {2}place/);
    expect(lines[2]).toBe('   12  23.1%       0  prog.bpf:8   r7 += 1');
    expect(lines).toContain('52 insns in all, 0.0% of the 1000000 that a program may cost');
    expect(lines.find((line) => line.endsWith('  main'))).toMatch(/^ +52 +100.0% /);
  });

  it("print states and lines of the kernel's log", () => {
    const lines = script(sessionOf(LOOP), 'goto 5', 'state', 'info registers', 'log');
    expect(lines.slice(lines.indexOf('(verifier) state') + 1)).toEqual([
      '4: R1=ctx() R6_w=ctx() R7_w=1 R8_w=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff)) R10=fp0',
      '(verifier) info registers',
      '  R1     ctx()',
      '  R6     ctx()',
      '* R7     1   was 0',
      '  R8     scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))',
      '  R10    fp0',
      '(verifier) log',
      '4: (0f) r8 += r7                      ; R7_w=1 R8_w=scalar(smin=umin=1,smax=umax=0x100000000,var_off=(0x0; 0x1ffffffff))',
    ]);
  });

  it('name frames and callbacks', () => {
    const session = sessionOf(CALLS);
    const inside = [...Array(session.graph.count).keys()].find((n) => session.graph.depth(n + 1) === 1)! + 1;
    const lines = script(session, `goto ${inside}`, 'info frames');
    expect(lines[1]).toMatch(/frame 1 \(callback\)$/);
    expect(lines.at(-2)).toMatch(/^#1 {2}insn \d+ \(count at prog\.bpf:\d+\), callback$/);
    expect(lines.at(-1)).toMatch(/^#0 {2}insn \d+ \(main\+\d+ at prog\.bpf:\d+\)$/);
  });

  it('answer anything that is typed, and go on', () => {
    const session = sessionOf(CALLS);
    const shell = new VerifierShell(session);
    const words = VERIFIER_COMMANDS.flatMap((row) => row.names).filter((name) => !['quit', 'q', 'exit'].includes(name));
    const args = [
      '',
      '1',
      '0',
      '99999999999',
      '-1',
      'main',
      '*3',
      'prog.bpf:9',
      'x'.repeat(300),
      'registers',
      'all',
      '\u0000',
      '((',
    ];
    fc.assert(
      fc.property(
        fc.oneof(
          fc.tuple(fc.constantFrom(...words), fc.constantFrom(...args)).map(([word, arg]) => `${word} ${arg}`),
          fc.string({ maxLength: 30 }),
        ),
        (line) => {
          const reply = shell.run(line);
          expect(reply.lines.every((text) => typeof text === 'string' && !text.includes('\n'))).toBe(true);
          expect(session.graph.has(session.node)).toBe(true);
          shell.complete(line);
          for (const pane of verifierPanes(session)) {
            const { count, line: at } = pane.content(10);
            for (let i = 0; i < Math.min(count, 10); i++)
              expect(at(i).every((s) => typeof s.text === 'string')).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
    expect(shell.run('y'.repeat(5000)).failed).toBe(true);
    expect(shell.run('nonsense')).toMatchObject({ failed: true });
    expect(shell.run('q')).toMatchObject({ quit: true });
  });

  it('repeat the last step at an empty line, and complete words', () => {
    const shell = new VerifierShell(sessionOf(LOOP));
    shell.run('s 3');
    shell.run('');
    expect(shell.session.node).toBe(7);
    expect(shell.complete('re')).toContain('reverse-step');
    expect(shell.complete('break lo')).toEqual(['loop']);
  });

  it('are the panes of a screen', () => {
    const session = sessionOf(PRUNED);
    const [code, state, tree, log] = verifierPanes(session);
    const texts = (pane: typeof code): string[] => {
      const content = pane!.content(20);
      return [...Array(content.count).keys()].map((i) =>
        content
          .line(i)
          .map((s) => s.text)
          .join(''),
      );
    };
    expect(texts(code)[1]).toMatch(/^ {2}1 +=> {4}0: r6 = r1/);
    expect(texts(state)[0]).toBe('  R1     ctx()');
    expect(texts(tree)).toHaveLength(session.graph.pathCount);
    expect(texts(log).join()).toMatch(/0: \(bf\) r6 = r1/);
    expect(code!.enter!(1)).toBe('until *0');
    const shell = new VerifierShell(session);
    shell.run(tree!.enter!(1)!);
    expect(session.node).toBe(session.graph.path(1).first);
    expect(tree!.content(20).here).toBe(1);
  });
});
