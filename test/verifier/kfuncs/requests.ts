/** The programs as load requests; `scripts/record-kfunc-logs.ts` reads them too. */
import { assemble } from '../../../src/asm/assemble.ts';
import { toRequest } from '../../../src/asm/request.ts';
import { KFUNCS } from '../../../src/spec/kfuncs/index.ts';
import type { LoadRequest, ProgResult } from '../../../src/spec/request.ts';
import { coreSources } from './core.ts';
import { dynptrSources } from './dynptr.ts';
import { functionSources } from './functions.ts';
import { iterSources } from './iter.ts';
import { networkSources } from './network.ts';
import { objectSources } from './objects.ts';
import { rawRequests } from './raw.ts';
import type { Sources } from './source.ts';
import { workqueueSources } from './workqueue.ts';

const MAPS = [
  '.map counts, type=hash, key=4, value=16, max_entries=8',
  '.map cells, type=array, key=4, value=8, max_entries=4',
  '.map ring, type=ringbuf, max_entries=4096',
  '.map users, type=user_ringbuf, max_entries=4096',
  '.map jumps, type=prog_array, key=4, value=4, max_entries=4',
] as const;

/** Modules that have some of the functions. */
export const KFUNC_MODULES = ['nf_conntrack', 'nf_nat', 'nf_flow_table', 'xfrm_interface', 'fou'] as const;

const CTX: Readonly<Record<string, string>> = { xdp: 'xdp_md', syscall: 'task_struct' };

/** A program with callbacks needs BTF, which says what its functions are. */
function withFunctions(section: string, body: string): string {
  const callbacks = [...body.matchAll(/= (\w+) ll/g)].map((m) => m[1]!).filter((f) => body.includes(`\n${f}:`));
  if (callbacks.length === 0) return `main:\n${body}`;
  let text = `.func main(struct ${CTX[section] ?? '__sk_buff'} *ctx) -> int\n${body}`;
  for (const name of callbacks) text = text.replace(`\n${name}:`, `\n.func ${name}(void *a, void *b) -> long static`);
  return text;
}

/** A file's text as a request, with what it uses declared. */
function request(name: string, text: string, license = 'GPL'): LoadRequest {
  const called = new Set([...text.matchAll(/call (\w+)/g)].map((m) => m[1]!));
  const externs = [...called].filter((f) => Object.hasOwn(KFUNCS, f)).map((f) => `.extern ${f}\n`);
  const maps = MAPS.filter((map) => text.includes(` ${/\.map (\w+)/.exec(map)![1]} ll`));
  const head = `.section license\n.asciz "${license}"\n${maps.join('\n')}\n${externs.join('')}`;
  const { object, problems } = assemble(head + text, { file: name });
  const made = object && toRequest(object, { name });
  if (!made?.ok) throw new Error(`${name}: ${JSON.stringify(problems)}`);
  return { ...made.value, name };
}

const GROUPS: Readonly<Record<string, Sources>> = {
  core: coreSources,
  dynptr: dynptrSources,
  iter: iterSources,
  network: networkSources,
  objects: objectSources,
};

export function kfuncRequests(): Map<string, LoadRequest> {
  const out = new Map<string, LoadRequest>();
  for (const [group, sources] of Object.entries(GROUPS)) {
    for (const [name, [section, body]] of Object.entries(sources)) {
      const full = `${group}: ${name}`;
      const text = `.section "${section}"\n${withFunctions(section, body)}\n`;
      out.set(full, request(full, text, name === 'no licence' ? 'Proprietary' : 'GPL'));
    }
  }
  const files = { functions: functionSources, workqueue: workqueueSources };
  for (const [group, texts] of Object.entries(files)) {
    for (const [name, text] of Object.entries(texts)) {
      out.set(`${group}: ${name}`, request(`${group}: ${name}`, `${text}\n`));
    }
  }
  for (const [name, raw] of rawRequests()) out.set(name, raw);
  return out;
}

/** Ids of functions differ from boot to boot. */
export function withoutIds(result: ProgResult): ProgResult {
  const log = result.log?.replace(/(call \w+)#\d{4,}/g, '$1#N').replace(/(kfunc \w+)#\d{4,}/g, '$1#N');
  return { ...result, ...(log !== undefined && { log }) };
}
