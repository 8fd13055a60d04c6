import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CapturePacket, readCapture } from '../../src/net/capture.ts';
import { writePcap } from '../../src/net/pcap.ts';
import { writePcapng } from '../../src/net/pcapngWrite.ts';
import { problemText, type Result } from '../../src/util/problem.ts';
import { mutated } from './arbitraries.ts';

function must<T>(r: Result<T>): T {
  if (!r.ok) throw new Error(r.problems.map(problemText).join('\n'));
  return r.value;
}

const orders = ['little', 'big'] as const;
const MAX_TIME = 2n ** 32n * 1_000_000_000n - 1n;
const packet = fc
  .record({
    timeNs: fc.bigInt({ min: 0n, max: MAX_TIME }),
    bytes: fc.uint8Array({ maxLength: 50 }),
    more: fc.nat(100),
    interface: fc.nat(2),
    comment: fc.option(fc.string({ unit: 'grapheme', maxLength: 20 }), { nil: undefined }),
    flags: fc.option(fc.nat(0xffff_ffff), { nil: undefined }),
  })
  .map(({ more, comment, flags, ...p }): CapturePacket => {
    const rest = { ...(comment === undefined ? {} : { comment }), ...(flags === undefined ? {} : { flags }) };
    return { ...p, origLen: p.bytes.length + more, ...rest };
  });
const packets = fc.array(packet, { maxLength: 8 });
const plain = ({ timeNs, bytes, origLen }: CapturePacket) => ({ timeNs, bytes, origLen, interface: 0 });

const INTERFACES = [
  { linkType: 1, name: 'eth0', snapLen: 0, unitsPerSecond: 1_000_000_000n },
  { linkType: 1, snapLen: 65535, unitsPerSecond: 1_000_000_000n },
  { linkType: 101, name: 'tun µ', snapLen: 96, unitsPerSecond: 1_000_000n },
];

describe('pcap', () => {
  for (const byteOrder of orders) {
    for (const nanoseconds of [false, true]) {
      test(`${byteOrder} endian, ${nanoseconds ? 'nano' : 'micro'}seconds: what is written is read`, () => {
        fc.assert(
          fc.property(packets, (list) => {
            const file = must(writePcap(list, { byteOrder, nanoseconds }));
            const { capture, problems } = readCapture(file);
            expect(problems).toEqual([]);
            expect(capture).toMatchObject({ format: 'pcap', byteOrder });
            expect(capture!.interfaces[0]!.linkType).toBe(1);
            const unit = nanoseconds ? 1n : 1000n;
            expect(capture!.packets).toEqual(list.map((p) => ({ ...plain(p), timeNs: p.timeNs - (p.timeNs % unit) })));
          }),
        );
      });
    }
  }

  test('a file cut anywhere gives every whole packet and says where it ends', () => {
    const list = [0, 1, 2].map((i) =>
      plain({ timeNs: BigInt(i), bytes: new Uint8Array(10 + i), origLen: 100, interface: 0 }),
    );
    const file = must(writePcap(list, { nanoseconds: true }));
    const ends = [24, 24 + 26, 24 + 26 + 27, file.length];
    for (let n = 24; n < file.length; n++) {
      const { capture, problems } = readCapture(file.subarray(0, n));
      const whole = ends.filter((e) => e > 24 && e <= n).length;
      expect(capture!.packets).toEqual(list.slice(0, whole));
      if (ends.includes(n)) expect(problems).toEqual([]);
      else {
        expect(problems.map((p) => p.code)).toEqual(['net.capture-truncated']);
        expect(problems[0]!.at.byte).toBe(ends[whole]);
      }
    }
  });

  test('an impossible length stops the reading with a problem at its byte', () => {
    const list = [1, 2].map((i) => plain({ timeNs: BigInt(i), bytes: new Uint8Array(10), origLen: 10, interface: 0 }));
    const file = must(writePcap(list));
    new DataView(file.buffer).setUint32(24 + 26 + 8, 0xffff_fff0, true);
    const { capture, problems } = readCapture(file);
    expect(capture!.packets).toHaveLength(1);
    expect(problems.map((p) => [p.code, p.at.byte])).toEqual([['net.bad-record-length', 58]]);
  });

  test('times outside 1970 to 2106 and lengths that contradict are refused', () => {
    const p = { bytes: new Uint8Array(4), origLen: 4 };
    const r = writePcap([
      { ...p, timeNs: -1n },
      { ...p, timeNs: MAX_TIME + 1n },
      { ...p, timeNs: 0n, origLen: 3 },
    ]);
    expect(r.ok ? [] : r.problems.map((x) => x.code)).toEqual(['net.time-range', 'net.time-range', 'net.bad-packet']);
  });
});

