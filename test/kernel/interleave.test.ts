import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../src/asm/assemble.ts';
import { toRequest } from '../../src/asm/request.ts';
import { type Interleaved, interleaved } from '../../src/kernel/interleave/interleave.ts';
import { type InterleaveStep, lockPointNamed } from '../../src/kernel/interleave/plan.ts';
import { Kernel } from '../../src/kernel/kernel.ts';
import type { MapFile } from '../../src/kernel/mapCommands.ts';
import { LOCK_POINTS, type LockPointName } from '../../src/maps/lockPoints.ts';
import { snapshotPages } from '../../src/mem/snapshot.ts';
import type { MapRequest } from '../../src/spec/request.ts';
import { problemText } from '../../src/util/problem.ts';
import { htabProblems } from '../maps/invariants.ts';

const u32 = (n: number): Uint8Array => new Uint8Array(Uint32Array.of(n).buffer);
const [BUSY, NOMEM, TOO_BIG, NOENT, EXISTS] = [-16, -12, -7, -2, -17];
const [NO_PREALLOC, NO_COMMON_LRU] = [1, 2];

interface Node {
  readonly kernel: Kernel;
  readonly file: MapFile;
  /** Commands of user space on the current CPU; the last one is for CPU `cpu`. */
  update(key: number, flags?: number): number;
  remove(key: number): number;
  on<T>(cpu: number, run: () => T): T;
}

function nodeWith(cpus: number, map: Partial<MapRequest>): Node {
  const made = Kernel.create({ cpus });
  if (!made.ok) throw new Error('no kernel');
  const kernel = made.value;
  const shape = { name: 'ct', type: 'lru_hash', key_size: 4, value_size: 4, max_entries: 4, ...map };
  const { problems } = kernel.load({ maps: [shape], progs: [] });
  if (problems.length > 0) throw new Error(problemText(problems[0]!));
  const file = kernel.openMap('ct') as MapFile;
  const size = file.info().value_size;
  const value = (key: number): Uint8Array => {
    const one = new Uint8Array([5, 6, 10].includes(file.info().type) ? Math.ceil(size / 8) * 8 * cpus : size);
    one.set(u32(key + 1).subarray(0, size));
    return one;
  };
  return {
    kernel,
    file,
    update: (key, flags = 0) => file.update(u32(key), value(key), flags),
    remove: (key) => file.delete(u32(key)),
    on: (cpu, run) => {
      kernel.setCpu(cpu);
      return run();
    },
  };
}

function begin({ kernel }: Node, plan: readonly InterleaveStep[]): Interleaved {
  const started = interleaved(kernel, plan);
  if (!started.ok) throw new Error(started.problems.map(problemText).join());
  return started.value;
}

const said = (text: string, errno: number): string => `${text} = ${errno}`;

