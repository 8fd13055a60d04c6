import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerDns, type DnsMessage, dnsFault, dnsMessage, dnsText, parseDns } from '../../src/net/dns.ts';
import { fromHex, toHex } from '../../src/util/hex.ts';

const A = Uint8Array.of(10, 96, 0, 80);
const AAAA = fromHex('20010db8000000000000000000000080')!;
const label = fc.stringMatching(/^[A-Za-z0-9_-]{1,63}$/);
const query = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const message: fc.Arbitrary<DnsMessage> = fc
  .record({ id: fc.nat(0xffff), query, type: fc.constantFrom('A' as const, 'AAAA' as const), kind: fc.nat(2) })
  .map(({ kind, ...m }) =>
    kind === 0 ? m : kind === 1 ? { ...m, answer: m.type === 'A' ? A : AAAA } : { ...m, none: true },
  )
  .filter((m) => dnsFault(m) === undefined);

describe('DNS messages', () => {
  it('are those of RFC 1035', () => {
    // As dig writes them, without EDNS.
    expect(toHex(dnsMessage({ id: 0x1234, query: 'a.bc' }))).toBe('1234010000010000000000000161026263000001000' + '1');
    expect(toHex(dnsMessage({ query: 'a', answer: A }))).toBe(
      '0001818000010001000000000161000001' + '0001c00c000100010000001e00040a600050',
    );
  });

  it('are read back', () => {
    fc.assert(
      fc.property(message, (m) => {
        expect(parseDns(dnsMessage(m))).toEqual(m);
      }),
    );
  });

  it('are nothing but themselves', () => {
    fc.assert(
      fc.property(message, fc.nat(200), fc.nat(255), (m, at, value) => {
        const bytes = dnsMessage(m);
        bytes[at % bytes.length] = value;
        const read = parseDns(bytes);
        if (read) expect(toHex(dnsMessage(read))).toBe(toHex(bytes));
        expect(parseDns(bytes.subarray(0, at % bytes.length))).toBeUndefined();
      }),
    );
    expect(parseDns(new Uint8Array(0))).toBeUndefined();
    expect(parseDns(new TextEncoder().encode('what time is it?'))).toBeUndefined();
  });

  it('are answered for the family of the address', () => {
    const asked = (type: 'A' | 'AAAA') => dnsMessage({ id: 7, query: 'web.example', type });
    const answer = (bytes: Uint8Array) => dnsText(parseDns(answerDns(bytes, A)!)!);
    expect(answer(asked('A'))).toBe('web.example A 10.96.0.80');
    expect(answer(asked('AAAA'))).toBe('web.example AAAA none');
    expect(parseDns(answerDns(asked('A'), A)!)?.id).toBe(7);
    expect(answerDns(answerDns(asked('A'), A)!, A)).toBeUndefined();
    expect(answerDns(Uint8Array.of(1, 2, 3), A)).toBeUndefined();
  });

  it('in words', () => {
    expect(dnsText({ query: 'web', type: 'AAAA' })).toBe('web AAAA?');
    expect(dnsText({ query: 'web', answer: AAAA })).toBe('web AAAA 2001:db8::80');
  });

  it('have faults', () => {
    expect(dnsFault({ query: '' })).toContain('labels');
    expect(dnsFault({ query: 'a..b' })).toContain('labels');
    expect(dnsFault({ query: 'x'.repeat(64) })).toContain('labels');
    expect(dnsFault({ query: 'a', type: 'AAAA', answer: A })).toContain('IPv6');
  });
});
