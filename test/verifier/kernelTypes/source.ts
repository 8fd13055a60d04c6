/** Short ways to write programs that deal with kernel types. */
import { assemble } from '../../../src/asm/assemble.ts';
import { toRequest } from '../../../src/asm/request.ts';
import { BtfBuilder } from '../../../src/btf/builder.ts';
import { builtinBtf } from '../../../src/btf/builtin.ts';
import type { BtfMember } from '../../../src/btf/parse.ts';
import type { LoadRequest, MapRequest } from '../../../src/spec/request.ts';
import { toHex } from '../../../src/util/hex.ts';

export type Requests = Map<string, LoadRequest>;

function storageMaps(): readonly MapRequest[] {
  const b = new BtfBuilder();
  const [key, value] = [b.int('int', 4, { signed: true }), b.int('u64', 8)];
  const btf = toHex(b.build());
  const sizes = { key_size: 4, value_size: 8, max_entries: 0, map_flags: 1 };
  const typed = { btf, btf_key_type_id: key, btf_value_type_id: value };
  return (['sk_storage', 'task_storage', 'inode_storage', 'cgrp_storage'] as const).map((type) => ({
    name: type,
    type,
    ...sizes,
    ...typed,
  }));
}

/** `sk_storage` and its like, `ring`, `cells`. */
const MAPS: readonly MapRequest[] = [
  ...storageMaps(),
  { name: 'ring', type: 'ringbuf', key_size: 0, value_size: 0, max_entries: 4096 },
  { name: 'cells', type: 'array', key_size: 4, value_size: 8, max_entries: 4 },
];

const DECLARED = MAPS.map(({ name }) =>
  name === 'ring'
    ? '.map ring, type=ringbuf, max_entries=4096'
    : `.map ${name}, type=array, key=4, value=8, max_entries=4`,
).join('\n');

/** Byte offset of a member, anonymous structs and unions looked into. */
function offsetOf(path: string): number {
  const btf = builtinBtf();
  const [struct, field] = path.split('.');
  const search = (members: readonly BtfMember[], base: number): number | undefined => {
    for (const m of members) {
      const at = base + m.bitOffset / 8;
      if (m.name === field) return at;
      const inner = m.name === '' ? btf.type(m.type) : undefined;
      const found = inner && 'members' in inner ? search(inner.members, at) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const type = btf.type(btf.find('struct', struct!) ?? 0);
  const found = type && 'members' in type ? search(type.members, 0) : undefined;
  if (found === undefined) throw new Error(`no ${path}`);
  return found;
}

/** One program; `{sock.sk_mark}` in the text is a member's offset. BTF of its own comes with `.func` lines. */
export function program(name: string, section: string, body: string): LoadRequest {
  const text = body.replace(/\{(\w+\.\w+)\}/g, (_, path: string) => String(offsetOf(path)));
  const typed = text.includes('.func ');
  const main = typed ? text : `main:\n${text}`;
  const source = `.section license\n.asciz "GPL"\n${typed ? '' : DECLARED}\n.section ${section}\n${main}\n`;
  const { object, problems } = assemble(source, { file: name });
  const made = object && toRequest(object, { name });
  if (!made?.ok) throw new Error(`${name}: ${JSON.stringify(problems)}`);
  const { btf, func_info, func_info_rec_size, line_info: _l, line_info_rec_size: _s, ...rest } = made.value;
  const info = typed ? { btf: btf!, func_info: func_info!, func_info_rec_size: func_info_rec_size! } : { maps: MAPS };
  return { ...rest, ...info, name };
}
