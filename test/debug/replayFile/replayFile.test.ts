import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fnv1a } from '../../../src/debug/replayFile/digest.ts';
import { isReplay, type ReplayData, readReplay, writeReplay } from '../../../src/debug/replayFile/replayFile.ts';
import { recordSession, resumeSession } from '../../../src/debug/replayFile/resume.ts';
import type { Session } from '../../../src/debug/session/session.ts';
import { type Problem, problemText } from '../../../src/util/problem.ts';
import { demoSession } from '../expr/make.ts';
import { need, sessionOf } from '../session/make.ts';

/** Parsed JSON, for changing it. */
interface Tree {
  [key: string]: Tree;
}

const text = fc.string({ maxLength: 12 });
const u32 = fc.nat();
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const blob = fc.uint8Array({ maxLength: 20 });
const hex = fc.uint8Array({ maxLength: 16 }).map((b) => Buffer.from(b).toString('hex'));
const some = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 });
const json = fc.json({ maxDepth: 4 }).map((s) => JSON.parse(s) as unknown);
const dict = <T>(value: fc.Arbitrary<T>) => fc.dictionary(text, value, { maxKeys: 3 }).map((d) => ({ ...d }));

/** A record of which every part but those of `needed` may be missing. */
const record = <T, K extends keyof T>(model: { [P in keyof T]: fc.Arbitrary<T[P]> }, needed: readonly K[]) =>
  fc.record(model, { requiredKeys: needed as unknown as [] }).map((r) => ({ ...r }));

const prog = {
  name: text,
  insns: fc.oneof(hex, some(hex)),
  prog_type: fc.oneof(text, u32),
  license: text,
  map_relocs: some(fc.tuple(u32, u32)),
  btf: hex,
};
const nested = record(
  {
    ...prog,
    btf_relocs: some(
      record({ insn: u32, name: text, kind: fc.constantFrom('func', 'var', 12) }, ['insn', 'name', 'kind']),
    ),
  },
  [],
);
const update = record({ key: hex, value: hex, value_prog: nested, flags: fc.maxSafeInteger() }, ['key']);
const map = record(
  {
    name: text,
    type: fc.oneof(text, u32),
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    freeze: fc.boolean(),
    updates: some(update),
  },
  ['type', 'key_size', 'value_size', 'max_entries'],
);
const listen = record(
  {
    proto: fc.constantFrom('tcp', 'udp'),
    addr: text,
    port: fc.nat(65535),
    remote: fc.record({ addr: text, port: fc.nat(65535) }),
    fields: dict(fc.integer()),
  },
  ['proto', 'addr', 'port'],
);
const request = record(
  {
    ...prog,
    maps: some(map),
    progs: some(record({ ...prog, attach_prog: nested }, [])),
    setup: some(text),
    listen: some(listen),
    test_run: fc.oneof(record({ data: hex, repeat: u32 }, []), some(record({ ctx: hex }, []))),
  },
  [],
);
const position = fc.option(
  record(
    {
      pos: record({ file: text, line: fc.nat(1000), col: fc.nat(1000), length: fc.integer({ min: 1, max: 99 }) }, [
        'file',
        'line',
        'col',
      ]),
      text,
    },
    ['pos'],
  ),
  { nil: undefined },
);
const symbol = fc.record({ name: text, slot: fc.nat(1000) });
const program = fc.record({ name: text, functions: some(symbol), labels: some(symbol), positions: some(position) });
const ctxValue = fc.oneof(
  fc.maxSafeInteger().map((n) => n + 0),
  text,
  u64,
);
const input = record(
  {
    name: text,
    request,
    files: fc.record({ programs: some(program), texts: dict(text) }),
    packets: some(
      record({ bytes: blob, timeNs: u64, progs: some(text), run: record({ ctx: blob, repeat: u32, cpu: u32 }, []) }, [
        'bytes',
      ]),
    ),
    progs: some(text),
    ctx: fc.oneof(blob, dict(fc.oneof(ctxValue, some(ctxValue)))),
    repeat: u32,
    time: fc.constantFrom('capture', 'fixed'),
    insnLimit: u32,
    seed: fc.maxSafeInteger().map((n) => n + 0),
    cpus: fc.integer({ min: 1, max: 64 }),
    clockNs: u64,
    node: json,
    maps: some(fc.record({ file: text, content: json, map: text })),
  },
  ['name', 'request', 'files', 'packets', 'progs'],
);
const edit = fc.oneof(
  fc.record({ kind: fc.constant('register'), depth: fc.nat(7), reg: fc.nat(10), value: u64 }),
  fc.record({ kind: fc.constant('memory'), address: u32, bytes: blob }),
  fc.record({ kind: fc.constant('ctx'), address: u32, size: fc.constantFrom(1, 2, 4, 8), value: u64 }),
  fc.record({ kind: fc.constant('map-update'), map: text, key: blob, value: blob }),
  fc.record({ kind: fc.constant('map-delete'), map: text, key: blob }),
);
const place = fc.oneof(
  fc.record({ kind: fc.constant('insn'), at: some(fc.record({ prog: u32, slot: fc.nat(1000) })), text }),
  fc.record({ kind: fc.constant('call'), name: text }),
  record({ kind: fc.constant('tail-call'), to: text }, ['kind']),
  record({ kind: fc.constant('map'), op: fc.constantFrom('update', 'delete', 'any'), map: text, key: blob }, [
    'kind',
    'op',
    'map',
  ]),
  fc.record({ kind: fc.constant('watch'), expr: text }),
  fc.record({ kind: fc.constant('fault') }).map((r) => ({ ...r })),
  record({ kind: fc.constant('verdict'), name: text }, ['kind']),
  record({ kind: fc.constant('packet'), number: u32 }, ['kind']),
);
const replay = fc.record({
  bpflab: text,
  kernel: fc.constantFrom('6.12', '6.1'),
  input,
  edits: some(fc.record({ tick: u32, edit })),
  breakpoints: some(
    record({ place, condition: text, hits: text, log: text, temporary: fc.boolean(), enabled: fc.boolean() }, [
      'place',
      'enabled',
    ]),
  ),
  displays: some(text),
  tick: u32,
  digest: u64.map((v) => v.toString(16).padStart(16, '0')),
}) as unknown as fc.Arbitrary<ReplayData>;

