import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { assemble } from '../../src/asm/assemble.ts';
import { parseBtf } from '../../src/btf/parse.ts';
import { readCapture } from '../../src/net/capture.ts';
import { diffPackets } from '../../src/net/diff.ts';
import { parsePacket } from '../../src/net/parse.ts';
import { packetLine } from '../../src/net/print.ts';
import { problemText } from '../../src/util/problem.ts';
import { requestOf } from '../programs/assembleFile.ts';
import { Random } from '../random.ts';
import { mutate } from './mutate.ts';

const PROGRAMS = join(import.meta.dirname, '../../programs');
const RECORDED = join(import.meta.dirname, '../recorded/net');
const random = new Random(0x9e3779b9);

/** Texts small enough to be assembled thousands of times. */
const TEXTS = readdirSync(join(PROGRAMS, 'hello'))
  .filter((name) => name.endsWith('.bpf'))
  .map((name) => readFileSync(join(PROGRAMS, 'hello', name), 'utf8'));
const WORDS = [
  '.map',
  '.struct',
  '.func',
  '.section "xdp"',
  'goto',
  'call',
  '*(u32 *)',
  'r1 =',
  'll',
  '(((((',
  '.equ',
  '0x',
  '/*',
  '"',
  ';',
  '\n',
  '.macro x',
  '.endm',
  '.ifdef',
  '.zero 99999999999',
];

/** A text with characters changed, words put in, lines dropped or doubled; now and then a byte that is no text. */
function mutatedText(original: string): string {
  let text = original;
  for (let i = 1 + random.below(3); i > 0; i--) {
    const at = random.below(text.length + 1);
    const lines = text.split('\n');
    const line = random.below(lines.length);
    const character = random.below(50) === 0 ? random.below(256) : 32 + random.below(95);
    text = random.pick([
      () => `${text.slice(0, at)}${String.fromCharCode(character)}${text.slice(at + 1)}`,
      () => `${text.slice(0, at)}${text.slice(at + 1 + random.below(3))}`,
      () => `${text.slice(0, at)} ${random.pick(WORDS)} ${text.slice(at)}`,
      () => lines.toSpliced(line, 1).join('\n'),
      () => lines.toSpliced(line, 0, random.pick(lines)).join('\n'),
    ])();
  }
  return text;
}

test('15,000 mutated texts assemble or have problems with a place', () => {
  let assembled = 0;
  const codes = new Set<string>();
  for (let i = 0; i < 15_000; i++) {
    const { object, problems } = assemble(mutatedText(random.pick(TEXTS)), { file: 'mutated.bpf' });
    if (object) assembled++;
    else expect(problems.length).toBeGreaterThan(0);
    for (const p of problems) {
      codes.add(p.code);
      expect(problemText(p)).toMatch(/\S/);
      expect(p.at.pos?.line).toBeGreaterThan(0);
    }
  }
  expect(assembled).toBeGreaterThan(3_000);
  expect(codes.size).toBeGreaterThan(20);
});

test('20,000 mutated captures give packets or problems, and never more than they hold', () => {
  const captures = readdirSync(RECORDED)
    .filter((name) => /pcap(ng)?$/.test(name))
    .map((name) => readFileSync(join(RECORDED, name)));
  captures.push(readFileSync(join(PROGRAMS, 'demo/demo.pcap')));
  let packets = 0;
  for (let i = 0; i < 20_000; i++) {
    const bytes = mutate(random, random.pick(captures));
    const { capture, problems } = readCapture(bytes);
    if (!capture) expect(problems.length).toBeGreaterThan(0);
    const held = (capture?.packets ?? []).reduce((sum, p) => sum + p.bytes.length, 0);
    expect(held).toBeLessThanOrEqual(bytes.length);
    packets += capture?.packets.length ?? 0;
    const first = capture?.packets[random.below(Math.max(1, capture.packets.length))];
    if (first) expect(packetLine(first.bytes)).toMatch(/\S/);
  }
  expect(packets).toBeGreaterThan(10_000);
});

test('20,000 random and mutated packets parse, print and compare', () => {
  const capture = readCapture(readFileSync(join(RECORDED, 'all.pcapng'))).capture!;
  for (let i = 0; i < 20_000; i++) {
    const original = random.pick(capture.packets).bytes;
    const bytes = random.below(4) === 0 ? random.bytes(random.below(120)) : mutate(random, original);
    const { layers } = parsePacket(bytes);
    for (const layer of layers) expect(layer.end).toBeLessThanOrEqual(bytes.length);
    expect(typeof packetLine(bytes)).toBe('string');
    expect(Array.isArray(diffPackets(original, bytes))).toBe(true);
  }
});

test('10,000 mutated BTF blobs parse or have a problem', () => {
  const btf = requestOf('lb/tc.bpf').progs?.find((p) => p.btf)?.btf ?? requestOf('lb/tc.bpf').btf;
  const blob = Uint8Array.from(Buffer.from(btf ?? '', 'hex')).slice(0, 4096);
  expect(blob.length).toBeGreaterThan(100);
  for (let i = 0; i < 10_000; i++) {
    const parsed = parseBtf(mutate(random, blob));
    if (!parsed.ok) expect(problemText(parsed.problems[0]!)).toMatch(/\S/);
  }
});