describe('an LRU map', () => {
  it('has no element for the last of four CPUs where the others have one each in hand', () => {
    const node = nodeWith(4, { max_entries: 3 });
    const insert = (cpu: number) => ({ cpu, run: () => said(`insert ${cpu}`, node.update(cpu)) });
    const at = 'htab_lru_map_update_elem:popped';
    const run = begin(node, [
      { cpu: 0, at, map: 'ct', meanwhile: [insert(1)] },
      { cpu: 1, at, meanwhile: [insert(2)] },
      { cpu: 2, at, meanwhile: [insert(3)] },
    ]);
    expect(node.on(0, () => node.update(0))).toBe(0);
    expect(run.lines()).toEqual([
      'cpu 0 suspended at htab_lru_map_update_elem:popped of ct (element 3 of 3 in hand)',
      '  cpu 1 suspended at htab_lru_map_update_elem:popped of ct (element 2 of 3 in hand)',
      '    cpu 2 suspended at htab_lru_map_update_elem:popped of ct (element 1 of 3 in hand)',
      '      cpu 3: update of ct -> -ENOMEM: free 0, active 0, inactive 0, in hand 3',
      `      cpu 3: insert 3 = ${NOMEM}`,
      '    cpu 2 goes on from htab_lru_map_update_elem:popped',
      '    cpu 2: insert 2 = 0',
      '  cpu 1 goes on from htab_lru_map_update_elem:popped',
      '  cpu 1: insert 1 = 0',
      'cpu 0 goes on from htab_lru_map_update_elem:popped',
    ]);
    expect(run.problems()).toEqual([]);
    expect(node.kernel.world.cpu).toBe(0);
    expect(htabProblems(node.kernel.maps, node.file.map.address)).toEqual([]);
  });

  it('takes no element that a deletion has not given back yet', () => {
    const node = nodeWith(2, { max_entries: 2 });
    for (const key of [0, 1]) node.on(0, () => node.update(key));
    const run = begin(node, [
      {
        cpu: 0,
        at: 'htab_lru_map_delete_elem:unlinked',
        meanwhile: [
          { cpu: 1, run: () => said('insert 2', node.update(2)) },
          { cpu: 1, run: () => said('look up 0', Number(node.file.lookup(u32(0)))) },
          { cpu: 1, run: () => said('delete 0', node.remove(0)) },
        ],
      },
    ]);
    expect(node.on(0, () => node.remove(0))).toBe(0);
    // Element 0 was on its way: key 1 had to go.
    expect(node.file.lookup(u32(1))).toBe(NOENT);
    expect(run.lines().slice(1, 4)).toEqual([
      '  cpu 1: insert 2 = 0',
      `  cpu 1: look up 0 = ${NOENT}`,
      `  cpu 1: delete 0 = ${NOENT}`,
    ]);
    expect(htabProblems(node.kernel.maps, node.file.map.address)).toEqual([]);
  });

  it('keeps the first of two that insert the same key: both looked it up before', () => {
    const node = nodeWith(2, { max_entries: 8 });
    begin(node, [
      {
        cpu: 0,
        at: 'htab_lru_map_update_elem:popped',
        meanwhile: [{ cpu: 1, run: () => said('', node.update(5, 1)) }],
      },
    ]);
    expect(node.on(0, () => node.update(5, 1))).toBe(EXISTS);
    expect(node.file.lookup(u32(5))).toEqual(u32(6));
  });

  it('goes to the LRU list with an element whose CPU moved it there meanwhile', () => {
    const node = nodeWith(2, { max_entries: 4 });
    node.on(1, () => node.update(1));
    const more = { cpu: 1, run: () => `${[2, 3, 4].map((key) => node.update(key))}` };
    const run = begin(node, [{ cpu: 0, at: 'bpf_common_lru_push_free:pending', meanwhile: [more] }]);
    expect(node.on(0, () => node.remove(1))).toBe(0);
    expect(run.lines()[1]).toBe('  cpu 1: 0,0,0');
    expect(htabProblems(node.kernel.maps, node.file.map.address)).toEqual([]);
  });

  it('has none for a thief behind whom the only element went: it looks at the lists of each CPU once', () => {
    const node = nodeWith(3, { max_entries: 1 });
    expect(node.on(1, () => node.update(1))).toBe(0);
    const insert = { cpu: 0, run: () => said('insert 0', node.update(0)) };
    // CPU 2 begins with its own lists, then come those of CPU 0 and, too late, of CPU 1.
    const run = begin(node, [{ cpu: 2, at: 'bpf_common_lru_pop_free:steal', nth: 3, meanwhile: [insert] }]);
    expect(node.on(2, () => node.update(2))).toBe(NOMEM);
    expect(run.lines()).toEqual([
      'cpu 2 suspended at bpf_common_lru_pop_free:steal of ct',
      '  cpu 0: insert 0 = 0',
      'cpu 2 goes on from bpf_common_lru_pop_free:steal',
      'cpu 2: update of ct -> -ENOMEM: free 0, CPU lists 0 free and 1 pending, active 0, inactive 0, in hand 0',
    ]);
    run.stop();
    expect(node.on(2, () => node.update(2))).toBe(0);
  });

  it('with a list for each CPU has none on the CPU whose elements are in hand', () => {
    for (const [cpu, errno] of [
      [0, NOMEM],
      [1, 0],
    ] as const) {
      const node = nodeWith(2, { max_entries: 2, map_flags: NO_COMMON_LRU });
      const action = { cpu, run: () => said('insert', node.update(1)) };
      const run = begin(node, [{ cpu: 0, at: 'htab_lru_map_update_elem:popped', meanwhile: [action] }]);
      expect(node.on(0, () => node.update(0))).toBe(0);
      expect(run.lines()).toContain(`  cpu ${cpu}: insert = ${errno}`);
    }
  });
});