const SMALL = `.map counts, type=hash, key=u32, value=u64, max_entries=8
.section "xdp"
main:
  r6 = 0
  r7 = 30
again:
  r6 += r7
  r7 += -1
  if r7 != 0 goto again
  *(u32 *)(r10 - 4) = 7
  *(u64 *)(r10 - 16) = r6
  r1 = counts ll
  r2 = r10
  r2 += -4
  r3 = r10
  r3 += -16
  r4 = 0
  call bpf_map_update_elem
  r0 = XDP_PASS
  exit
`;

/** A session that is somewhere, with a change, breakpoints and displays. */
function standing(): Session {
  const s = sessionOf(SMALL, {
    packets: [1, 2, 3].map((i) => ({ bytes: new Uint8Array(60).fill(i), timeNs: BigInt(i) * 10n ** 9n })),
  });
  need(s.breakpoints.add({ place: need(s.place('call bpf_map_update_elem')), condition: 'r6 > 3' }));
  const off = need(s.breakpoints.add({ place: { kind: 'watch', expr: 'counts[7]' }, hits: '>= 2', log: 'now {r6}' }));
  s.breakpoints.enable(off.number, false);
  s.go({ kind: 'goto', tick: 70 });
  need(s.edit({ kind: 'register', depth: 0, reg: 6, value: 1000n }));
  s.go({ kind: 'goto', tick: 90 });
  need(s.edit({ kind: 'map-update', map: 'counts', key: Uint8Array.of(9, 0, 0, 0), value: new Uint8Array(8).fill(1) }));
  return s;
}

const stack = (s: Session) => s.frames().map(({ func, ...frame }) => ({ ...frame, func: func.name }));

function resumed(data: ReplayData): { session: Session; problems: readonly Problem[] } {
  const { session, advance } = need(resumeSession(data));
  for (;;) {
    const problems = advance();
    if (problems) return { session, problems };
  }
}

const wrong = (file: string): string[] => {
  const read = readReplay(file);
  return read.ok ? [] : read.problems.map(problemText);
};

