/**
 * Load requests that ask the node: each program calls bpf_fib_lookup, bpf_check_mtu, socket look-ups and redirects on records
 * of its map.
 */
import { parseIpv4, parseIpv6 } from '../../src/net/addr.ts';
import type { LoadRequest, SocketRequest } from '../../src/spec/request.ts';
import type { Random } from '../../test/random.ts';
import { RECORD, SOCK } from './record.ts';
import { socketTuple } from './sockets.ts';
import type { RandomWorld } from './world.ts';

const FIB_PARAMS = 64;
const HELPER = {
  cloneRedirect: 13,
  redirect: 23,
  fibLookup: 69,
  skLookupTcp: 84,
  skLookupUdp: 85,
  skRelease: 86,
  skcLookupTcp: 99,
  redirectPeer: 155,
  redirectNeigh: 152,
  checkMtu: 163,
} as const;

/** A call: helper id, and R2 … R5; `record` stands for the address of the call's record. */
interface Call {
  readonly id: number;
  readonly args: readonly (number | 'record')[];
}

function insn(opcode: number, dst: number, src: number, off: number, imm: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(opcode, 0);
  bytes.writeUInt8((src << 4) | dst, 1);
  bytes.writeInt16LE(off, 2);
  bytes.writeInt32LE(imm | 0, 4);
  return bytes.toString('hex');
}

const ld64 = (reg: number, value: number): string[] => [
  insn(0x18, reg, 0, 0, value),
  insn(0, 0, 0, 0, value < 0 ? -1 : 0),
];

const LOOKUPS: readonly number[] = [HELPER.skLookupTcp, HELPER.skLookupUdp, HELPER.skcLookupTcp];
const WITH_CONTEXT: readonly number[] = [HELPER.fibLookup, HELPER.checkMtu, HELPER.cloneRedirect, ...LOOKUPS];
/** Fields of struct bpf_sock that a struct sock_common does not have: type, protocol, mark, priority. */
const FULL_ONLY: readonly number[] = [8, 12, 16, 20];
const BPF_SOCK_SIZE = 80;
const DST_PORT = 48;
/** BPF_MEM | BPF_LDX of 4 and of 2 bytes. */
const LDXW = 0x61;
const LDXH = 0x69;

/** After a look-up: R0 becomes 0 or 1, and every word of the struct bpf_sock goes into the record at R9 + `at`. */
function readSocket(id: number, at: number): string[] {
  const body = [insn(0xbf, 7, 0, 0, 0)];
  for (let off = 0; off < BPF_SOCK_SIZE; off += 4) {
    if (id === HELPER.skcLookupTcp && FULL_ONLY.includes(off)) continue;
    body.push(insn(off === DST_PORT ? LDXH : LDXW, 1, 7, off, 0), insn(0x63, 9, 1, at + off, 0));
  }
  body.push(insn(0xbf, 1, 7, 0, 0), insn(0x85, 0, 0, 0, HELPER.skRelease), insn(0xb7, 0, 0, 0, 1));
  return [insn(0x15, 0, 0, body.length, 0), ...body];
}

/** A program over the maps `data` (records) and `out` (results). */
function program(name: string, type: string, calls: readonly Call[], maps: readonly [number, number]) {
  const code = [insn(0xbf, 6, 1, 0, 0)];
  const relocs: [number, number][] = [];
  for (const [i, reg] of [9, 8].entries()) {
    relocs.push([code.length, maps[i]!]);
    code.push(insn(0x18, reg, 2, 0, 0), insn(0, 0, 0, 0, 0));
  }
  calls.forEach(({ id, args }, k) => {
    const first = WITH_CONTEXT.includes(id) ? 2 : 1;
    if (first === 2) code.push(insn(0xbf, 1, 6, 0, 0));
    args.forEach((arg, i) => {
      const reg = first + i;
      if (arg === 'record') code.push(insn(0xbf, reg, 9, 0, 0), insn(0x07, reg, 0, 0, RECORD * k));
      else code.push(...ld64(reg, arg));
    });
    code.push(insn(0x85, 0, 0, 0, id));
    if (LOOKUPS.includes(id)) code.push(...readSocket(id, RECORD * k + SOCK));
    code.push(insn(0x7b, 8, 0, 8 * k, 0));
  });
  code.push(insn(0xb7, 0, 0, 0, 0), insn(0x95, 0, 0, 0, 0));
  return { name, prog_type: type, insns: code.join(''), map_relocs: relocs };
}

const FLAGS = [1, 2, 4, 8, 16, 32] as const;

/** A record before anything is in it. */
const emptyRecord = (): Uint8Array => new Uint8Array(RECORD).fill(0x5a);

function fibRecord(r: Random, world: RandomWorld): Uint8Array {
  const record = emptyRecord();
  record.set(r.bytes(FIB_PARAMS));
  const view = new DataView(record.buffer);
  const six = r.bool(0.45);
  record[0] = r.bool(0.02) ? r.below(12) : six ? 10 : 2;
  view.setUint16(6, r.pick([0, 0, 0, 100, 1280, 1290, 1301, 1400, 1401, 1500, 1501, 9000, 9001, 65535]), true);
  const ifindex = r.bool(0.03) ? r.pick([0, 1, 99]) : r.pick(world.links).ifindex;
  view.setUint32(8, ifindex, true);
  view.setUint32(12, r.pick([0, 0, 0x10, 8, 0x20, 0xb8, 0x1c, 0x8001, 0x800b, r.next()]), true);
  const place = (at: number): void => {
    if (!six) {
      const ip = parseIpv4(r.pick(world.v4))!;
      if (r.bool(0.4)) ip[3] = r.below(256);
      if (r.bool(0.1)) ip[2] = r.below(4);
      record.set(ip, at);
    } else {
      const ip = parseIpv6(r.pick(r.bool(0.9) ? world.v6.slice(4).concat('2001:db8:ffff::7') : world.v6))!;
      if (r.bool(0.4)) ip[15] = r.below(16);
      record.set(ip, at);
    }
  };
  place(16);
  place(32);
  view.setUint32(48, r.pick([100, 101, 254, 255, 253, 0, 333]), true);
  view.setUint32(52, r.pick([0, 1, 2, 0x10, 0x13]), true);
  return record;
}