describe('a hash map', () => {
  const HASH = { type: 'hash', max_entries: 16 };

  it('is busy for programs on the same CPU whose key has the same counter', () => {
    for (const map_flags of [0, NO_PREALLOC]) {
      const node = nodeWith(2, { ...HASH, map_flags });
      const answers = (): number[] => Array.from({ length: 16 }, (_, key) => node.update(key));
      const nested: number[] = [];
      const run = begin(node, [
        {
          cpu: 1,
          at: 'htab_map_update_elem:locked',
          meanwhile: [
            { cpu: 1, run: () => said('same key', node.update(3)) },
            { cpu: 1, run: () => said('delete', node.remove(3)) },
            { cpu: 1, run: () => `${nested.push(...answers())}` },
          ],
        },
      ]);
      expect(node.on(1, () => node.update(3))).toBe(0);
      expect(run.lines().slice(1, 5)).toEqual([
        '  cpu 1: update of ct -> -EBUSY: this CPU is at htab_map_update_elem:locked',
        `  cpu 1: same key = ${BUSY}`,
        '  cpu 1: delete of ct -> -EBUSY: this CPU is at htab_map_update_elem:locked',
        `  cpu 1: delete = ${BUSY}`,
      ]);
      // Buckets whose numbers are the same modulo 8 share a counter.
      expect(new Set(nested)).toEqual(new Set([0, BUSY]));
      expect(run.problems()).toEqual([]);
      expect(htabProblems(node.kernel.maps, node.file.map.address)).toEqual([]);
    }
  });

  it('makes other CPUs wait for its bucket: what they were to do is undone and told', () => {
    const node = nodeWith(2, HASH);
    const keys = [1, 2, 3, 4, 5, 6, 7, 8];
    const run = begin(node, [
      {
        cpu: 0,
        at: 'htab_map_update_elem:locked',
        meanwhile: [{ cpu: 1, run: () => `${keys.map((key) => node.update(key))} and ${node.update(0)}` }],
      },
    ]);
    expect(node.on(0, () => node.update(0))).toBe(0);
    expect(run.problems().map((p) => [p.code, problemText(p)])).toEqual([
      [
        'kernel.interleave-wait',
        'CPU 1 would wait for the bucket lock of map ct that CPU 0 holds at htab_map_update_elem:locked: what it was to do there did not happen',
      ],
    ]);
    expect(keys.map((key) => node.file.lookup(u32(key)))).toEqual(keys.map(() => NOENT));
    expect(node.file.lookup(u32(0))).toEqual(u32(1));
  });

  it('that is full stays full until the deleted or replaced element is freed', () => {
    for (const [map_flags, at, work] of [
      [0, 'htab_map_delete_elem:unlinked', (node: Node) => node.remove(0)],
      [0, '__htab_map_lookup_and_delete_elem:unlinked', (node: Node) => node.file.lookupAndDelete(u32(0)) && 0],
      [NO_PREALLOC, 'htab_map_delete_elem:unlinked', (node: Node) => node.remove(0)],
      [NO_PREALLOC, 'htab_map_update_elem:unlinked', (node: Node) => node.update(0) || node.remove(1)],
    ] as const) {
      const node = nodeWith(2, { type: 'hash', max_entries: 2, map_flags });
      for (const key of [0, 1]) expect(node.update(key)).toBe(0);
      const run = begin(node, [{ cpu: 0, at, meanwhile: [{ cpu: 1, run: () => said('insert', node.update(2)) }] }]);
      expect(work(node)).toBe(0);
      expect(run.lines()).toContain(`  cpu 1: insert = ${TOO_BIG}`);
      expect(node.update(2)).toBe(0);
      expect(htabProblems(node.kernel.maps, node.file.map.address)).toEqual([]);
    }
  });
});

/** Puts the byte at the packet's start into `ct`, and answers with what only intact registers and stack give. */
const PROGRAM = `
.section license
.asciz "GPL"
.map ct, type=lru_hash, key=u32, value=u64, max_entries=4
.section xdp
.func main(struct xdp_md *ctx) -> int
    r6 = *(u32 *)(r1 + 0)
    r2 = *(u32 *)(r1 + 4)
    r3 = r6
    r3 += 14
    if r3 > r2 goto out
    r6 = *(u8 *)(r6 + 0)
    r7 = r6
    r7 <<= 8
    *(u32 *)(r10 - 4) = r6
    *(u64 *)(r10 - 16) = r7
    r1 = ct ll
    r2 = r10
    r2 += -4
    r3 = r10
    r3 += -16
    r4 = 0
    call bpf_map_update_elem
    if r0 != 0 goto out
    r0 = *(u64 *)(r10 - 16)
    r0 += r7
    r0 += r6
    exit
out:
    exit
`;

