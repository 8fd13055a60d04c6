/** Packets, contexts and options of test runs, good and bad. */
import { SKB_SETTABLE } from '../../src/kernel/testRun/skbCtx.ts';
import { CONTEXTS } from '../../src/spec/ctx/index.ts';
import type { TestRunRequest } from '../../src/spec/request.ts';
import { toHex } from '../../src/util/hex.ts';
import type { Random } from '../../test/random.ts';

/** A frame of a size that matters: at the limits of what is accepted, or an ordinary one. */
export function frame(r: Random, limits: readonly number[]): Uint8Array {
  const size = r.bool(0.12)
    ? r.pick(limits)
    : r.bool(0.15)
      ? r.pick([1, 13, 14, 15, 20, 33, 34, 53, 54])
      : r.pick([14, 34, 40, 54, 60, 64, 100, 300]);
  const bytes = Uint8Array.from({ length: size }, (_, i) => (i < 64 ? r.below(256) : i & 0xff));
  const put = (at: number, values: readonly number[]): void => {
    if (at + values.length <= size) bytes.set(values, at);
  };
  if (r.bool(0.85))
    put(
      12,
      r.pick([
        [8, 0],
        [8, 0],
        [0x86, 0xdd],
        [0x86, 0xdd],
        [0x81, 0],
        [8, 6],
        [0, 0x20],
        [5, 0xff],
        [6, 0],
      ]),
    );
  if (r.bool(0.1)) put(14, [0xff, 0xff]);
  if (r.bool(0.6)) put(14, [r.pick([0x45, 0x46, 0x60])]);
  if (r.bool(0.4))
    put(
      0,
      r.pick([
        [0x02, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 0],
        [255, 255, 255, 255, 255, 255],
        [1, 0, 0x5e, 0, 0, 1],
      ]),
    );
  return bytes;
}

/** A writable context of the right or a strange size, zeros at first. */
export class Context {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #struct: string;

  constructor(r: Random, struct: string, size: number = CONTEXTS[struct]!.size) {
    this.#struct = struct;
    const strange = [1, 4, 8, 16, 24, 100, size - 1, size - 4, size + 1, size + 8, size + 100];
    this.bytes = new Uint8Array(
      Math.max(0, r.bool(0.85) ? size : r.pick([...strange, ...(r.bool(0.1) ? [0, 4096, 4097] : [])])),
    );
    this.#view = new DataView(this.bytes.buffer);
    if (this.bytes.length > size && r.bool(0.5)) this.bytes[this.bytes.length - 1] = 1;
  }

