/** The load request of a recording. */
import type {
  BtfReloc,
  LoadRequest,
  MapRequest,
  MapUpdate,
  ProgFlag,
  ProgRequest,
  SocketRequest,
  TestRunRequest,
} from '../../spec/request.ts';
import {
  type Codec,
  dictionary,
  either,
  flag,
  hexText,
  later,
  list,
  object,
  oneOf,
  optional,
  type Rows,
  refuse,
  text,
  whole,
} from './codec.ts';

const U32 = 0xffff_ffff;
const SAFE = Number.MAX_SAFE_INTEGER;
/** Characters of a hex text: programs of a million insns, BTF of 16 MiB. */
const MAX_HEX = 1 << 25;
const MAX_VALUE = 1 << 20;
/** Requests in requests: a program that a map holds, the target of an extension. */
const MAX_NESTED = 4;

const name = text(256);
const hex = hexText(MAX_HEX);
const u32 = whole(0, U32);
const count = whole(0, SAFE);

const isList = (value: unknown): value is readonly never[] => Array.isArray(value);
const isNumber = (value: unknown): value is number => typeof value === 'number';

const nameOrNumber = either<number, string>('a name or a number', { codec: u32, is: isNumber, reads: isNumber }, name);

/** One, or a list of them. */
function oneOrMore<T>(codec: Codec<T>, max: number): Codec<T | readonly T[]> {
  const many = { codec: list(codec, max), is: isList as (v: T | readonly T[]) => v is readonly T[], reads: isList };
  return either<readonly T[], T>('one or a list', many, codec);
}

const PROG_FLAGS: readonly ProgFlag[] = [
  'strict_alignment',
  'any_alignment',
  'test_rnd_hi32',
  'test_state_freq',
  'sleepable',
  'xdp_has_frags',
  'test_reg_invariants',
];

const pair: Codec<readonly [insn: number, map: number]> = {
  write: (value) => [...value],
  read(json, path, sink) {
    const read = list(u32, 2).read(json, path, sink);
    if (read === undefined || read.length === 2) return read as [number, number] | undefined;
    return refuse(json, path, sink, '[insn, map]');
  },
};
const pairs = list(pair, 100_000);

const reloc = object<BtfReloc>({
  insn: u32,
  name,
  kind: either<number, 'func' | 'var'>(
    'func, var or a number',
    { codec: whole(0, 255), is: isNumber, reads: isNumber },
    oneOf(['func', 'var']),
  ),
  module: optional(name),
  ld_imm64: optional(flag),
  optional: optional(flag),
});

const testRun = object<TestRunRequest>({
  prog: optional(u32),
  data: optional(hex),
  ctx: optional(hex),
  repeat: optional(u32),
  flags: optional(u32),
  cpu: optional(u32),
  batch_size: optional(u32),
  out_size: optional(u32),
  ctx_out_size: optional(u32),
});

function progRows(depth: number): Rows<ProgRequest> {
  const nested = optional(later(() => requestAt(depth + 1)));
  return {
    name: optional(name),
    insns: optional(oneOrMore(hex, 1_000_000)),
    prog_type: optional(nameOrNumber),
    expected_attach_type: optional(nameOrNumber),
    license: optional(name),
    prog_name: optional(name),
    kern_version: optional(u32),
    prog_ifindex: optional(u32),
    prog_flags: optional(
      either<number, readonly ProgFlag[]>(
        'a number or a list of flags',
        { codec: u32, is: isNumber, reads: isNumber },
        list(oneOf(PROG_FLAGS), PROG_FLAGS.length),
      ),
    ),
    attach_btf_name: optional(name),
    attach_btf_kind: optional(oneOf(['func', 'struct', 'typedef'])),
    attach_btf_id: optional(u32),
    attach_prog: nested,
    map_relocs: optional(pairs),
    parent_relocs: optional(pairs),
    btf_relocs: optional(list(reloc, 100_000)),
    btf: optional(hex),
    func_info: optional(hex),
    func_info_rec_size: optional(u32),
    line_info: optional(hex),
    line_info_rec_size: optional(u32),
    core_relo: optional(hex),
    core_relo_rec_size: optional(u32),
    log_level: optional(u32),
    log_size: optional(u32),
    log_keep: optional(count),
    timeout_ms: optional(count),
    want_xlated: optional(flag),
    use_fd_array: optional(flag),
    unpriv: optional(flag),
    caps: optional(list(oneOf(['bpf', 'net_admin', 'perfmon', 'sys_admin']), 4)),
  };
}

function mapAt(depth: number): Codec<MapRequest> {
  const update = object<MapUpdate>({
    key: hexText(2 * MAX_VALUE),
    value: optional(hexText(2 * MAX_VALUE)),
    value_map: optional(u32),
    value_socket: optional(u32),
    value_prog: optional(later(() => requestAt(depth + 1))),
    value_prog_index: optional(u32),
    flags: optional(whole(-SAFE, SAFE)),
  });
  return object<MapRequest>({
    name: optional(name),
    type: nameOrNumber,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    map_flags: optional(u32),
    map_extra: optional(count),
    inner_map: optional(u32),
    btf: optional(hex),
    btf_key_type_id: optional(u32),
    btf_value_type_id: optional(u32),
    btf_vmlinux_value_type: optional(name),
    freeze: optional(flag),
    pinning: optional(oneOf(['by_name'])),
    updates: optional(list(update, 100_000)),
  });
}

const port = whole(0, 65_535);
const socket = object<SocketRequest>({
  proto: oneOf(['tcp', 'udp']),
  addr: name,
  port,
  remote: optional(object<NonNullable<SocketRequest['remote']>>({ addr: name, port })),
  accepted: optional(flag),
  state: optional(oneOf(['listen', 'established', 'time_wait', 'syn_recv'])),
  v6only: optional(flag),
  reuseaddr: optional(flag),
  reuseport: optional(flag),
  ifindex: optional(u32),
  mark: optional(u32),
  priority: optional(whole(-(2 ** 31), U32)),
  uid: optional(u32),
  backlog: optional(whole(-(2 ** 31), U32)),
  fields: optional(dictionary(whole(-SAFE, SAFE), 1000)),
});

function requestAt(depth: number): Codec<LoadRequest> {
  if (depth > MAX_NESTED) {
    const wanted = `no request in more than ${MAX_NESTED} others`;
    return { write: () => null, read: (json, path, sink) => refuse(json, path, sink, wanted) };
  }
  const runs = optional(oneOrMore(testRun, 10_000));
  return object<LoadRequest>({
    ...progRows(depth),
    maps: optional(list(mapAt(depth), 1000)),
    progs: optional(list(object<ProgRequest>(progRows(depth)), 1000)),
    test_run: runs,
    test_run_in: runs,
    dump_maps: optional(flag),
    setup: optional(list(text(4096), 1000)),
    listen: optional(list(socket, 1000)),
  });
}

/** What user space passes to bpf(2): shapes and sizes are checked here, what they mean when it is loaded. */
export const requestCodec: Codec<LoadRequest> = requestAt(0);