function program(cpus: number): { kernel: Kernel; packet: (byte: number) => number } {
  const { object, problems } = assemble(PROGRAM, { file: 'ct.bpf' });
  expect(problems).toEqual([]);
  const request = toRequest(object!);
  const made = Kernel.create({ cpus });
  if (!request.ok || !made.ok) throw new Error('no kernel');
  const kernel = made.value;
  const loaded = kernel.load(request.value);
  expect(loaded.problems).toEqual([]);
  return {
    kernel,
    packet(byte) {
      const status = kernel.testRun(loaded.progs[0]!, { data: new Uint8Array(64).fill(byte) }).finish();
      if (status.state !== 'done') throw new Error(JSON.stringify(status));
      return status.output.retval | 0;
    },
  };
}

const intact = (byte: number): number => 2 * 256 * byte + byte;

describe('packets of several CPUs', () => {
  it('run on frames of their own inside the call of another', () => {
    const { kernel, packet } = program(3);
    const at = 'htab_lru_map_update_elem:popped';
    const started = interleaved(kernel, [
      { cpu: 0, at, meanwhile: [{ cpu: 1, run: () => `${packet(2)}` }] },
      { cpu: 1, at, meanwhile: [{ cpu: 2, run: () => `${packet(3)}` }] },
    ]);
    if (!started.ok) throw new Error('refused');
    expect(packet(1)).toBe(intact(1));
    const lines = started.value.lines();
    expect(lines).toContain(`    cpu 2: ${intact(3)}`);
    expect(lines).toContain(`  cpu 1: ${intact(2)}`);
    started.value.stop();
    expect(packet(4)).toBe(intact(4));
  });

  it('leave nothing behind where they had to wait, nor does the way back spoil what is kept of the past', () => {
    const plain = program(2);
    const tried = program(2);
    const action = { cpu: 1, run: () => `${tried.packet(1)}` };
    const at = 'htab_lru_map_update_elem:locked';
    const before = tried.kernel.snapshot();
    const started = interleaved(tried.kernel, [{ cpu: 0, at, meanwhile: [action, action] }]);
    if (!started.ok) throw new Error('refused');
    expect(tried.packet(1)).toBe(plain.packet(1));
    expect(started.value.problems()).toHaveLength(2);
    const dump = ({ kernel }: typeof plain) => kernel.openMap('ct');
    const [a, b] = [dump(plain), dump(tried)];
    if (typeof a === 'number' || typeof b === 'number') throw new Error('no map');
    expect(b.lookup(u32(1))).toEqual(a.lookup(u32(1)));
    // All of the memory is what the snapshots say it is.
    const after = tried.kernel.snapshot();
    const { arena } = tried.kernel;
    for (const [page, bytes] of snapshotPages(after.memory)) expect(arena.bytes(page << 12, 4096)).toEqual(bytes);
    tried.kernel.restore(before);
    for (const [page, bytes] of snapshotPages(before.memory)) expect(arena.bytes(page << 12, 4096)).toEqual(bytes);
    // From there it goes the same way again, the plan from its beginning.
    expect(tried.packet(1)).toBe(intact(1));
    expect(started.value.events.filter((event) => event.kind === 'refused')).toHaveLength(2);
  });
});

describe('docs/interleave.md', () => {
  it('has the points as the table has them', () => {
    const rows = Object.entries(LOCK_POINTS).map(([name, { holds, where, can }]) =>
      [`\`${name}\``, holds, where, can].join(' | '),
    );
    const text = readFileSync(new URL('../../docs/interleave.md', import.meta.url), 'utf8');
    expect([...text.matchAll(/^\| (`\w+:\w+` .*) \|$/gm)].map((m) => m[1])).toEqual(rows);
  });
});

describe('a plan', () => {
  it('that cannot be is refused', () => {
    const node = nodeWith(2, {});
    const at = 'htab_lru_map_update_elem:popped';
    const codes = (plan: readonly InterleaveStep[]): string[] => {
      const started = interleaved(node.kernel, plan);
      if (started.ok) started.value.stop();
      return started.ok ? [] : started.problems.map((p) => p.code);
    };
    expect(codes([{ cpu: 2, at, meanwhile: [{ cpu: -1, run: () => undefined }] }])).toHaveLength(2);
    expect(codes([{ cpu: 0, at, map: 'nat', nth: 0, meanwhile: [] }])).toEqual([
      'kernel.interleave-nth',
      'kernel.interleave-map',
    ]);
    expect(lockPointNamed('htab_lru_map_update_elem:poped')).toMatchObject({
      problems: [{ args: { hint: `did you mean ${at}?` } }],
    });
    const first = begin(node, []);
    expect(codes([])).toEqual(['kernel.interleave-twice']);
    first.stop();
    expect(codes([])).toEqual([]);
  });

  it('tells which steps were never taken', () => {
    const node = nodeWith(2, {});
    const run = begin(node, [{ cpu: 1, at: 'htab_lru_map_update_elem:popped', nth: 2, meanwhile: [] }]);
    node.on(1, () => node.update(1));
    expect(run.problems().map(problemText)).toEqual([
      'interleave 1: CPU 1 came to htab_lru_map_update_elem:popped 1 times, not 2',
    ]);
  });
});