  set(name: string, value: number, element = 0): void {
    const { offset, size } = CONTEXTS[this.#struct]!.fields[name]!;
    this.put(offset + size * element, size, value);
  }

  put(offset: number, size: number, value: number): void {
    if (offset + size > this.bytes.length) return;
    if (size === 1) this.#view.setUint8(offset, value & 0xff);
    else if (size === 2) this.#view.setUint16(offset, value & 0xffff, true);
    else this.#view.setUint32(offset, value >>> 0, true);
  }
}

export function skbContext(r: Random): Uint8Array {
  const ctx = new Context(r, '__sk_buff');
  const names = Object.keys(CONTEXTS.__sk_buff!.fields);
  // Index 2 is the dummy0 that comes with the module of dummy devices.
  for (let i = r.below(5); i > 0; i--) {
    const name = r.bool(0.9) ? r.pick(SKB_SETTABLE) : r.pick(names);
    const value = r.pick([1, 1, 60, 100, 320, 65535, 65536, 65537, 200_000, r.next()]);
    const element = CONTEXTS.__sk_buff!.fields[name]!.count ? r.below(5) : 0;
    ctx.set(name, name.endsWith('ifindex') && r.bool(0.8) ? r.pick([0, 1, 1, 1, 3, 4, 4, 5]) : value, element);
  }
  return ctx.bytes;
}

export function xdpContext(r: Random, size: number): Uint8Array {
  const ctx = new Context(r, 'xdp_md');
  const good = Math.max(0, Math.min(216, size - 14) & ~3);
  const meta = r.weighted([
    [10, () => 0],
    [8, () => Math.min(good, r.pick([4, 8, 16, 64, 212, 216]))],
    [1, () => r.pick([3, 6, 216, 220, 252, 256])],
  ]);
  ctx.set('data', meta);
  const ends = [size, size, size, Math.max(meta, size >> 1), meta, meta + r.below(Math.max(1, size - meta))];
  ctx.set('data_end', r.bool(0.95) ? r.pick(ends) : r.pick([size + 1, size - 1, 0]));
  if (r.bool(0.15)) ctx.set('ingress_ifindex', r.pick([1, 1, 3, 4, 5]));
  if (r.bool(0.05)) ctx.set(r.pick(['data_meta', 'rx_queue_index', 'egress_ifindex']), 1);
  return ctx.bytes;
}

export function skLookupContext(r: Random): Uint8Array {
  const ctx = new Context(r, 'bpf_sk_lookup');
  ctx.set('family', r.bool(0.9) ? r.pick([2, 10]) : r.pick([0, 1, 3, 0x10002, 0x2000a]));
  ctx.set('protocol', r.pick([6, 17, 1, 0x10006, r.next()]));
  for (const name of ['remote_ip4', 'local_ip4', 'remote_port'] as const) if (r.bool(0.7)) ctx.set(name, r.next());
  for (const name of ['remote_ip6', 'local_ip6'] as const) {
    for (let i = 0; i < 4; i++) if (r.bool(0.7)) ctx.set(name, r.next(), i);
  }
  ctx.set('local_port', r.bool(0.9) ? r.below(65536) : r.pick([65535, 65536, r.next()]));
  if (r.bool(0.05)) ctx.put(38, 2, r.next());
  if (r.bool(0.05)) ctx.set('ingress_ifindex', 1);
  if (r.bool(0.05)) ctx.put(r.below(8), 1, 1);
  if (r.bool(0.03)) ctx.put(68, 1, 1);
  return ctx.bytes;
}

export function flowContext(r: Random): Uint8Array {
  const ctx = new Context(r, 'bpf_flow_keys');
  if (r.bool(0.8)) ctx.set('flags', r.pick([0, 1, 2, 4, 7, r.next()]));
  if (r.bool(0.1)) ctx.put(r.below(56), 1, 1);
  return ctx.bytes;
}

const NF_STATE_SIZE = 48;

export function netfilterContext(r: Random): Uint8Array {
  const ctx = new Context(r, 'bpf_nf_ctx', NF_STATE_SIZE);
  ctx.put(0, 1, r.bool(0.9) ? r.below(5) : r.pick([5, 6, 255]));
  ctx.put(1, 1, r.bool(0.9) ? r.pick([2, 10]) : r.pick([0, 1, 3, 7]));
  if (r.bool(0.08)) ctx.put(r.pick([2, 8, 16, 24, 32, 40, 47]), 1, 1);
  return ctx.bytes;
}

/** The options that all types have, mostly left alone. */
export function options(r: Random, flags: readonly number[]): Partial<TestRunRequest> {
  return {
    ...(r.bool(0.2) && { repeat: r.pick([0, 1, 2, 3, 5, 17, 60]) }),
    ...(r.bool(0.12) && { out_size: r.pick([0, 1, 10, 14, 20, 55, 56, 60, 4096, 8000, 20000]) }),
    ...(r.bool(0.12) && { ctx_out_size: r.pick([0, 1, 24, 48, 56, 72, 100, 192, 200]) }),
    ...(r.bool(0.1) && { flags: r.pick([1, 2, 4, 8, 0x80000000, ...flags, ...flags]) }),
    ...(r.bool(0.04) && { cpu: r.pick([0, 1, 7]) }),
    ...(r.bool(0.04) && { batch_size: r.pick([0, 1, 256, 257]) }),
  };
}

/** Bytes as requests carry them. */
export const hexOf = (bytes: Uint8Array): string => toHex(bytes);

const ADDRESSES = [0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2];

/** Frames of both IP versions whose addresses differ in every byte, and one of another protocol. */
export function fullFrames(): Uint8Array[] {
  const rest = Array.from({ length: 60 }, (_, i) => 0x81 + 3 * i);
  return [
    [8, 0, 0x45],
    [0x86, 0xdd, 0x60],
    [8, 6, 0],
  ].map((kind) => Uint8Array.from([...ADDRESSES, ...kind, ...rest]));
}

/** A context in which every field that may be set is, to a value with four different bytes where it can be. */
export function fullContext(struct: string, names: readonly string[], fixed: Readonly<Record<string, number>>): string {
  const { size, fields } = CONTEXTS[struct]!;
  const view = new DataView(new ArrayBuffer(size));
  names.forEach((name, n) => {
    const { offset, size: bytes, count = 1 } = fields[name]!;
    for (let i = 0; i < bytes * count; i++) view.setUint8(offset + i, 0x11 + 16 * n + 7 * i);
  });
  for (const [name, value] of Object.entries(fixed)) view.setUint32(fields[name]!.offset, value, true);
  return toHex(new Uint8Array(view.buffer));
}
