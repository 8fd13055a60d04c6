/** Iterators over maps: what a reader of their descriptor gets. */
import { describe, expect, it } from 'vitest';
import { assemble, builtinBtf, Kernel, type KernelOptions, toRequest } from '../../src/index.ts';
import type { IterRun } from '../../src/kernel/iter/run.ts';
import type { ProgRecord } from '../../src/kernel/world.ts';
import { localStorageGet } from '../../src/maps/localStorage.ts';
import { problemText } from '../../src/util/problem.ts';
import { newSocket } from './iterSockets.ts';

const latin1 = new TextDecoder('latin1');
const HEAD = '.section license\n.asciz "GPL"\n';

function load(source: string, options: KernelOptions = {}): { readonly kernel: Kernel; readonly prog: ProgRecord } {
  const { object, problems } = assemble(HEAD + source, { file: 'iter.bpf' });
  const request = object && toRequest(object);
  if (!request?.ok) throw new Error(problems.map(problemText).join('\n'));
  const made = Kernel.create(options);
  if (!made.ok) throw new Error('no kernel');
  const { progs } = made.value.load(request.value);
  return { kernel: made.value, prog: progs[0]! };
}

const u64 = (n: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(n)).buffer);
const u32 = (n: number): Uint8Array => new Uint8Array(Uint32Array.of(n).buffer);

function fill(kernel: Kernel, name: string, count: number, key = u64): void {
  const file = kernel.openMap(name);
  if (typeof file === 'number') throw new Error(name);
  for (let i = 0; i < count; i++) if (file.update(key(i), u64(1000 + i)) !== 0) throw new Error(`update ${i}`);
}

function open(kernel: Kernel, prog: ProgRecord, map: string, readSize?: number): IterRun {
  return kernel.iterRun(prog, { map: kernel.map(map)!, ...(readSize !== undefined && { readSize }) });
}

function read(kernel: Kernel, prog: ProgRecord, map: string, readSize?: number): { errno: number; text: string } {
  const status = open(kernel, prog, map, readSize).finish();
  if (status.state !== 'done') throw new Error(problemText(status.problem));
  return { errno: status.errno, text: latin1.decode(status.output) };
}

/** Prints `session seq_num key value` of each element, `end session seq_num` at the end. */
const PRINT = (map: string, keySize = 8): string => `
${map}
.section .rodata
fmt:
.asciz "%llu %llu %llu %llu\\n"
last:
.asciz "end %llu %llu\\n"
.section "iter/bpf_map_elem"
.func show(u64 *ctx) -> int
    r6 = r1
    r7 = *(u64 *)(r6 + 0)
    r1 = *(u64 *)(r7 + 8)
    *(u64 *)(r10 - 32) = r1
    r1 = *(u64 *)(r7 + 16)
    *(u64 *)(r10 - 24) = r1
    r8 = *(u64 *)(r6 + 16)
    if r8 == 0 goto end
    r9 = *(u64 *)(r6 + 24)
    if r9 == 0 goto end
    r1 = *(u${8 * keySize} *)(r8 + 0)
    *(u64 *)(r10 - 16) = r1
    r1 = *(u64 *)(r9 + 0)
    *(u64 *)(r10 - 8) = r1
    r1 = *(u64 *)(r7 + 0)
    r2 = fmt ll
    r3 = 21
    r4 = r10
    r4 += -32
    r5 = 32
    call bpf_seq_printf
    r0 = 0
    exit
end:
    r1 = *(u64 *)(r7 + 0)
    r2 = last ll
    r3 = 15
    r4 = r10
    r4 += -32
    r5 = 16
    call bpf_seq_printf
    r0 = 0
    exit
`;
const TABLE = (type: string, entries: number, key = 'u64'): string =>
  `.map m, type=${type}, key=${key}, value=u64, max_entries=${entries}`;

/** Elements as PRINT shows them, in the order of get_next_key. */
function expected(kernel: Kernel, name: string, session: number): string {
  const file = kernel.openMap(name);
  if (typeof file === 'number') throw new Error(name);
  const lines: string[] = [];
  for (let key = file.nextKey(); typeof key !== 'number'; key = file.nextKey(key)) {
    const number = new DataView(key.slice().buffer).getUint32(0, true);
    const value = new DataView((file.lookup(key) as Uint8Array).slice().buffer).getUint32(0, true);
    lines.push(`${session} ${lines.length} ${number} ${value}\n`);
  }
  return `${lines.join('')}end ${session} ${Math.max(0, lines.length - 1)}\n`;
}