describe('recordings', () => {
  test('what is written reads as itself', () => {
    fc.assert(
      fc.property(replay, (data) => {
        expect(need(readReplay(writeReplay(data)))).toEqual(data);
      }),
      { numRuns: 300 },
    );
  });

  test('a session comes back where it stood, with its changes, breakpoints and future', () => {
    const s = standing();
    const file = writeReplay(recordSession(s, '1.2.3', ['r6']));
    expect(isReplay(file)).toBe(true);
    const data = need(readReplay(file));
    expect(data).toMatchObject({ bpflab: '1.2.3', kernel: '6.12', displays: ['r6'], tick: 90 });
    const { session, problems } = resumed(data);
    expect(problems).toEqual([]);
    expect(session.tick).toBe(90);
    expect(stack(session)).toEqual(stack(s));
    expect(session.breakpoints.list.map(({ number: _n, ...b }) => b)).toEqual(
      s.breakpoints.list.map(({ number: _n, ...b }) => b),
    );
    const end = (one: Session) => {
      while (!one.over) one.go({ kind: 'continue' });
      const { arena } = one.kernel;
      return {
        ticks: one.tick,
        results: one.results().map((r) => [r.verdict, r.insns]),
        memory: arena.bytes(0, arena.size),
      };
    };
    const [a, b] = [end(s), end(session)];
    expect([b.ticks, b.results]).toEqual([a.ticks, a.results]);
    expect(Buffer.compare(a.memory, b.memory)).toBe(0);
    expect(writeReplay(recordSession(resumed(data).session, '1.2.3', ['r6']))).toBe(file);
  });

  test('the whole demo, in the middle', () => {
    const s = demoSession();
    s.go({ kind: 'goto', tick: 12_345 });
    const file = writeReplay(recordSession(s, '1.2.3'));
    const { session, problems } = resumed(need(readReplay(file)));
    expect(problems).toEqual([]);
    expect(stack(session)).toEqual(stack(s));
    expect(session.symbols.files).toEqual(s.symbols.files);
  });

  test('any moment comes back, with changes made on the way', () => {
    const s = demoSession();
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 25_000 }), fc.nat(5), u64, (tick, reg, value) => {
        s.go({ kind: 'goto', tick });
        const running = s.view().machine !== undefined;
        if (running) need(s.edit({ kind: 'register', depth: s.view().depth, reg, value }));
        const { session, problems } = resumed(need(readReplay(writeReplay(recordSession(s, '1.2.3')))));
        expect(problems).toEqual([]);
        if (running) expect(session.view().machine!.register(reg)).toBe(value);
      }),
      { numRuns: 8 },
    );
  });

  test('what does not come out the same is told', () => {
    const data = recordSession(standing(), '1.2.3');
    const told = (other: Partial<ReplayData>) => resumed({ ...data, ...other }).problems.map(problemText);
    expect(told({ digest: '0123456789abcdef' })).toEqual([
      `the recording does not come out the same: at tick 90 registers and packet have the digest ${data.digest}, recorded is 0123456789abcdef`,
    ]);
    const packets = data.input.packets.map((p) => ({ ...p, bytes: new Uint8Array(60).fill(9) }));
    expect(told({ input: { ...data.input, packets } })[0]).toMatch(/does not come out the same/);
    expect(told({ edits: [] })).not.toEqual([]);
    expect(told({ tick: 1_000_000 })[0]).toMatch(/ends at tick 1000000, which the run does not reach: it ends at \d+/);
    expect(told({ kernel: '6.1' })).toEqual(['the recording ran in kernel 6.1; sessions run in 6.12']);
    const breakpoints = [{ place: { kind: 'watch', expr: 'nomap[1]' }, enabled: true } as const];
    expect(told({ breakpoints })).toEqual(["breakpoint 1 of the recording cannot be set: unknown name 'nomap'"]);
  });

  test('digests are FNV-1a', () => {
    const of = (word: string) => new Fnv1a().bytes(new TextEncoder().encode(word)).text;
    expect([of(''), of('a'), of('foobar')]).toEqual(['cbf29ce484222325', 'af63dc4c8601ec8c', '85944171f73967e8']);
  });
});

