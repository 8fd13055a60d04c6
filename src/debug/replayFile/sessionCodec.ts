/** What a user did in a session, in a recording: changes, breakpoints. */
import type { TimedEdit } from '../session/timeline.ts';
import type { BreakPlace, BreakSpec, Edit, InsnPlace } from '../session/types.ts';
import { big, byKind, bytes, type Codec, flag, list, object, oneOf, optional, text, whole } from './codec.ts';

const SAFE = Number.MAX_SAFE_INTEGER;
const U32 = 0xffff_ffff;
const MAX_BYTES = 1 << 20;
const name = text(4096);
const u64 = big(0n, (1n << 64n) - 1n);
const kind = <const K extends string>(is: K): Codec<K> => oneOf([is]);
type Of<T extends { readonly kind: string }, K extends T['kind']> = Extract<T, { readonly kind: K }>;

const edit = byKind<Edit>({
  register: object<Of<Edit, 'register'>>({
    kind: kind('register'),
    depth: whole(0, 7),
    reg: whole(0, 10),
    value: u64,
  }),
  memory: object<Of<Edit, 'memory'>>({ kind: kind('memory'), address: whole(0, U32), bytes: bytes(MAX_BYTES) }),
  ctx: object<Of<Edit, 'ctx'>>({ kind: kind('ctx'), address: whole(0, U32), size: whole(1, 8), value: u64 }),
  'map-update': object<Of<Edit, 'map-update'>>({
    kind: kind('map-update'),
    map: name,
    key: bytes(MAX_BYTES),
    value: bytes(MAX_BYTES),
  }),
  'map-delete': object<Of<Edit, 'map-delete'>>({ kind: kind('map-delete'), map: name, key: bytes(MAX_BYTES) }),
});

export const tick = whole(0, SAFE);
export const editsCodec = list(object<TimedEdit>({ tick, edit }), 100_000);

const insn = object<InsnPlace>({ prog: whole(0, U32), slot: whole(0, 1_000_001) });

const place = byKind<BreakPlace>({
  insn: object<Of<BreakPlace, 'insn'>>({ kind: kind('insn'), at: list(insn, 10_000), text: name }),
  call: object<Of<BreakPlace, 'call'>>({ kind: kind('call'), name }),
  'tail-call': object<Of<BreakPlace, 'tail-call'>>({ kind: kind('tail-call'), to: optional(name) }),
  map: object<Of<BreakPlace, 'map'>>({
    kind: kind('map'),
    op: oneOf(['update', 'delete', 'any']),
    map: name,
    key: optional(bytes(MAX_BYTES)),
  }),
  watch: object<Of<BreakPlace, 'watch'>>({ kind: kind('watch'), expr: name }),
  fault: object<Of<BreakPlace, 'fault'>>({ kind: kind('fault') }),
  verdict: object<Of<BreakPlace, 'verdict'>>({ kind: kind('verdict'), name: optional(name) }),
  packet: object<Of<BreakPlace, 'packet'>>({ kind: kind('packet'), number: optional(whole(0, SAFE)) }),
});

/** A breakpoint without its number, which depends on the session that it is set in. */
export interface RecordedBreakpoint extends BreakSpec {
  readonly enabled: boolean;
}

export const breakpointsCodec = list(
  object<RecordedBreakpoint>({
    place,
    condition: optional(name),
    hits: optional(name),
    log: optional(name),
    temporary: optional(flag),
    enabled: flag,
  }),
  1000,
);

export const displaysCodec = list(name, 1000);