describe('a walk shows every element once, in the order of the map, and then the end', () => {
  it.each(['hash', 'lru_hash', 'percpu_hash', 'lru_percpu_hash'])('%s', (type) => {
    for (const count of [0, 1, 5, 40]) {
      const { kernel, prog } = load(PRINT(TABLE(type, 64)));
      fill(kernel, 'm', count);
      expect(read(kernel, prog, 'm')).toEqual({ errno: 0, text: expected(kernel, 'm', 1) });
      expect(read(kernel, prog, 'm')).toEqual({ errno: 0, text: expected(kernel, 'm', 2) });
    }
  });
  it.each(['array', 'percpu_array'])('%s', (type) => {
    const { kernel, prog } = load(PRINT(TABLE(type, 3, 'u32'), 4));
    fill(kernel, 'm', 3, u32);
    expect(read(kernel, prog, 'm')).toEqual({ errno: 0, text: '1 0 0 1000\n1 1 1 1001\n1 2 2 1002\nend 1 2\n' });
  });
  it('however much is read at once', () => {
    const { kernel, prog } = load(PRINT(TABLE('hash', 4096)));
    fill(kernel, 'm', 3000);
    const whole = read(kernel, prog, 'm', 1 << 20);
    expect(whole.text).toBe(expected(kernel, 'm', 1));
    expect(whole.text.length).toBeGreaterThan(1 << 15);
    for (const size of [1, 100, 4096]) {
      expect(read(kernel, prog, 'm', size).text.replace(/^(end )?\d+/gm, '$11')).toBe(whole.text);
    }
  });
  it('and gives its memory back', () => {
    const { kernel, prog } = load(PRINT(TABLE('percpu_hash', 64)));
    read(kernel, prog, 'm');
    const before = kernel.arena.size;
    for (let i = 0; i < 50; i++) read(kernel, prog, 'm');
    expect(kernel.arena.size).toBe(before);
  });
});

it('shows the values of all CPUs one after the other', () => {
  const source = `
.map m, type=TYPE, key=u32, value=4, max_entries=1
.section "iter/bpf_map_elem"
.func show(u64 *ctx) -> int
    r2 = *(u64 *)(r1 + 24)
    if r2 == 0 goto out
    r3 = *(u64 *)(r1 + 0)
    *(u8 *)(r2 + 12) = 0x41                # a copy: the map keeps what it has
    r1 = *(u64 *)(r3 + 0)
    r3 = 16
    call bpf_seq_write
out:
    r0 = 0
    exit
`;
  for (const type of ['percpu_hash', 'percpu_array', 'lru_percpu_hash']) {
    const { kernel, prog } = load(source.replace('TYPE', type), { cpus: 2 });
    const file = kernel.openMap('m');
    if (typeof file === 'number') throw new Error();
    const value = Uint8Array.of(1, 2, 3, 4, 0, 0, 0, 0, 5, 6, 7, 8, 0, 0, 0, 0);
    file.update(u32(0), value);
    const status = kernel.iterRun(prog, { map: kernel.map('m')! }).finish();
    const shown = value.slice();
    shown[12] = 0x41;
    expect(status).toEqual({ state: 'done', errno: 0, output: shown });
    expect(file.lookup(u32(0))).toEqual(value);
  }
});

const DELETE = (type: string, odd: string): string => `
.map m, type=${type}, key=u64, value=u64, max_entries=64
.section "iter/bpf_map_elem"
.func gc(u64 *ctx) -> int
    r6 = *(u64 *)(r1 + 0)
    r7 = *(u64 *)(r1 + 16)
    if r7 == 0 goto out
    r7 = *(u64 *)(r7 + 0)
    *(u64 *)(r10 - 8) = r7
    r1 = r7
    r1 &= 1
    if r1 == ${odd} goto out
    r1 = m ll
    r2 = r10
    r2 += -8
    call bpf_map_delete_elem
    r1 = *(u64 *)(r6 + 0)
    r2 = r10
    r2 += -8
    r3 = 8
    call bpf_seq_write
out:
    r0 = 0
    exit
`;

