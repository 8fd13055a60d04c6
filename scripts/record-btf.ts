/**
 * Asks a real kernel with which BTF ids it knows the arguments of what programs attach to, and writes test/recorded/btf/args-6.12.json.
 * Usage: ORACLE_DIR=DIR npx tsx scripts/record-btf.ts   (DIR holds oracle.py; default ~/.oracle)
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { builtinBtf } from '../src/btf/builtin.ts';
import { findAttachTarget, type KernelBtf } from '../src/btf/kernelBtf.ts';
import { attachTypeRow } from '../src/spec/attachTypes.ts';
import { progTypeRow } from '../src/spec/progTypes.ts';
import type { LoadRequest } from '../src/spec/request.ts';
import { askOracle } from './oracle.ts';

const ATTACH = [
  ['tracing', 'trace_fentry', 'func', ''],
  ['tracing', 'trace_raw_tp', 'typedef', 'btf_trace_'],
  ['tracing', 'trace_iter', 'func', 'bpf_iter_'],
  ['lsm', 'lsm_mac', 'func', 'bpf_lsm_'],
] as const;
/** Of the functions every so manieth is asked for. */
const STRIDE = { trace_fentry: 60, trace_raw_tp: 6, trace_iter: 1, lsm_mac: 2 };
const NAMED = ['bpf_sk_storage_free', 'tcp_v4_connect', 'udp_sendmsg', '__dev_queue_xmit', 'tcp_set_state', 'sk_free'];

function names(btf: KernelBtf, kind: string, prefix: string, stride: number): string[] {
  const found: string[] = [];
  for (let id = btf.firstId; id < btf.endId; id++) {
    const type = btf.type(id)!;
    if (type.kind === kind && type.name.startsWith(prefix)) found.push(type.name.slice(prefix.length));
  }
  return found.filter((name, i) => i % stride === 0 || NAMED.includes(name));
}

const btf = builtinBtf();
const asked = ATTACH.flatMap(([progType, attach, kind, prefix]) =>
  names(btf, kind, prefix, STRIDE[attach]).flatMap((name) =>
    findAttachTarget(btf, attach, name).ok ? [{ progType, attach, name }] : [],
  ),
);
const requests = asked.map(
  ({ progType, attach, name }): LoadRequest => ({
    name: `${attach} ${name}`,
    prog_type: progTypeRow(progType)!.id,
    expected_attach_type: attachTypeRow(attach)!.id,
    attach_btf_name: name,
    license: 'GPL',
    log_level: 2,
    // r1 = *(u64 *)(r1 + 0): the log names the type of the first argument
    insns: '7911000000000000 b700000000000000 9500000000000000',
  }),
);
const lines: string[] = [];
askOracle(requests).forEach((result, i) => {
  const said = /func '([^']*)' arg(\d+) has btf_id (\d+) type (\w+) '([^']*)'/.exec(result.log ?? '');
  if (!said) return;
  const { attach, name } = asked[i]!;
  lines.push(`    ${JSON.stringify([attach, name, said[1], Number(said[3]), said[4], said[5]])}`);
});
mkdirSync(new URL('../test/recorded/btf/', import.meta.url), { recursive: true });
writeFileSync(
  new URL('../test/recorded/btf/args-6.12.json', import.meta.url),
  `{\n  "kernel": "6.12.117",\n  "columns": ["attach type", "name", "func in the log", "btf_id of the first argument", "kind", "type name"],\n  "rows": [\n${lines.join(',\n')}\n  ]\n}\n`,
);
console.log(`${requests.length} asked, ${lines.length} answers`);