interface Op {
  readonly code: 'update' | 'delete' | 'take' | 'look';
  readonly key: number;
  readonly flags: number;
  readonly cpu: number;
}

const op: fc.Arbitrary<Op> = fc.record({
  code: fc.constantFrom('update', 'update', 'delete', 'take', 'look'),
  key: fc.nat(9),
  flags: fc.constantFrom(0, 0, 1, 2),
  cpu: fc.nat(3),
});

const shape = fc.record({
  type: fc.constantFrom('hash', 'percpu_hash', 'lru_hash', 'lru_percpu_hash'),
  max_entries: fc.integer({ min: 1, max: 8 }),
  flag: fc.boolean(),
});

function flagsOf({ type, flag }: { type: string; flag: boolean }): number {
  if (!flag) return 0;
  return type.startsWith('lru') ? NO_COMMON_LRU : NO_PREALLOC;
}

function perform(node: Node, { code, key, flags }: Op): string {
  const answer = {
    update: () => node.update(key, flags),
    delete: () => node.remove(key),
    take: () => node.file.lookupAndDelete(u32(key)),
    look: () => node.file.lookup(u32(key)),
  }[code]();
  return `${code} ${key}: ${answer}`;
}

describe('whatever the order', () => {
  it('an empty plan changes neither answers nor bytes', () => {
    fc.assert(
      fc.property(shape, fc.array(op, { maxLength: 60 }), (map, ops) => {
        const [plain, watched] = [0, 1].map(() => nodeWith(4, { ...map, map_flags: flagsOf(map) })) as [Node, Node];
        begin(watched, []);
        const all = (node: Node): string[] => ops.map((o) => node.on(o.cpu, () => perform(node, o)));
        expect(all(watched)).toEqual(all(plain));
        expect(snapshotPages(watched.kernel.snapshot().memory)).toEqual(snapshotPages(plain.kernel.snapshot().memory));
      }),
      { numRuns: 40 },
    );
  });

  it('every element is in one list, every key in one bucket, and the count is right', () => {
    const step = fc.record({
      cpu: fc.nat(3),
      at: fc.constantFrom(...(Object.keys(LOCK_POINTS) as LockPointName[])),
      nth: fc.integer({ min: 1, max: 3 }),
      ops: fc.array(op, { minLength: 1, maxLength: 6 }),
    });
    let refused = 0;
    const errnos = new Set<number>();
    const taken = new Set<string>();
    fc.assert(
      fc.property(
        shape,
        fc.array(op, { minLength: 10, maxLength: 60 }),
        fc.array(step, { minLength: 30, maxLength: 60 }),
        (map, ops, steps) => {
          const node = nodeWith(4, { ...map, map_flags: flagsOf(map) });
          const plan = steps.map(({ ops: nested, ...rest }) => ({
            ...rest,
            meanwhile: nested.map((o) => ({ cpu: o.cpu, run: () => perform(node, o) })),
          }));
          const run = begin(node, plan);
          for (const o of ops) {
            node.on(o.cpu, () => perform(node, o));
            expect(node.kernel.world.cpu).toBe(o.cpu);
            expect(htabProblems(node.kernel.maps, node.file.map.address)).toEqual([]);
          }
          for (const event of run.events) {
            if (event.kind === 'refused') refused++;
            if (event.kind === 'failed') errnos.add(event.errno);
            if (event.kind === 'suspended') taken.add(event.place.point);
          }
        },
      ),
      { numRuns: 300, seed: 7 },
    );
    // It was not in vain.
    expect(refused).toBeGreaterThan(10);
    expect([...errnos].sort()).toEqual([NOMEM, BUSY, TOO_BIG].sort());
    expect([...taken].sort()).toEqual(Object.keys(LOCK_POINTS).sort());
  });
});
