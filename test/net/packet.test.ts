import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildPacket } from '../../src/net/build.ts';
import { diffPackets } from '../../src/net/diff.ts';
import { fieldPlaces, fieldsAt } from '../../src/net/locate.ts';
import { MAX_LAYERS, parsePacket } from '../../src/net/parse.ts';
import { packetLine } from '../../src/net/print.ts';
import type { Protocol } from '../../src/net/proto/protocol.ts';
import { fixedSize, type LayerSpec, PROTOCOLS } from '../../src/net/proto/protocols.ts';
import { verifyChecksums } from '../../src/net/verify.ts';
import { problemText } from '../../src/util/problem.ts';
import { mutated, packetSpec } from './arbitraries.ts';
import { built, SAMPLES } from './samples.ts';

const anySample = fc.constantFrom(...SAMPLES.map((s) => s.bytes));
const starts = ['eth', 'ip'] as const;

describe('tables', () => {
  test('every bit of every header belongs to exactly one field', () => {
    for (const proto of Object.values(PROTOCOLS) as Protocol[]) {
      const all = proto.variants?.map((v) => [...proto.fields, ...v.fields]) ?? [proto.fields];
      for (const fields of all) {
        const seen = new Array<number>(8 * fixedSize(fields)).fill(0);
        for (const f of fields) {
          const high = 8 * (f.offset + f.size) - (f.shift ?? 0);
          for (let i = high - (f.bits ?? 8 * f.size); i < high; i++) seen[i]!++;
        }
        expect(new Set(seen), proto.name).toEqual(fields.length === 0 ? new Set() : new Set([1]));
        expect(new Set(fields.map((f) => f.name)).size).toBe(fields.length);
        for (const word of ['layer', 'at', 'size', 'end', 'missing', 'cut', 'quoted']) {
          expect(fields.map((f) => f.name)).not.toContain(word);
        }
      }
    }
  });
});

