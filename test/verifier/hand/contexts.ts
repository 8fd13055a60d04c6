/**
 * Context accesses: each field of each context in each kind of program and at each checked attach type, read and written at each
 * size, at its first and its last bytes; and the edges of the struct.
 */
import { ATTACH_TYPES } from '../../../src/spec/attachTypes.ts';
import { type CtxStruct, ctxStruct } from '../../../src/spec/ctx/index.ts';
import { PROG_TYPES, type ProgTypeName, retvalRule } from '../../../src/spec/progTypes.ts';
import type { LoadRequest } from '../../../src/spec/request.ts';
import { requestOfText } from './bpfFiles.ts';

const SIZES = [1, 2, 4, 8] as const;

/** Programs of these types have what they are attached to as their context, or none. */
const WITHOUT_TABLE: ReadonlySet<ProgTypeName> = new Set(['tracing', 'lsm', 'ext', 'struct_ops', 'lirc_mode2']);

type Access = readonly [write: boolean, size: number, off: number];

/** Where accesses of a size are tried. */
function* places(struct: CtxStruct, size: number): Generator<number> {
  for (const { offset, size: bytes, count = 1 } of Object.values(struct.fields)) {
    const end = offset + bytes * count;
    yield offset;
    if (bytes > size) yield offset + size;
    if (bytes === 1 << 3 && size === 2) yield offset + 2 * size;
    yield Math.max(0, end - size);
    if (count > 1) yield offset + bytes;
  }
  yield -size;
  yield 1;
  yield struct.size - size;
  yield struct.size - 1;
  yield struct.size;
  yield 4096;
}

function accesses(struct: CtxStruct): Access[] {
  return [false, true].flatMap((write) =>
    SIZES.flatMap((size) =>
      [...new Set(places(struct, size))].sort((a, b) => a - b).map((off): Access => [write, size, off]),
    ),
  );
}

function text([write, size, off]: Access, ret: number): string {
  const at = `*(u${8 * size} *)(r1 ${off < 0 ? '-' : '+'} ${Math.abs(off)})`;
  const body = write ? `r2 = 1\n${at} = r2` : `r2 = ${at}`;
  return `.section license\n.asciz "GPL"\n.section "socket"\n${body}\nr0 = ${ret}\nexit\n`;
}

/** Text is assembled once for all hooks. */
const assembled = new Map<string, LoadRequest>();

function requestOf(name: string, access: Access, ret: number): LoadRequest {
  const source = text(access, ret);
  const request = assembled.get(source) ?? requestOfText(name, source);
  assembled.set(source, request);
  return { ...request, name };
}

function* requestsOf(type: ProgTypeName): Generator<[string, LoadRequest]> {
  const row = PROG_TYPES[type];
  const struct = ctxStruct(row.ctx);
  if (struct === undefined || WITHOUT_TABLE.has(type)) return;
  const attaches = row.attachTypeChecked || type === 'xdp' ? row.attachTypes : [undefined];
  for (const attach of attaches) {
    const rule = retvalRule(row, attach);
    const ret = typeof rule === 'string' ? 0 : rule[0];
    const hook = attach === undefined ? type : `${type}/${attach}`;
    for (const access of accesses(struct)) {
      const [write, size, off] = access;
      const name = `${hook}: ${write ? 'write' : 'read'} ${size} at ${off}`;
      yield [
        name,
        {
          ...requestOf(name, access, ret),
          prog_type: row.id,
          ...(attach !== undefined && { expected_attach_type: ATTACH_TYPES[attach].id }),
        },
      ];
    }
  }
}

export function contextRequests(): [string, LoadRequest][] {
  return (Object.keys(PROG_TYPES) as ProgTypeName[]).flatMap((type) => [...requestsOf(type)]);
}
