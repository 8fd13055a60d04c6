/** Load requests from assembler text, and a collection of them by name. */
import { assemble } from '../../../src/asm/assemble.ts';
import { toRequest } from '../../../src/asm/request.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';

export type Requests = Map<string, LoadRequest>;

/** Structs and maps that the programs share; a program gets those that it names. */
const STRUCTS = `.struct cell {
    struct bpf_spin_lock lock
    u64 at
    u32 more
}
.struct alarm {
    u64 before
    struct bpf_timer timer
    u64 count
}
.struct holder {
    u64 before
    struct task_struct __kptr *task
    struct task_struct __kptr_untrusted *seen
    u64 after
}
`;
const MAPS: Readonly<Record<string, string>> = {
  cells: 'type=array, key=u32, value=cell, max_entries=4',
  hcells: 'type=hash, key=u32, value=cell, max_entries=4',
  alarms: 'type=array, key=u32, value=alarm, max_entries=4',
  others: 'type=array, key=u32, value=alarm, max_entries=1',
  holders: 'type=array, key=u32, value=holder, max_entries=4',
  plain: 'type=hash, key=u32, value=u64, max_entries=4',
  jumps: 'type=prog_array, key=u32, value=u32, max_entries=4',
  ring: 'type=ringbuf, max_entries=4096',
};

/** Looks element 0 up; `out` is where NULL goes. */
export const lookup = (map: string): string =>
  `*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = ${map} ll\ncall bpf_map_lookup_elem\nif r0 == 0 goto out\n`;

/** A program that ends with `out`, R0 = 0; `subs` are further functions. */
export function program(name: string, section: string, body: string, subs = ''): LoadRequest {
  const maps = Object.entries(MAPS).filter(([map]) => `${body}${subs}`.includes(`${map} ll`));
  const head = `.section license\n.asciz "GPL"\n${STRUCTS}${maps.map(([map, what]) => `.map ${map}, ${what}\n`).join('')}`;
  const func = subs === '' ? '' : '.func entry(struct __sk_buff *ctx) -> int\n';
  return requestOf(name, `${head}.section "${section}"\n${func}${body}\nout:\nr0 = 0\nexit\n${subs}`);
}

export function requestOf(name: string, text: string): LoadRequest {
  const { object, problems } = assemble(text, { file: 'area' });
  const request = object && toRequest(object, { name });
  if (!request?.ok) throw new Error(`${name}: ${JSON.stringify(problems)}`);
  return { ...request.value, name };
}