describe('elements may be deleted while the walk stands on them', () => {
  it.each(['hash', 'lru_hash', 'percpu_hash', 'lru_percpu_hash'])('%s', (type) => {
    for (const [odd, left] of [
      ['2', 0],
      ['1', 20],
    ] as const) {
      const { kernel, prog } = load(DELETE(type, odd));
      fill(kernel, 'm', 40);
      expect(read(kernel, prog, 'm').text.length).toBe(8 * (40 - left));
      const file = kernel.openMap('m');
      let count = 0;
      if (typeof file === 'number') throw new Error();
      for (let key = file.nextKey(); typeof key !== 'number'; key = file.nextKey(key), count++)
        expect(key[0]! & 1).toBe(1);
      expect(count).toBe(left);
    }
  });

  it('but a read that ends in between passes as many of its bucket as were passed before', () => {
    const sizes = [1, 1 << 20].map((readSize) => {
      const { kernel, prog } = load(
        DELETE('hash', '2').replace('max_entries=64', 'max_entries=64, map_flags=BPF_F_ZERO_SEED'),
      );
      fill(kernel, 'm', 64);
      return read(kernel, prog, 'm', readSize).text.length / 8;
    });
    expect(sizes[1]).toBe(64);
    expect(sizes[0]).toBeLessThan(64);
    expect(sizes[0]).toBeGreaterThan(32);
  });
});

/** Answers `answer` for the key `at`; prints a letter for every other one. */
const ANSWER = (at: number, answer: number, text = 1): string => `
.map m, type=array, key=u32, value=u64, max_entries=4
.section "iter/bpf_map_elem"
.func show(u64 *ctx) -> int
    r6 = *(u64 *)(r1 + 0)
    r8 = *(u64 *)(r1 + 16)
    r9 = 9
    if r8 == 0 goto print
    r9 = *(u32 *)(r8 + 0)
print:
    *(u64 *)(r10 - 8) = r9
    r8 = ${text}
again:
    r1 = *(u64 *)(r6 + 0)
    r2 = r10
    r2 += -8
    r3 = 1
    call bpf_seq_write
    r8 += -1
    if r8 != 0 goto again
    r0 = 0
    if r9 != ${at} goto out
    r0 = ${answer}
out:
    exit
`;

describe('what the program answers', () => {
  it('1 for the first element: the read is to be tried again', () => {
    const { kernel, prog } = load(ANSWER(0, 1));
    expect(read(kernel, prog, 'm')).toEqual({ errno: 11, text: '' });
  });
  it('1 for a later one: what was printed before is read, then the same element is met again', () => {
    const { kernel, prog } = load(ANSWER(2, 1));
    expect(read(kernel, prog, 'm')).toEqual({ errno: 11, text: '\0\x01' });
  });
  it('1 at the end: nobody asks', () => {
    const { kernel, prog } = load(ANSWER(9, 1));
    expect(read(kernel, prog, 'm')).toEqual({ errno: 0, text: '\0\x01\x02\x03\t' });
  });
  it('more than the buffer holds for one element: E2BIG', () => {
    for (const [text, errno] of [
      [32767, 0],
      [32768, 7],
    ] as const) {
      const { kernel, prog } = load(ANSWER(10, 0, text));
      const got = read(kernel, prog, 'm');
      expect([got.errno, got.text.length]).toEqual([errno, errno === 0 ? 5 * text : 0]);
    }
  });
  it('more than is left: it is shown again in the next read', () => {
    const { kernel, prog } = load(ANSWER(10, 0, 20000));
    const got = read(kernel, prog, 'm', 1 << 20);
    expect([got.errno, got.text.length]).toEqual([0, 100000]);
  });
});

it('bpf_seq_write and bpf_seq_printf say when the buffer is full; bad formats are refused', () => {
  const { kernel, prog } = load(`
.map m, type=array, key=u32, value=u64, max_entries=1
.map results, type=array, key=u32, value=64, max_entries=1
.section .rodata
fmt:
.asciz "%d"
bad:
.asciz "%q"
.section "iter/bpf_map_elem"
.func show(u64 *ctx) -> int
    r9 = *(u64 *)(r1 + 0)
    r9 = *(u64 *)(r9 + 0)
    r1 = *(u64 *)(r1 + 24)
    if r1 == 0 goto out
    *(u64 *)(r10 - 8) = 0
    r1 = results ll
    r2 = r10
    r2 += -4
    call bpf_map_lookup_elem
    if r0 == 0 goto out
    r6 = r0
    r1 = r9
    r2 = bad ll
    r3 = 3
    r4 = r10
    r4 += -8
    r5 = 8
    call bpf_seq_printf
    *(u64 *)(r6 + 0) = r0
    r1 = r9
    r2 = fmt ll
    r3 = 3
    r4 = r10
    r4 += -8
    r5 = 7
    call bpf_seq_printf
    *(u64 *)(r6 + 8) = r0
    r8 = 4096
fill:
    r1 = r9
    r2 = r10
    r2 += -8
    r3 = 8
    call bpf_seq_write
    r8 += -1
    if r8 != 0 goto fill
    *(u64 *)(r6 + 16) = r0
    r1 = r9
    r2 = fmt ll
    r3 = 3
    r4 = r10
    r4 += -8
    r5 = 8
    call bpf_seq_printf
    *(u64 *)(r6 + 24) = r0
out:
    r0 = 0
    exit
`);
  expect(read(kernel, prog, 'm')).toEqual({ errno: 7, text: '' });
  const file = kernel.openMap('results');
  if (typeof file === 'number') throw new Error();
  const values = new BigInt64Array((file.lookup(u32(0)) as Uint8Array).slice().buffer);
  expect([...values.slice(0, 4)]).toEqual([-22n, -22n, -75n, -75n]);
});

