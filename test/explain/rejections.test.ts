import { expect, test } from 'vitest';
import { assemble } from '../../src/asm/assemble.ts';
import type { Explanation } from '../../src/explain/index.ts';
import { explainRejection } from '../../src/explain/index.ts';
import { recorded, rejectionRequest, rejections } from '../programs/rejections.ts';

const NAMES: Readonly<Record<string, string>> = {
  'packet-variable-offset': 'BPF-E020',
  'sk-lookup-leak': 'BPF-E050',
  'sk-storage-in-storage-free': 'BPF-E064',
  'helper-key-by-value': 'BPF-E067',
  'stack-too-large': 'BPF-E041',
  'return-range': 'BPF-E094',
};

/** Every rejected program of programs/rejections, explained from the log of the real kernel. */
function explained(): Map<string, Explanation | undefined> {
  const out = new Map<string, Explanation | undefined>();
  for (const rejection of rejections().filter((r) => r.expect === 'reject')) {
    const request = rejectionRequest(rejection);
    const { object } = assemble(rejection.text, { file: `${rejection.name}.bpf` });
    if (typeof request === 'string' || !object) throw new Error(`${rejection.name}: ${request}`);
    const log = recorded(rejection.name).split('\n').slice(1).join('\n');
    const source = { program: object.programs[0]!, fileText: () => rejection.text };
    out.set(rejection.name, explainRejection({ log, source, request }));
  }
  return out;
}

test('every program of programs/rejections is explained', () => {
  const all = explained();
  expect(all.size).toBeGreaterThan(150);
  const unknown = [...all].filter(([, e]) => e === undefined || e.id === 'BPF-E000').map(([name]) => name);
  expect(unknown).toEqual([]);
  for (const [name, e] of all) {
    const words = JSON.stringify([e!.headline, e!.suggestion, e!.proof ?? '']);
    expect(words, name).not.toMatch(/\{\w+\}|undefined|NaN/);
  }
  for (const [name, id] of Object.entries(NAMES)) expect(all.get(name)?.id, name).toBe(id);
  const count = (has: (e: Explanation) => unknown) => [...all.values()].filter((e) => e && has(e) !== undefined).length;
  expect(count((e) => e.counterexample)).toBeGreaterThan(40);
  expect(count((e) => e.fix)).toBeGreaterThan(35);
  expect(all.get('sk-use-after-release')?.headline).toMatch(/^R6 is no pointer any more: bpf_sk_release released/);
}, 60_000);