describe('pcapng', () => {
  for (const byteOrder of orders) {
    test(`${byteOrder} endian: what is written is read, with interfaces, comments and flags`, () => {
      fc.assert(
        fc.property(packets, (list) => {
          // The reader takes trailing NULs, which other writers add, for padding.
          const clean = list.map((p) =>
            p.comment === undefined ? p : { ...p, comment: p.comment.replace(/\0+$/, '') },
          );
          const file = must(writePcapng(clean, { byteOrder, interfaces: INTERFACES }));
          const { capture, problems } = readCapture(file);
          expect(problems.map((p) => p.code)).toEqual(['net.link-type']);
          expect(capture).toMatchObject({ format: 'pcapng', byteOrder, interfaces: INTERFACES });
          const micro = (p: CapturePacket) => (p.interface === 2 ? p.timeNs - (p.timeNs % 1000n) : p.timeNs);
          expect(capture!.packets).toEqual(clean.map((p) => ({ ...p, timeNs: micro(p) })));
        }),
      );
    });
  }

  test('sections of different byte orders in one file, each with its interfaces', () => {
    const one = (i: number, byteOrder: 'little' | 'big') =>
      must(
        writePcapng([{ ...plain({ timeNs: BigInt(i), bytes: Uint8Array.of(i), origLen: 1, interface: 0 }) }], {
          byteOrder,
        }),
      );
    const file = Uint8Array.from([...one(1, 'little'), ...one(2, 'big'), ...one(3, 'little')]);
    const { capture, problems } = readCapture(file);
    expect(problems).toEqual([]);
    expect(capture!.packets.map((p) => [p.bytes[0], p.interface, p.timeNs])).toEqual([
      [1, 0, 1n],
      [2, 1, 2n],
      [3, 2, 3n],
    ]);
  });

  /** A little-endian block of 32-bit words. */
  const block = (type: number, ...words: number[]) => {
    const all = Uint32Array.of(type, 12 + 4 * words.length, ...words, 12 + 4 * words.length);
    return [...new Uint8Array(all.buffer)];
  };
  const section = block(0x0a0d0d0a, 0x1a2b3c4d, 1, 0xffff_ffff, 0xffff_ffff);

  test('simple, obsolete and unknown blocks, resolutions and offsets of time', () => {
    const tsresol = (byte: number) => [0x0001_0009, byte];
    const file = Uint8Array.from([
      ...section,
      ...block(0x0bad, 1, 2, 3),
      ...block(1, 1, 2, ...tsresol(0x80 | 10), 0x0008_000e, 5, 0, 0), // 1/1024 s, 5 s later, snaplen 2
      ...block(3, 4, 0x0403_0201),
      ...block(2, 0, 0, 1024 + 512, 3, 3, 0x0003_0201),
      ...block(5, 0, 0, 0),
    ]);
    const { capture, problems } = readCapture(file);
    expect(problems).toEqual([]);
    expect(capture!.packets).toEqual([
      { timeNs: 0n, bytes: Uint8Array.of(1, 2), origLen: 4, interface: 0 },
      { timeNs: 6_500_000_000n, bytes: Uint8Array.of(1, 2, 3), origLen: 3, interface: 0 },
    ]);
  });

  test('a bad packet is passed over, what follows is read', () => {
    const good = block(6, 0, 0, 1, 1, 1, 0x61);
    const file = Uint8Array.from([
      ...section,
      ...block(1, 1, 0),
      ...block(6, 9, 0, 0, 0, 0), // no such interface
      ...block(6, 0, 0, 0, 0xffff_ffff, 1), // captured length beyond the block
      ...block(6, 0, 0), // too short
      ...good,
      ...block(6, 0, 0, 1, 0, 0, 0xffff_0001), // option beyond the block; the packet itself is fine
      ...block(6, 0, 0).slice(0, 8),
    ]);
    const { capture, problems } = readCapture(file);
    expect(capture!.packets.map((p) => p.bytes.length)).toEqual([1, 0]);
    expect(problems.map((p) => p.code)).toEqual([
      'net.unknown-interface',
      'net.bad-captured-length',
      'net.bad-block',
      'net.bad-file-option',
      'net.capture-truncated',
    ]);
  });

  test('packets that do not fit the format are refused', () => {
    const p = { bytes: new Uint8Array(4), origLen: 4, interface: 0, timeNs: 0n };
    const r = writePcapng([
      { ...p, interface: 1 },
      { ...p, timeNs: -1n },
      { ...p, comment: 'x'.repeat(70000) },
      { ...p, flags: -1 },
    ]);
    expect(r.ok ? [] : r.problems.map((x) => x.code)).toEqual([
      'net.no-interface',
      'net.time-range',
      'net.comment-too-long',
      'net.bad-packet',
    ]);
  });
});

