/** The programs as load requests; `scripts/record-kfunc-logs.ts` reads them too. */
import { assemble } from '../../../src/asm/assemble.ts';
import { toRequest } from '../../../src/asm/request.ts';
import { KFUNCS } from '../../../src/spec/kfuncs/index.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import { dynptrSources } from './dynptr.ts';
import { iterSources } from './iter.ts';
import type { Sources } from './source.ts';

const MAPS = `
.map counts, type=hash, key=4, value=16, max_entries=8
.map cells, type=array, key=4, value=8, max_entries=4
.map ring, type=ringbuf, max_entries=4096
.map users, type=user_ringbuf, max_entries=4096
`;

/** Modules that have some of the functions. */
export const KFUNC_MODULES = ['nf_conntrack', 'nf_nat', 'nf_flow_table', 'xfrm_interface', 'fou'] as const;

function request(name: string, section: string, body: string, license: string): LoadRequest {
  const called = new Set([...body.matchAll(/call (bpf_\w+)/g)].map((m) => m[1]!));
  const externs = [...called].filter((f) => Object.hasOwn(KFUNCS, f)).map((f) => `.extern ${f}\n`);
  const head = `.section license\n.asciz "${license}"\n${MAPS}${externs.join('')}`;
  const { object, problems } = assemble(`${head}.section ${section}\nmain:\n${body}\n`, { file: name });
  const made = object && toRequest(object, { name });
  if (!made?.ok) throw new Error(`${name}: ${JSON.stringify(problems)}`);
  const { btf: _b, func_info: _f, line_info: _l, ...plain } = made.value;
  const maps = plain.maps?.filter((m) => body.includes(`${m.name} ll`)).map(({ btf: _, btf_key_type_id: __, btf_value_type_id: ___, ...m }) => m);
  void maps;
  return { ...plain, name };
}

const GROUPS: Readonly<Record<string, Sources>> = { dynptr: dynptrSources, iter: iterSources };

export function kfuncRequests(): Map<string, LoadRequest> {
  const out = new Map<string, LoadRequest>();
  for (const [group, sources] of Object.entries(GROUPS)) {
    for (const [name, [section, body]] of Object.entries(sources)) {
      const full = `${group}: ${name}`;
      out.set(full, request(full, section, body, 'GPL'));
    }
  }
  return out;
}