describe('build, parse', () => {
  test('a built packet parses without problems to the layers it was built of, all checksums good', () => {
    fc.assert(
      fc.property(packetSpec, (specs) => {
        const bytes = built(...specs);
        const { layers, problems } = parsePacket(bytes);
        expect(problems.map(problemText)).toEqual([]);
        expect(layers.map((l) => l.layer)).toEqual(specs.map((s) => s.layer));
        for (const [i, spec] of specs.entries()) {
          const { options: given, body: _, ...fields } = spec as unknown as Record<string, unknown>;
          const parsed = layers[i] as unknown as Record<string, unknown>;
          // Options and chunk bodies come back with padding; options of extension headers are plain bytes.
          for (const [name, value] of Object.entries(fields)) {
            if (!(value instanceof Uint8Array)) expect(parsed[name]).toEqual(value);
          }
          if (Array.isArray(given)) {
            const got = ((parsed.options ?? []) as { name: string }[]).slice(0, given.length);
            expect(got).toMatchObject(given);
          }
        }
        for (const c of verifyChecksums(bytes)) expect(c.status, c.layer).toBe('good');
      }),
      { numRuns: 500 },
    );
  });

  test('whatever is parsed builds back to the same bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      mutated(anySample),
      mutated(packetSpec.map((s) => built(...s))),
    );
    fc.assert(
      fc.property(bytes, fc.constantFrom(...starts), (b, start) => {
        const { layers } = parsePacket(b, { start });
        expect(built(...(layers as readonly LayerSpec[]))).toEqual(b);
        let at = 0;
        for (const l of layers) {
          expect(l.at).toBe(at);
          at += l.size;
          expect(l.end).toBeGreaterThanOrEqual(l.at + l.size);
        }
        expect(at).toBe(b.length);
      }),
      { numRuns: 3000 },
    );
  });

  test('reading, printing, checking and comparing any bytes gives an answer', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 120 }), mutated(anySample));
    fc.assert(
      fc.property(bytes, bytes, fc.constantFrom(...starts), (a, b, start) => {
        const { layers, problems } = parsePacket(a, { start });
        expect(layers.length).toBeLessThanOrEqual(MAX_LAYERS + 2);
        for (const p of problems) {
          expect(p.at.byte).toBeLessThanOrEqual(a.length);
          expect(problemText(p)).not.toContain('{');
        }
        const line = packetLine(a, { start });
        expect(line).not.toMatch(/undefined|NaN|\n/);
        for (const c of verifyChecksums(a, { start })) expect(c.at).toBeGreaterThanOrEqual(0);
        expect(diffPackets(a, a, { start })).toEqual([]);
        const same = a.length === b.length && a.every((v, i) => v === b[i]);
        expect(diffPackets(a, b, { start }).length > 0).toBe(!same);
      }),
      { numRuns: 3000 },
    );
  });

  test('every prefix of every sample is told to be cut short, or ends in payload', () => {
    for (const { name, bytes } of SAMPLES) {
      for (let n = 0; n < 14; n++) {
        const { problems } = parsePacket(bytes.subarray(0, n));
        expect(
          problems.map((p) => p.code),
          name,
        ).toEqual(['net.truncated-header']);
        expect(problems[0]!.at).toEqual({ byte: 0 });
      }
      if (!name.includes('arp') && !name.includes('unknown ethertype') && !name.includes('padded')) {
        const { problems } = parsePacket(bytes.subarray(0, bytes.length - 1));
        expect(
          problems.map((p) => p.code),
          name,
        ).toContainEqual(expect.stringMatching(/truncated/));
      }
    }
  });

  test('nesting is bounded', () => {
    const tags = Array.from({ length: 1000 }, () => ({ layer: 'vlan' }) as const);
    const { layers, problems } = parsePacket(built({ layer: 'eth' }, ...tags));
    expect(layers.length).toBe(MAX_LAYERS + 1);
    expect(problems.map((p) => p.code)).toEqual(['net.too-many-layers']);
  });

  test('wrong values are problems, one each', () => {
    const build = (...layers: unknown[]) => {
      const r = buildPacket(layers as LayerSpec[]);
      return r.ok ? [] : r.problems.map(problemText);
    };
    expect(build({ layer: 'ipv5' })).toEqual(['unknown layer `ipv5`, did you mean `ipv4`?']);
    expect(build({ layer: 'ipv4', dest: '1.2.3.4', ttl: 256 }, null)).toEqual([
      expect.stringContaining('ipv4 has no field `dest`'),
      'ipv4.ttl: `256` is not a number from 0 to 255',
      'a packet is a list of layers, each an object with a `layer` name',
    ]);
    expect(build({ layer: 'ipv4', src: '10.0.0.256' })).toEqual(['ipv4.src: `10.0.0.256` is not an IPv4 address']);
    expect(build({ layer: 'tcp', flags: 'SX' })).toEqual([expect.stringContaining('flags of FSRP.UEW')]);
    expect(build({ layer: 'tcp', options: [{ name: 'mss', values: [70000] }] })).toHaveLength(1);
    expect(build({ layer: 'tcp', options: [{ kind: 253, data: '00'.repeat(41) }] })).toEqual([
      'tcp.doff cannot hold the value 16, its largest is 15',
    ]);
    expect(build({ layer: 'ipv4' }, { layer: 'payload', bytes: new Uint8Array(65516) })).toEqual([
      'ipv4.tot_len cannot hold the value 65536, its largest is 65535',
    ]);
    expect(build({ layer: 'toString' })).toHaveLength(1);
    expect(build(...Array(1025).fill({ layer: 'tcp' }))).toEqual(['1025 layers to build, a packet can have 1024']);
    // The types know the fields too.
    // @ts-expect-error dest is not a field of ipv4
    expect(buildPacket([{ layer: 'ipv4', dest: '1.2.3.4' }]).ok).toBe(false);
    // @ts-expect-error an address is text
    expect(buildPacket([{ layer: 'ipv4', dst: 1 }]).ok).toBe(false);
    fc.assert(
      fc.property(fc.array(fc.anything(), { maxLength: 4 }), (layers) => {
        expect(typeof buildPacket(layers as LayerSpec[]).ok).toBe('boolean');
      }),
    );
  });

  test('given lengths, types and checksums are kept', () => {
    const bytes = built(
      { layer: 'eth', type: 0x1234 },
      { layer: 'ipv4', tot_len: 9, ihl: 7, check: 3, protocol: 200 },
      { layer: 'udp', len: 5, check: 1 },
    );
    expect([...bytes.subarray(12, 18)]).toEqual([0x12, 0x34, 0x47, 0, 0, 9]);
    expect([...bytes.subarray(23, 26)]).toEqual([200, 0, 3]);
    expect([...bytes.subarray(38)]).toEqual([0, 5, 0, 1]);
  });
});

describe('places', () => {
  test('a byte names its fields', () => {
    const { layers } = parsePacket(SAMPLES.find((s) => s.name === 'tcp syn')!.bytes);
    expect(fieldsAt(layers, 30)).toEqual([{ name: 'ipv4.dst', at: 30, size: 4 }]);
    expect(fieldsAt(layers, 14).map((f) => f.name)).toEqual(['ipv4.version', 'ipv4.ihl']);
    expect(fieldsAt(layers, 54).map((f) => f.name)).toEqual(['tcp.options']);
    expect(fieldsAt(layers, 1000)).toEqual([]);
  });

  test('every byte of every sample has a name; a second header is numbered', () => {
    for (const { bytes } of SAMPLES) {
      const { layers } = parsePacket(bytes);
      for (let i = 0; i < bytes.length; i++) expect(fieldsAt(layers, i).length).toBeGreaterThan(0);
    }
    const tunnel = parsePacket(SAMPLES.find((s) => s.name === '4in4')!.bytes).layers;
    expect(fieldPlaces(tunnel)).toContainEqual({ name: 'ipv4#2.dst', at: 50, size: 4 });
  });
});