describe('hostile files', () => {
  const file = fc.oneof(
    packets.map((l) => must(writePcap(l, { nanoseconds: true }))),
    packets.map((l) => must(writePcap(l, { byteOrder: 'big' }))),
    packets.map((l) => must(writePcapng(l, { interfaces: INTERFACES }))),
    packets.map((l) => must(writePcapng(l, { byteOrder: 'big', interfaces: INTERFACES }))),
  );

  test('any mutation gives packets within the file and problems that say where', () => {
    fc.assert(
      fc.property(fc.oneof(mutated(file), fc.uint8Array({ maxLength: 64 })), (bytes) => {
        const { capture, problems } = readCapture(bytes);
        expect(problems.length).toBeLessThanOrEqual(101 + 16);
        for (const p of problems) {
          if (p.code !== 'net.link-type') expect(p.at.byte).toBeLessThanOrEqual(bytes.length);
          expect(problemText(p)).not.toContain('{');
        }
        let total = 0;
        for (const p of capture?.packets ?? []) {
          expect(p.bytes.buffer).toBe(bytes.buffer); // a view: nothing is copied
          expect(p.origLen).toBeGreaterThanOrEqual(p.bytes.length);
          expect(capture!.interfaces[p.interface]).toBeDefined();
          total += p.bytes.length;
        }
        expect(total).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 3000 },
    );
  });

  test('what is no capture is said to be none', () => {
    const codes = (...bytes: number[]) => readCapture(Uint8Array.from(bytes)).problems.map((p) => p.code);
    expect(codes()).toEqual(['net.empty-capture']);
    expect(codes(1, 2, 3)).toEqual(['net.not-a-capture']);
    expect(codes(0x1f, 0x8b, 8, 0)).toEqual(['net.compressed']);
    expect(codes(0xd4, 0xc3, 0xb2, 0xa1)).toEqual(['net.capture-truncated']);
    expect(codes(0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 1, 2, 3, 4)).toEqual(['net.bad-byte-order']);
  });

  test('the list of problems is bounded', () => {
    const bad = [6, 32, 9, 0, 0, 0, 0, 32];
    const words = [0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0xffff_ffff, 0xffff_ffff, 28, ...Array(1000).fill(bad).flat()];
    const { problems } = readCapture(new Uint8Array(Uint32Array.from(words).buffer));
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)!.code).toBe('net.more-problems');
  });
});
