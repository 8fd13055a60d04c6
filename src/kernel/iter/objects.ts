/** The kernel objects that an iterator's program sees beside the elements: the map, the meta data, the context. */
import type { MapEnv } from '../../maps/attr.ts';
import { mapInfo } from '../../maps/object.ts';
import { type Arena, PERM_READ } from '../../mem/arena.ts';
import { LAYOUTS } from '../../spec/layouts.ts';
import { newParts, type Parts } from '../testRun/parts.ts';
import type { MapRecord } from '../world.ts';
import { newSeqFile } from './seqFile.ts';
import type { IterCtx, IterTarget } from './targets.ts';

const BPF_MAP = LAYOUTS.bpf_map.members;
const META = LAYOUTS.bpf_iter_meta.members;
/** The first two members of every context. */
const { meta: CTX_META, map: CTX_MAP } = LAYOUTS.bpf_iter__bpf_map_elem.members;

/** What lies in memory as long as an iterator's descriptor is open. */
export interface IterObjects {
  readonly seq: number;
  readonly meta: number;
  readonly ctx: IterCtx;
  free(): void;
}

/** The map as a struct of the kernel. */
function newBpfMap(env: MapEnv, parts: Parts, { address, type }: MapRecord): number {
  const { arena } = env;
  const object = parts.object(LAYOUTS.bpf_map.size);
  if (object === 0) return 0;
  const { name, ...info } = mapInfo(env, address);
  const numbers = { ...info, map_type: type };
  for (const [member, [offset]] of Object.entries(BPF_MAP)) {
    if (member !== 'name') arena.setU32(object + offset, numbers[member as keyof typeof numbers] as number);
  }
  arena.put(
    object + BPF_MAP.name[0],
    Uint8Array.from(name, (c) => c.charCodeAt(0)),
  );
  return object;
}

/** Makes them; undefined without memory. */
export function newIterObjects(
  env: MapEnv,
  target: IterTarget,
  map: MapRecord,
  session: number,
): IterObjects | undefined {
  const { arena } = env;
  const parts = newParts(arena);
  const seq = newSeqFile(arena, parts);
  const meta = parts.object(LAYOUTS.bpf_iter_meta.size);
  const object = newBpfMap(env, parts, map);
  const address = parts.alloc({ kind: 'ctx memory', size: target.ctxSize, perm: PERM_READ });
  const room = target.alloc(env, map, parts);
  const free = (): void => parts.free();
  if (parts.failed()) {
    free();
    return undefined;
  }
  arena.setU64(meta + META.seq[0], seq, 0);
  arena.setU64(meta + META.session_id[0], session, 0);
  arena.setU64(address + CTX_META[0], meta, 0);
  arena.setU64(address + CTX_MAP[0], object, 0);
  return { seq, meta, ctx: { address, ...room }, free };
}

/** Number of the element among those that were shown. */
export function setSeqNum(arena: Arena, { meta }: IterObjects, num: number): void {
  arena.setU64(meta + META.seq_num[0], num, 0);
}

/** Takes the element out of the context: the call at the end has none. */
export function clearElement(arena: Arena, { ctx }: IterObjects, ctxSize: number): void {
  const first = CTX_MAP[0] + 8;
  arena.fill(ctx.address + first, 0, ctxSize - first);
}