function fibCall(r: Random): Call {
  const flags = FLAGS.reduce((sum, flag) => sum + (r.bool(0.3) ? flag : 0), 0);
  return {
    id: HELPER.fibLookup,
    args: ['record', r.bool(0.01) ? 63 : FIB_PARAMS, r.bool(0.01) ? 64 : r.bool(0.3) ? 0 : flags],
  };
}

function mtuCall(r: Random, world: RandomWorld, xdp: boolean): Call {
  const ifindex = r.bool(0.1) ? r.pick([0, 1, 99]) : r.pick(world.links).ifindex;
  const flags = r.weighted([
    [8, () => 0],
    [2, () => 1],
    [1, () => 2],
  ]);
  const diff = r.pick([0, 0, 0, 20, -20, 1400, -2000, 0x7fffffff]);
  return { id: HELPER.checkMtu, args: [ifindex, 'record', diff, xdp && r.bool(0.8) ? 0 : flags] };
}

function redirectCall(r: Random, world: RandomWorld): Call {
  const ifindex = r.bool(0.1) ? r.pick([0, 1, 99]) : r.pick(world.links).ifindex;
  const flags = r.pick([0, 0, 0, 1, 1, 2]);
  return r.weighted<Call>([
    [1, () => ({ id: HELPER.redirect, args: [ifindex, flags] })],
    [1, () => ({ id: HELPER.redirectPeer, args: [ifindex, r.pick([0, 0, flags])] })],
    [1, () => ({ id: HELPER.redirectNeigh, args: [ifindex, 0, 0, r.pick([0, 0, flags])] })],
    [3, () => ({ id: HELPER.cloneRedirect, args: [ifindex, flags] })],
  ]);
}

function lookupCall(r: Random, tuple: Uint8Array): Call {
  const size = r.bool(0.97) ? tuple.length : r.pick([0, 11, 13, 35, 37]);
  const netns = r.bool(0.95) ? -1 : r.pick([0, 1, -2]);
  return { id: r.pick(LOOKUPS), args: ['record', size, netns, r.bool(0.02) ? 1 : 0] };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The frame: Ethernet and zeros, short or longer than some MTUs. */
function frame(r: Random): Uint8Array {
  const bytes = new Uint8Array(r.pick([64, 64, 100, 1314, 1430, 1515, 1519, 3000]));
  bytes.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 6]);
  return bytes;
}

/** A request: the world, an XDP and a tc program with `calls` calls each, two runs of both. */
export function nodeRequest(
  r: Random,
  name: string,
  world: RandomWorld,
  calls: number,
  sockets: readonly SocketRequest[] = [],
): LoadRequest {
  const kinds = [
    ['xdp', 'xdp'],
    ['tc', 'sched_cls'],
  ] as const;
  const maps: unknown[] = [];
  const progs = kinds.map(([short, type], i) => {
    const records: Uint8Array[] = [];
    const list = Array.from({ length: calls }, () => {
      const kind = r.below(sockets.length > 0 ? 16 : 10);
      if (kind >= 10) {
        const tuple = socketTuple(r, world, sockets);
        records.push(emptyRecord());
        records.at(-1)!.set(tuple);
        return lookupCall(r, tuple);
      }
      records.push(fibRecord(r, world));
      if (kind === 0) {
        new DataView(records.at(-1)!.buffer).setUint32(0, r.pick([0, 0, 100, 1280, 1400, 1500, 1501]), true);
        return mtuCall(r, world, type === 'xdp');
      }
      if (kind === 1 && type !== 'xdp') return redirectCall(r, world);
      return fibCall(r);
    });
    const size = RECORD * calls;
    const value = hex(Buffer.concat(records));
    maps.push(
      {
        name: `${short}_data`,
        type: 'array',
        key_size: 4,
        value_size: size,
        max_entries: 1,
        updates: [{ key: '00000000', value }],
      },
      { name: `${short}_out`, type: 'array', key_size: 4, value_size: 8 * calls, max_entries: 1 },
    );
    return program(short, type, list, [2 * i, 2 * i + 1]);
  });
  const context = (prog: number): string | undefined => {
    if (r.bool(0.3)) return undefined;
    const ctx = new Uint8Array(prog === 0 ? 24 : 192);
    const view = new DataView(ctx.buffer);
    const ifindex = r.bool(0.05) ? 99 : r.pick(world.links).ifindex;
    view.setUint32(prog === 0 ? 12 : 40, ifindex, true);
    if (prog === 1 && r.bool(0.2)) view.setUint32(176, r.pick([1, 100, 1400]), true);
    return hex(ctx);
  };
  const runs = [0, 1, 0, 1].map((prog) => {
    const data = frame(r);
    const ctx = context(prog);
    if (ctx !== undefined && prog === 0) {
      const bytes = Buffer.from(ctx, 'hex');
      bytes.writeUInt32LE(data.length, 4);
      return { prog, data: hex(data), ctx: bytes.toString('hex') };
    }
    return { prog, data: hex(data), ...(ctx !== undefined && { ctx }) };
  });
  return {
    name,
    license: 'GPL',
    setup: world.setup,
    ...(sockets.length > 0 && { listen: sockets }),
    maps,
    progs,
    test_run: runs,
    dump_maps: true,
  } as LoadRequest;
}
