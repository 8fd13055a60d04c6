/**
 * Asks a real kernel which helpers each kind of program may call, and writes test/recorded/spec/helpers-6.12.json.
 * Usage: ORACLE_DIR=DIR npx tsx scripts/record-helpers.ts   (DIR holds oracle.py; default ~/.oracle)
 */

import { writeFileSync } from 'node:fs';
import { ATTACH_TYPES } from '../src/spec/attachTypes.ts';
import { HELPERS } from '../src/spec/helpers/index.ts';
import { PROG_TYPES, type ProgTypeName } from '../src/spec/progTypes.ts';
import type { LoadRequest, LoadResult } from '../src/spec/request.ts';
import { askOracle } from './oracle.ts';

interface Hook {
  readonly name: string;
  readonly request: LoadRequest;
}

/** Programs whose helpers depend on what they are attached to. */
const TARGETS: Partial<Record<ProgTypeName, Readonly<Record<string, Partial<LoadRequest>>>>> = {
  tracing: {
    'trace_fentry:tcp_v4_connect': { attach_btf_name: 'tcp_v4_connect' },
    'trace_fentry:bpf_sk_storage_free': { attach_btf_name: 'bpf_sk_storage_free' },
    'trace_fexit:tcp_v4_connect': { attach_btf_name: 'tcp_v4_connect' },
    'modify_return:bpf_fentry_test1': { attach_btf_name: 'bpf_fentry_test1' },
    'trace_raw_tp:sched_switch': { attach_btf_name: 'sched_switch' },
    'trace_iter:bpf_map_elem': { attach_btf_name: 'bpf_map_elem' },
    'trace_iter:task': { attach_btf_name: 'task' },
    'trace_iter:tcp': { attach_btf_name: 'tcp' },
    'trace_iter:udp': { attach_btf_name: 'udp' },
    'trace_iter:unix': { attach_btf_name: 'unix' },
  },
  lsm: {
    'lsm_mac:file_open': { attach_btf_name: 'file_open' },
    'lsm_mac:socket_post_create': { attach_btf_name: 'socket_post_create' },
    'lsm_mac:inet_csk_clone': { attach_btf_name: 'inet_csk_clone' },
    'lsm_cgroup:socket_post_create': { attach_btf_name: 'socket_post_create' },
    'lsm_cgroup:socket_bind': { attach_btf_name: 'socket_bind' },
    'lsm_cgroup:sk_alloc_security': { attach_btf_name: 'sk_alloc_security' },
    'lsm_cgroup:inet_csk_clone': { attach_btf_name: 'inet_csk_clone' },
  },
  struct_ops: {
    tcp_congestion_ops: { attach_btf_name: 'tcp_congestion_ops', attach_btf_kind: 'struct', expected_attach_type: 0 },
  },
};

function hooks(): Hook[] {
  const out: Hook[] = [];
  for (const [type, row] of Object.entries(PROG_TYPES) as [ProgTypeName, (typeof PROG_TYPES)[ProgTypeName]][]) {
    const base = { prog_type: row.id, license: 'GPL', log_level: 1, log_keep: 300 };
    const targets = TARGETS[type];
    if (targets !== undefined) {
      for (const [target, fields] of Object.entries(targets)) {
        const attach = ATTACH_TYPES[target.split(':')[0] as keyof typeof ATTACH_TYPES]?.id;
        const request = { ...base, ...(attach === undefined ? {} : { expected_attach_type: attach }), ...fields };
        out.push({ name: `${type}/${target}`, request });
      }
      continue;
    }
    if (type === 'ext') continue;
    if (type === 'syscall') {
      out.push({ name: type, request: { ...base, prog_flags: ['sleepable'] } });
      continue;
    }
    if (!row.attachTypeChecked) out.push({ name: type, request: base });
    for (const attach of row.attachTypes) {
      out.push({ name: `${type}/${attach}`, request: { ...base, expected_attach_type: ATTACH_TYPES[attach].id } });
    }
  }
  return out;
}

function callInsns(id: number): string {
  const imm = Buffer.alloc(4);
  imm.writeUInt32LE(id);
  return `85000000${imm.toString('hex')} 9500000000000000`;
}

type Answer = 'allowed' | 'no' | 'not_allowed_in_probe' | 'might_sleep' | 'gpl';

function answer(result: LoadResult): Answer {
  const log = result.log ?? '';
  if (/cannot use helper|unknown func|invalid func|must have a GPL compatible license/.test(log)) return 'no';
  if (log.includes('not allowed in probe')) return 'not_allowed_in_probe';
  if (log.includes('might sleep')) return 'might_sleep';
  if (log.includes('GPL-restricted')) return 'gpl';
  if (log.includes('(85) call') || log.includes('!read_ok') || result.verdict === 'accept') return 'allowed';
  throw new Error(`${result.name}: ${result.verdict} ${result.stage} ${result.errname}: ${log}`);
}

const ids = Object.values(HELPERS)
  .map((row) => row.id)
  .sort((a, b) => a - b);
const all = hooks();
const alive = askOracle(all.map((h) => ({ ...h.request, name: h.name, insns: 'b700000001000000 9500000000000000' })));
const loadable = all.filter((_, i) => alive[i]?.verdict === 'accept' || alive[i]?.log?.includes('At program exit'));
const unloadable = Object.fromEntries(
  all.flatMap((h, i) => (loadable.includes(h) ? [] : [[h.name, alive[i]?.errname ?? alive[i]?.detail ?? '?']])),
);
const answers = askOracle(
  loadable.flatMap((h) => ids.map((id) => ({ ...h.request, name: `${h.name} ${id}`, insns: callInsns(id) }))),
).map(answer);
const byHook: Record<string, Partial<Record<Answer, number[]>>> = {};
loadable.forEach((h, i) => {
  const groups: Partial<Record<Answer, number[]>> = {};
  ids.forEach((id, j) => {
    const a = answers[i * ids.length + j]!;
    if (a !== 'no') groups[a] = [...(groups[a] ?? []), id];
  });
  byHook[h.name] = groups;
});
const closed = askOracle(
  ids.map((id) => {
    // LSM and struct_ops programs must be GPL whatever they call
    const hook = loadable.find(
      (h, i) => !/^(lsm|struct_ops)/.test(h.name) && answers[i * ids.length + ids.indexOf(id)] !== 'no',
    );
    return { ...(hook ?? loadable[0]!).request, license: 'Proprietary', name: String(id), insns: callInsns(id) };
  }),
).map(answer);
const gpl_only = ids.filter((_, i) => closed[i] === 'gpl');
const lines = Object.entries(byHook).map(([name, groups]) => `    ${JSON.stringify(name)}: ${JSON.stringify(groups)}`);
writeFileSync(
  new URL('../test/recorded/spec/helpers-6.12.json', import.meta.url),
  `{\n  "kernel": "6.12.117",\n  "gpl_only": ${JSON.stringify(gpl_only)},\n  "unloadable": ${JSON.stringify(unloadable)},\n  "hooks": {\n${lines.join(',\n')}\n  }\n}\n`,
);
