/** Scenario files on disk: problems have lines; recorded expectations go back into the text and nothing else changes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Failure } from '../../src/cli/failure.ts';
import type { Io } from '../../src/cli/io.ts';
import { readScenarioFile, updateScenario } from '../../src/cli/scenarioFile.ts';
import { explainProblem } from '../../src/util/problem.ts';
import { fullText } from '../kernel/scenario/files.ts';

function read(text: string): string {
  const io = { readFile: () => new TextEncoder().encode(text), isDirectory: () => false } as unknown as Io;
  try {
    const { scenario } = readScenarioFile(io, 'a/pod.yaml');
    return scenario.name;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.problems.map((p) => explainProblem(p).split('\n')[0]).join('\n');
  }
}

describe('reading', () => {
  test('a file without a name has that of the file', () => {
    expect(read('bpflab: 1\n')).toBe('pod');
    expect(read(fullText)).toBe('Pod to service and back');
  });

  test.each([
    [
      'bpflab: 1\nsteps:\n  - advance: 1\n  - packet:\n      in: eth0\n      bytes: 7\n',
      'a/pod.yaml:6:14: error: a/pod.yaml: steps[1].packet.bytes: 7',
    ],
    ['bpflab: 1\nnode:\n  sysctls:\n    net.ipv4.nonsense: 1\n', 'a/pod.yaml:4:24: error: '],
    ['bpflab: 1\nnode:\n  setup:\n    - ip link add\n    - frobnicate\n', 'a/pod.yaml:4:7: error: '],
    ['bpflab: 1\nstps: []\n', "a/pod.yaml:2:7: error: a/pod.yaml: stps: there is no key 'stps' here"],
    ['bpflab: 1\nexpect:\n  sockets:\n    tcp:1.2.3.4:80: LISTEN\n', 'a/pod.yaml:4:21: error: '],
    ['bpflab: [1\n', 'a/pod.yaml:2:1: error: a/pod.yaml: not YAML'],
    ['bpflab: 1\nmaps: &a { m: [*a] }\n', 'error: a/pod.yaml: nested more than 64 deep'],
    [`bpflab: 1\nmaps: ${'['.repeat(20_000)}`, 'error: a/pod.yaml: not YAML: '],
    [
      `a: &a [x,x,x,x,x,x,x,x]\n${'bcdefghi'
        .split('')
        .map((c, i) => `${c}: &${c} [${`*${'abcdefghi'[i]},`.repeat(8)}]`)
        .join('\n')}\n`,
      'error: a/pod.yaml: not YAML: Excessive alias count',
    ],
  ])('%#', (text, said) => {
    expect(read(text)).toContain(said);
  });
});

const TEXT = `# A scenario.
bpflab: 1   # the format
steps:
  - advance:   30s
    expect: record # to be written
  - { advance: 1, expect: { verdicts: [A, B], drops:   [] } }  # in one line
  - advance: 2
    expect:
      # what comes
      verdicts:
        - A    # good
        - B
      path: |
        one
        two

      out:
      - dev: eth0   # outside
        ipv4.ttl: 1
      maps:
        ct: { count: 1, has: [{ key: 1 }] }
      result:   ok

  - advance: 3   # the end
expect: &end
  log: []
`;

describe('writing back', () => {
  test('only what differs is touched', () => {
    const { text, skipped } = updateScenario(TEXT, [
      { path: 'steps[0].expect', value: { verdicts: ['TC_ACT_OK'], received: { c: 'a\nb: #c' } } },
      { path: 'steps[1].expect', value: { verdicts: ['A', 'C: d'], drops: [] } },
      {
        path: 'steps[2].expect',
        value: {
          verdicts: ['A', 'B'],
          path: ['one', 'two'],
          out: [{ dev: 'eth0', 'ipv4.ttl': 2 }],
          maps: { ct: { count: 3, has: [{ key: 1 }] } },
          result: 'ECONNREFUSED',
        },
      },
      { path: 'expect', value: { log: ['x'] } },
      { path: 'steps[9].expect', value: {} },
    ]);
    expect(skipped).toEqual(['steps[9].expect']);
    expect(text).toMatchInlineSnapshot(`
      "# A scenario.
      bpflab: 1   # the format
      steps:
        - advance:   30s
          expect: # to be written
            verdicts:
              - TC_ACT_OK
            received:
              c: "a\\nb: #c"
        - { advance: 1, expect: { verdicts: [ A, "C: d" ], drops:   [] } }  # in one line
        - advance: 2
          expect:
            # what comes
            verdicts:
              - A    # good
              - B
            path: |
              one
              two

            out:
              - dev: eth0
                ipv4.ttl: 2
            maps:
              ct: { count: 3, has: [{ key: 1 }] }
            result: ECONNREFUSED

        - advance: 3   # the end
      expect: &end
        log:
          - x
      "
    `);
  });

  test('what is the same stays, byte for byte', () => {
    const { steps } = parse(TEXT) as { steps: { expect?: unknown }[] };
    const edits = steps.flatMap((s, i) => (i > 0 && s.expect ? [{ path: `steps[${i}].expect`, value: s.expect }] : []));
    expect(updateScenario(TEXT, edits)).toEqual({ text: TEXT, skipped: [] });
  });

  test('JSON stays JSON, CRLF stays CRLF', () => {
    const json = '{"bpflab": 1, "expect": "record"}';
    const value = { verdicts: ['A'] };
    expect(JSON.parse(updateScenario(json, [{ path: 'expect', value }]).text)).toEqual({ bpflab: 1, expect: value });
    const crlf = updateScenario('bpflab: 1\r\nexpect: record\r\n', [{ path: 'expect', value }]).text;
    expect(crlf).toBe('bpflab: 1\r\nexpect:\r\n  verdicts:\r\n    - A\r\n');
  });

  test('a long text keeps its line ends, in flow and in block', () => {
    const value = { received: { c1: 'HTTP/1.1 400 Bad Request\r\nServer: nginx/1.11.1\r\n\n  x\n' } };
    for (const old of ["{ received: { c1: '' } }", "\n  received:\n    c1: ''"]) {
      const { text } = updateScenario(`expect: ${old}\n`, [{ path: 'expect', value }]);
      expect(parse(text)).toEqual({ expect: value });
    }
  });

  test('any lines can be written, in any form, and are read again', () => {
    const lines = fc.array(fc.string({ unit: 'grapheme-ascii' }), { maxLength: 4 });
    const value = fc.record({
      verdicts: lines,
      log: lines,
      received: fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 }),
    });
    fc.assert(
      fc.property(value, fc.nat({ max: 3 }), (written, form) => {
        const old = [
          'expect: record # c',
          'expect: {verdicts: [a], log: [], received: {a: b}}',
          'expect:\n  verdicts: [a] # c\n  log:\n  - x\n  received: {}',
          '"expect" :\n    "verdicts" : |\n      a\n      b\n    log: [\n      ]\n    received:\n      a: b',
        ][form]!;
        const before = `bpflab: 1\nsteps:\n  - advance: 1 # s\n${old}\n# end\nname: n\n`;
        const { text, skipped } = updateScenario(before, [{ path: 'expect', value: written }]);
        expect(skipped).toEqual([]);
        expect(parse(text)).toEqual({ bpflab: 1, steps: [{ advance: 1 }], expect: written, name: 'n' });
        expect(text).toContain('# end\nname: n\n');
        expect(text).toContain('- advance: 1 # s\n');
        expect(updateScenario(text, [{ path: 'expect', value: written }]).text).toBe(text);
      }),
      { seed: 6, numRuns: 400 },
    );
  });
});