it('bpf_seq_printf_btf prints a value by its type', () => {
  const source = `
.map m, type=array, key=u32, value=16, max_entries=1
.section "iter/bpf_map_elem"
.func show(u64 *ctx) -> int
    r2 = *(u64 *)(r1 + 24)
    if r2 == 0 goto out
    r9 = *(u64 *)(r1 + 0)
    *(u64 *)(r10 - 16) = r2
    *(u32 *)(r10 - 8) = TYPE
    *(u32 *)(r10 - 4) = 0
    r1 = *(u64 *)(r9 + 0)
    r2 = r10
    r2 += -16
    r3 = 16
    r4 = BTF_F_COMPACT
    call bpf_seq_printf_btf
    if r0 == 0 goto out
    r0 = 1
out:
    r0 = r0
    exit
`;
  const id = builtinBtf().find('struct', 'in_addr')!;
  const { kernel, prog } = load(source.replace('TYPE', String(id)), { kernelBtf: builtinBtf });
  const file = kernel.openMap('m');
  if (typeof file === 'number') throw new Error();
  file.update(u32(0), Uint8Array.of(1, 2, 3, 4, ...new Uint8Array(12)));
  expect(read(kernel, prog, 'm')).toEqual({ errno: 0, text: '(struct in_addr){.s_addr = (__be32)67305985,}' });
  const none = load(source.replace('TYPE', '0'), { kernelBtf: builtinBtf });
  expect(read(none.kernel, none.prog, 'm')).toEqual({ errno: 11, text: '' });
});

it('the context shows the map, and values are written in place', () => {
  const { kernel, prog } = load(`
.map m, type=hash, key=u64, value=u64, max_entries=7
.section "iter/bpf_map_elem"
.func show(u64 *ctx) -> int
    r2 = *(u64 *)(r1 + 24)
    if r2 == 0 goto out
    r3 = *(u64 *)(r1 + 8)
    r4 = *(u32 *)(r3 + 36)                  # max_entries
    *(u32 *)(r2 + 0) = r4
    r4 = *(u32 *)(r3 + 96)                  # the first letters of the name
    *(u32 *)(r2 + 4) = r4
out:
    r0 = 0
    exit
`);
  fill(kernel, 'm', 1);
  expect(read(kernel, prog, 'm')).toEqual({ errno: 0, text: '' });
  const file = kernel.openMap('m');
  if (typeof file === 'number') throw new Error();
  expect(file.lookup(u64(0))).toEqual(Uint8Array.of(7, 0, 0, 0, 0x6d, 0, 0, 0));
});

describe('what no verified program does is a fault', () => {
  it.each([
    ['a write to the key', '*(u8 *)(r2 + 0) = 1'],
    ['a read behind the key', 'r4 = *(u8 *)(r2 + 8)'],
    ['a read behind the value', 'r4 = *(u8 *)(r3 + 8)'],
    ['a write behind the value', '*(u8 *)(r3 + 8) = 1'],
    ['a write to the context', '*(u64 *)(r1 + 16) = r2'],
    ['output to something else', 'r3 = 8; call bpf_seq_write'],
  ])('%s', (_what, insn) => {
    const { kernel, prog } = load(`
${TABLE('hash', 4)}
.section "iter/bpf_map_elem"
main:
    r2 = *(u64 *)(r1 + 16)
    r3 = *(u64 *)(r1 + 24)
    if r2 == 0 goto out
    ${insn}
out:
    r0 = 0
    exit
`);
    fill(kernel, 'm', 1);
    expect(open(kernel, prog, 'm').finish().state).toBe('fault');
  });
});