describe('bad recordings', () => {
  const data = recordSession(standing(), '1.2.3');
  const document = JSON.parse(writeReplay(data)) as Record<string, unknown>;
  /** What is wrong with the document when a part of it is replaced; undefined takes it away. */
  const changed = (path: string, value: unknown): string[] => {
    const copy = structuredClone(document) as Tree;
    const keys = path.split('.');
    const last = keys.pop()!;
    const at = keys.reduce((tree, key) => tree[key]!, copy);
    if (value === undefined) delete at[last];
    else at[last] = value as Tree;
    return wrong(JSON.stringify(copy));
  };

  test('no recording at all', () => {
    expect(wrong('')[0]).toMatch(/^the recording is no JSON/);
    expect(wrong('{"bpflab-replay": 1')[0]).toMatch(/^the recording is no JSON/);
    for (const other of ['[]', '{}', '5', 'null', '"bpflab-replay"']) {
      expect(wrong(other)).toEqual(['this is no recording of bpflab']);
      expect(isReplay(other)).toBe(false);
    }
    expect(wrong('{"bpflab-replay": 2, "bpflab": "9.9"}')).toEqual([
      'the recording has version 2; this bpflab reads version 1',
    ]);
    expect(wrong(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).toHaveLength(1);
  });

  test('fields that are missing, unknown or wrong are named by their path', () => {
    expect(changed('tick', undefined)).toEqual(['$: tick is missing']);
    expect(changed('ticks', 5)).toEqual(['$: unknown key "ticks"']);
    expect(changed('tick', -1)).toEqual(['$.tick is -1; wanted: a whole number from 0 to 9007199254740991']);
    expect(changed('digest', 'xyz')).toEqual(['$.digest is "xyz"; wanted: 16 hexadecimal digits']);
    expect(changed('kernel', '5.15')[0]).toMatch(/^\$\.kernel is "5.15"; wanted: one of 6\.12/);
    expect(changed('input.packets.2.bytes', '0g')[0]).toMatch(
      /^\$\.input\.packets\[2\]\.bytes is "0g"; wanted: hex text of at most/,
    );
    expect(changed('input.packets.1.timeNs', 5)[0]).toMatch(/^\$\.input\.packets\[1\]\.timeNs is 5/);
    expect(changed('input.request.maps.0.typo', 1)).toEqual(['$.input.request.maps[0]: unknown key "typo"']);
    expect(changed('edits.0.edit.kind', 'reg')).toEqual([
      '$.edits[0].edit.kind is "reg"; wanted: one of register, memory, ctx, map-update, map-delete',
    ]);
    expect(changed('edits.0.edit.value', '18446744073709551616')).toHaveLength(1);
    expect(changed('breakpoints.0.place.kind', 5)).toHaveLength(1);
    expect(changed('input.files.programs.0.positions', [[0, 1]])).toEqual([
      '$.input.files.programs[0].positions[0] is a list of 2; wanted: [file, line, col, length, text]',
    ]);
    expect(changed('input.files.programs.0.positions', [[7, 1, 1, 0]])).toHaveLength(1);
    expect(changed('input', { name: 5, map_relocs: 1, cpus: 0, seed: 'x' })).toHaveLength(8);
    expect(changed('input.request.map_relocs', [[1]])).toEqual([
      '$.input.request.map_relocs[0] is a list of 1; wanted: [insn, map]',
    ]);
    const unknown = readReplay(JSON.stringify({ ...document, display: [] }));
    expect(unknown.ok ? '' : unknown.problems[0]!.args.help).toBe('did you mean displays?');
  });

  test('sizes are bounded', () => {
    const many = (n: number) => Array.from({ length: n }, () => ({ bytes: '' }));
    expect(changed('input.packets', many(100_000))).toEqual([]);
    expect(changed('input.packets', many(100_001))).toEqual([
      '$.input.packets is a list of 100001; wanted: a list of at most 100000',
    ]);
    expect(changed('input.packets.0.bytes', '00'.repeat((1 << 20) + 1))).toHaveLength(1);
    let deep: unknown = {};
    for (let i = 0; i < 100; i++) deep = { a: deep };
    expect(changed('input.node', deep)[0]).toMatch(/JSON of at most 64 levels/);
    let request: unknown = { insns: '' };
    for (let i = 0; i < 10; i++) request = { insns: '', attach_prog: request };
    expect(changed('input.request', request)[0]).toMatch(/no request in more than 4 others/);
  });

  /** A random place of a document, changed. */
  function mutate(d: Tree, choose: (n: number) => number, value: unknown): void {
    let at = d;
    for (;;) {
      const keys = Object.keys(at);
      if (keys.length === 0) {
        at[Array.isArray(at) ? '0' : 'added'] = value as Tree;
        return;
      }
      const key = keys[choose(keys.length)]!;
      const next: unknown = at[key];
      if (typeof next !== 'object' || next === null || choose(6) === 0) {
        if (choose(5) === 0) delete at[key];
        else at[key] = value as Tree;
        return;
      }
      at = next as Tree;
    }
  }

  test('changed documents give problems or sessions, never more', () => {
    let refused = 0;
    let opened = 0;
    const value = fc.oneof(
      json,
      fc.constantFrom('', '00', '5', -1, 0, 1, 2 ** 40, null, [], {}, 'hash', 'xdp', '__proto__'),
    );
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), value, (stream, v) => {
        const copy = structuredClone(document) as Tree;
        mutate(copy, (n) => (stream.next().value as number) % n, v);
        const read = readReplay(JSON.stringify(copy));
        if (!read.ok) {
          refused++;
          expect(read.problems.length).toBeGreaterThan(0);
          for (const p of read.problems) expect(problemText(p)).not.toMatch(/\{\w+\}/);
          return;
        }
        const resuming = resumeSession({ ...read.value, input: { ...read.value.input, insnLimit: 10_000 } });
        if (!resuming.ok) return;
        opened++;
        while (!resuming.value.advance());
      }),
      { numRuns: 600 },
    );
    expect(refused).toBeGreaterThan(100);
    expect(opened).toBeGreaterThan(10);
  });

  test('changed texts', () => {
    const file = writeReplay(data);
    fc.assert(
      fc.property(fc.nat(file.length), fc.nat(40), fc.string({ maxLength: 6 }), (at, cut, put) => {
        readReplay(file.slice(0, at) + put + file.slice(at + cut));
      }),
      { numRuns: 500 },
    );
  });
});