describe('what cannot be attached', () => {
  const EXIT = (section: string): string => `.map s, type=stack, key=0, value=8, max_entries=1
.map m, type=array, key=u32, value=u64, max_entries=1
.section "${section}"
main:
    r0 = 0
    exit
`;
  it('an iterator of map elements to a map without keys: EINVAL', () => {
    const { kernel, prog } = load(EXIT('iter/bpf_map_elem'));
    expect(read(kernel, prog, 's')).toEqual({ errno: 22, text: '' });
  });
  it('an iterator of sockets to an array: EINVAL', () => {
    const { kernel, prog } = load(EXIT('iter/bpf_sk_storage_map'));
    expect(read(kernel, prog, 'm')).toEqual({ errno: 22, text: '' });
  });
  it('a program that is none: EINVAL', () => {
    const { kernel, prog } = load(EXIT('fentry/tcp_close'));
    expect(read(kernel, prog, 'm')).toEqual({ errno: 22, text: '' });
  });
  it('other iterators are not simulated', () => {
    const { kernel, prog } = load(EXIT('iter/task'));
    const status = open(kernel, prog, 'm').finish();
    expect(status.state === 'fault' && problemText(status.problem)).toContain('iter/task');
  });
});

it('runs in slices, and from a saved state, as in one piece', () => {
  const { kernel, prog } = load(DELETE('lru_hash', '1'));
  fill(kernel, 'm', 20);
  const start = kernel.snapshot();
  const once = open(kernel, prog, 'm', 64);
  const whole = once.finish();
  kernel.restore(start);
  const run = open(kernel, prog, 'm', 64);
  for (let i = 0; run.status.state === 'paused'; i++) {
    const kept = { snapshot: kernel.snapshot(), state: run.save() };
    run.advance(1 + (i % 5));
    kernel.restore(kept.snapshot);
    run.restore(kept.state);
    run.advance(1 + (i % 7));
  }
  expect(run.status).toEqual(whole);
  expect(run.machine).toBeUndefined();
  expect(run.ticks).toBe(once.ticks);
});

it('ends at the limit of insns of all elements together', () => {
  const { kernel, prog } = load(PRINT(TABLE('array', 100, 'u32'), 4));
  const { state } = kernel.iterRun(prog, { map: kernel.map('m')! }, 1000).finish();
  expect(state).toBe('fault');
});

describe('storages of sockets', () => {
  const SOURCE = `
.map m, type=sk_storage, key=u32, value=u64
.section "iter/bpf_sk_storage_map"
.func show(u64 *ctx) -> int
    r6 = *(u64 *)(r1 + 0)
    r7 = *(u64 *)(r1 + 16)
    r8 = *(u64 *)(r1 + 24)
    if r7 == 0 goto end
    if r8 == 0 goto end
    r2 = *(u16 *)(r7 + 16)                  # skc_family
    *(u64 *)(r10 - 16) = r2
    r2 = *(u64 *)(r8 + 0)
    *(u64 *)(r10 - 8) = r2
    r1 = *(u64 *)(r6 + 0)
    r2 = r10
    r2 += -16
    r3 = 16
    call bpf_seq_write
    r1 = m ll
    r2 = r7
    call bpf_sk_storage_delete
    r0 = 0
    exit
end:
    r1 = *(u64 *)(r6 + 0)
    r2 = r6
    r2 = r10
    r2 += -16
    *(u64 *)(r10 - 16) = 77
    r3 = 8
    call bpf_seq_write
    r0 = 0
    exit
`;
  it('are walked, and may be deleted meanwhile; user space cannot walk them', () => {
    const { kernel, prog } = load(SOURCE);
    const map = kernel.map('m')!;
    const values: bigint[] = [];
    for (let i = 0; i < 50; i++) {
      const at = localStorageGet(kernel.maps, map.address, newSocket(kernel), 0, true);
      kernel.arena.setU64(at, 500 + i, 0);
      values.push(BigInt(500 + i));
    }
    const file = kernel.openMap(map);
    if (typeof file === 'number') throw new Error();
    expect(file.nextKey()).toBe(-524);
    const status = kernel.iterRun(prog, { map, readSize: 1 << 20 }).finish();
    if (status.state !== 'done') throw new Error();
    const words = [...new BigUint64Array(status.output.slice().buffer)];
    expect(words.at(-1)).toBe(77n);
    expect(words.filter((_, i) => i % 2 === 0).slice(0, -1)).toEqual(values.map(() => 2n));
    expect(words.filter((_, i) => i % 2 === 1).sort()).toEqual(values);
    const again = kernel.iterRun(prog, { map }).finish();
    expect(again.state === 'done' && again.output.length).toBe(8);
  });
});
