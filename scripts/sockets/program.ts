/** Programs that look sockets up, ask everything of them that they may, and keep the answers in an array map. */
import { assemble } from '../../src/asm/assemble.ts';
import { toRequest } from '../../src/asm/request.ts';
import type { LoadRequest, SocketRequest } from '../../src/spec/request.ts';
import { problemText } from '../../src/util/problem.ts';
import type { Random } from '../../test/random.ts';
import { socketMaps } from './maps.ts';
import { tuple } from './world.ts';

/** Fields of struct bpf_sock: offset and the sizes in which they may be read; the first four not of a sock_common. */
const SOCK_FIELDS: readonly (readonly [offset: number, ...sizes: number[]])[] = [
  [8, 4, 2, 1],
  [12, 4, 2, 1],
  [16, 4],
  [20, 4],
  [0, 4],
  [4, 4, 2, 1],
  [24, 4, 2, 1],
  [28, 4, 2, 1],
  [32, 4],
  [40, 4, 1],
  [44, 4, 2, 1],
  [48, 2, 1, 4],
  [52, 4, 2, 1],
  [56, 4, 2],
  [68, 4, 1],
  [72, 4, 2, 1],
  [76, 4, 2, 1],
];
const FULL_ONLY = 4;

/** Offsets of struct bpf_tcp_sock that do not depend on the clock or on chance in a socket without traffic. */
const TCP_FIELDS: readonly (readonly [offset: number, size: 4 | 8])[] = [
  [0, 4],
  [12, 4],
  [32, 4],
  [36, 4],
  [40, 4],
  [44, 4],
  [48, 4],
  [52, 4],
  [60, 4],
  [68, 4],
  [72, 4],
  [76, 4],
  [80, 8],
  [96, 4],
  [104, 4],
  [108, 4],
];
/** These too, where the socket listens. */
const LISTENER_TCP_FIELDS: readonly (readonly [offset: number, size: 4 | 8])[] = [
  [4, 4],
  [8, 4],
  [16, 4],
  [20, 4],
  [24, 4],
  [28, 4],
  [56, 4],
  [64, 4],
  [88, 8],
  [100, 4],
];

const CASTS = [
  'tcp_sock',
  'tcp6_sock',
  'udp6_sock',
  'tcp_timewait_sock',
  'tcp_request_sock',
  'unix_sock',
  'mptcp_sock',
];
/** Members of kernel structs behind each cast, at these offsets (struct sock of 6.12.117), and their sizes. */
const KERNEL_FIELDS: Readonly<Record<string, readonly (readonly [offset: number, size: 1 | 2 | 4 | 8])[]>> = {
  tcp_sock: [
    [0, 4],
    [4, 4],
    [14, 2],
    [16, 2],
    [18, 1],
    [20, 4],
    [520, 4],
    [524, 4],
    [572, 2],
    [574, 2],
    [608, 4],
    [612, 4],
    [1456, 4],
    [1500, 4],
    [1584, 4],
    [1952, 4],
    [1228, 4],
    [280, 4],
    [244, 4],
    [800, 4],
    [804, 2],
    [806, 2],
    [822, 1],
    [823, 1],
  ],
  udp6_sock: [
    [4, 4],
    [14, 2],
    [12, 2],
    [20, 4],
    [524, 4],
    [244, 4],
    [372, 4],
    [612, 4],
    [806, 2],
  ],
  tcp_timewait_sock: [
    [0, 4],
    [4, 4],
    [14, 2],
    [18, 1],
  ],
};

const SIZED: Readonly<Record<number, string>> = { 1: 'u8', 2: 'u16', 4: 'u32', 8: 'u64' };
/** Results, one u64 each. */
const OUT_SIZE = 2048;
/** Where the tuple lies on the stack. */
const TUPLE = -64;

/** A program under construction: R6 is the context, R9 the output map's value, R7 a socket that is held. */
class Writer {
  readonly lines: string[] = [];
  #slot = 0;
  #label = 0;

  push(...lines: string[]): void {
    this.lines.push(...lines.map((line) => `  ${line}`));
  }

  label(): string {
    return `l${this.#label++}`;
  }

  mark(label: string): void {
    this.lines.push(`${label}:`);
  }

  get full(): boolean {
    return this.#slot > OUT_SIZE - 400;
  }

  /** Stores a register as the next result. */
  keep(reg: string): void {
    this.push(`*(u64 *)(r9 + ${this.#slot}) = ${reg}`);
    this.#slot += 8;
  }

  /** Stores 1 for NULL and 2 for a pointer, and does more with the pointer in R0. */
  found(more: () => void): void {
    const [none, end] = [this.label(), this.label()];
    const at = this.#slot;
    this.#slot += 8;
    this.push(`if r0 == 0 goto ${none}`, 'r1 = 2', `*(u64 *)(r9 + ${at}) = r1`);
    more();
    this.push(`goto ${end}`);
    this.mark(none);
    this.push('r1 = 1', `*(u64 *)(r9 + ${at}) = r1`);
    this.mark(end);
  }

  bytes(at: number, bytes: Uint8Array): void {
    const dv = new DataView(bytes.buffer, bytes.byteOffset);
    for (let i = 0; i < bytes.length; i += 4) {
      this.push(`*(u32 *)(r10 + ${at + i}) = ${dv.getInt32(i, true)}`);
    }
  }
}

function readSock(w: Writer, r: Random, from: string, full: boolean): void {
  for (const [offset, ...sizes] of full ? SOCK_FIELDS : SOCK_FIELDS.slice(FULL_ONLY)) {
    if (!r.bool(0.35)) continue;
    const size = r.pick(sizes);
    w.push(`r1 = *(${SIZED[size]} *)(${from} + ${offset})`);
    w.keep('r1');
  }
}

function readTcp(w: Writer, r: Random, listener: boolean): void {
  for (const [offset, size] of listener ? [...TCP_FIELDS, ...LISTENER_TCP_FIELDS] : TCP_FIELDS) {
    if (!r.bool(0.3)) continue;
    w.push(`r1 = *(${SIZED[size]} *)(r0 + ${offset})`);
    w.keep('r1');
  }
}

interface Held {
  readonly tc: boolean;
  /** bpf_sock, not only its common part. */
  readonly full: boolean;
  readonly tcp: boolean;
}

type Step = (w: Writer, r: Random, held: Held) => void;

const cast: Step = (w, r) => {
  const to = r.pick(CASTS);
  w.push('r1 = r7', `call bpf_skc_to_${to}`);
  w.found(() => {
    for (const [offset, size] of KERNEL_FIELDS[to] ?? []) {
      if (!r.bool(0.3)) continue;
      w.push(`r1 = *(${SIZED[size]} *)(r0 + ${offset})`);
      w.keep('r1');
    }
  });
};

const storage: Step = (w, r, { full }) => {
  if (r.bool(0.25)) {
    w.push('r1 = store ll', 'r2 = r7', 'call bpf_sk_storage_delete');
    w.keep('r0');
    return;
  }
  if (!full) return;
  w.push('*(u64 *)(r10 - 16) = 77', 'r1 = store ll', 'r2 = r7');
  w.push(r.bool(0.5) ? 'r3 = 0' : 'r3 = r10');
  if (w.lines.at(-1)!.includes('r10')) w.push('r3 += -16');
  w.push(`r4 = ${r.pick(['0', '1', '1', '2', '0x100000000 ll'])}`, 'call bpf_sk_storage_get');
  w.found(() => {
    w.push('r1 = *(u64 *)(r0 + 0)', 'r1 += 1', '*(u64 *)(r0 + 0) = r1');
    w.keep('r1');
  });
};

const fullsock: Step = (w, r) => {
  w.push('r1 = r7', 'call bpf_sk_fullsock');
  w.found(() => readSock(w, r, 'r0', true));
};

const tcpSock: Step = (w, r, { tcp }) => {
  w.push('r1 = r7', 'call bpf_tcp_sock');
  w.found(() => {
    // Only a listener's members are all known; whether it is one decides at run time.
    const skip = w.label();
    w.push('r1 = *(u32 *)(r7 + 72)');
    readTcp(w, r, false);
    if (tcp) {
      w.push(`if r1 != 10 goto ${skip}`);
      w.mark(skip);
    }
  });
};

const listenerSock: Step = (w, r) => {
  w.push('r1 = r7', 'call bpf_get_listener_sock');
  w.found(() => readSock(w, r, 'r0', true));
};

const listenerTcp: Step = (w, r) => {
  w.push('r1 = r7', 'call bpf_get_listener_sock');
  w.found(() => {
    w.push('r1 = r0', 'call bpf_tcp_sock');
    w.found(() => readTcp(w, r, true));
  });
};

const assign: Step = (w, r) => {
  w.push('r1 = r6', 'r2 = r7', `r3 = ${r.pick(['0', '0', '1', '0x100000000 ll'])}`, 'call bpf_sk_assign');
  w.keep('r0');
};

/** Where the headers for SYN cookies lie on the stack. */
const IPH = -256;
const TH = -208;

/** A TCP header of 20 to 60 bytes with options, flags as given. */
function tcpHeader(r: Random, flags: number): Uint8Array {
  const th = new Uint8Array(60);
  th.set(r.bytes(12));
  const options = r.below(4);
  th[12] = (5 + (r.bool(0.9) ? options : r.below(11))) << 4;
  th[13] = flags;
  const mss = r.pick([0, 100, 536, 1220, 1300, 1420, 1440, 1460, 8940, 9000, 65535]);
  const parts: number[] = [];
  for (let n = 0; n < 4; n++) {
    parts.push(
      ...r.pick([[2, 4, mss >> 8, mss & 255], [1], [1, 1], [3, 3, 7], [2, 3, 9], [0], [8, 10], [5, 1], [4, 2]]),
    );
  }
  th.set(parts.slice(0, 40), 20);
  return th;
}

function headers(w: Writer, r: Random, flags: number): { v6: boolean; length: number } {
  const v6 = r.bool(0.4);
  const iph = r.bytes(40);
  iph[0] = r.bool(0.9) ? (v6 ? 0x60 : 0x45) : r.pick([0x50, 0x60, 0x45]);
  const th = tcpHeader(r, flags);
  w.bytes(IPH, iph);
  w.bytes(TH, th);
  return { v6, length: r.bool(0.85) ? (th[12]! >> 4) * 4 : r.pick([19, 20, 24, 60]) };
}

/** The sign and, of a cookie, its segment size: the cookie itself is random. */
function keepCookie(w: Writer): void {
  const skip = w.label();
  w.push('r8 = r0', `if r0 s< 0 goto ${skip}`, 'r0 >>= 32');
  w.mark(skip);
  w.keep('r0');
}

/** Answers the SYN on the stack: the header becomes the ACK that would bring the cookie in R8 back. */
function acknowledge(w: Writer, r: Random): void {
  w.push(`r1 = *(u32 *)(r10 + ${TH + 4})`, 'r1 = be32 r1', `r1 += ${r.bool(0.9) ? 1 : 2}`, 'r1 = be32 r1');
  w.push(`*(u32 *)(r10 + ${TH + 4}) = r1`, `r8 += ${r.bool(0.9) ? 1 : r.pick([0, 5, 0x1000000])}`, 'r8 = be32 r8');
  w.push(`*(u32 *)(r10 + ${TH + 8}) = r8`, `*(u8 *)(r10 + ${TH + 13}) = ${r.bool(0.9) ? 16 : r.pick([18, 20, 0])}`);
}

const pointer = (w: Writer, reg: string, at: number): void => w.push(`${reg} = r10`, `${reg} += ${at}`);

const rawCookie = (w: Writer, r: Random): void => {
  const { v6, length } = headers(w, r, 2);
  const version = v6 ? 'ipv6' : 'ipv4';
  pointer(w, 'r1', IPH);
  pointer(w, 'r2', TH);
  w.push(`r3 = ${length}`, `call bpf_tcp_raw_gen_syncookie_${version}`);
  keepCookie(w);
  acknowledge(w, r);
  pointer(w, 'r1', IPH);
  pointer(w, 'r2', TH);
  w.push(`call bpf_tcp_raw_check_syncookie_${version}`);
  w.keep('r0');
};

const cookie: Step = (w, r) => {
  const flags = r.bool(0.8) ? 2 : r.pick([0, 16, 18, 3, 6, 1]);
  const { v6, length } = headers(w, r, flags);
  const call = (name: string): void => {
    w.push('r1 = r7');
    pointer(w, 'r2', IPH);
    w.push(`r3 = ${r.bool(0.9) ? (v6 ? 40 : 20) : r.pick([19, 20, 40])}`);
    pointer(w, 'r4', TH);
    w.push(`r5 = ${length}`, `call bpf_tcp_${name}_syncookie`);
  };
  call('gen');
  keepCookie(w);
  acknowledge(w, r);
  call('check');
  w.keep('r0');
};

/** A key of a map of sockets at the top of the stack. */
function socketKey(w: Writer, r: Random): void {
  w.push(`*(u32 *)(r10 - 112) = ${r.below(4)}`, '*(u32 *)(r10 - 108) = 0', '*(u32 *)(r10 - 104) = 0');
}

/** Puts the socket that is held into a map of sockets. */
const intoMap: Step = (w, r, { full }) => {
  if (!full) return;
  socketKey(w, r);
  w.push(`r1 = ${r.pick(['sockmap', 'sockhash'])} ll`, 'r2 = r10', 'r2 += -112', 'r3 = r7');
  w.push(`r4 = ${r.pick(['0', '0', '0', '1', '2', '3', '0x100000000 ll'])}`, 'call bpf_map_update_elem');
  w.keep('r0');
};

const TC_STEPS: readonly Step[] = [
  cast,
  cast,
  storage,
  storage,
  fullsock,
  tcpSock,
  listenerSock,
  listenerTcp,
  assign,
  cookie,
  cookie,
  intoMap,
  intoMap,
];
const XDP_STEPS: readonly Step[] = [cast, cookie, intoMap];

function lookup(w: Writer, r: Random, world: readonly SocketRequest[], progType: string): void {
  const name = r.pick(['sk_lookup_tcp', 'sk_lookup_udp', 'skc_lookup_tcp']);
  const key = tuple(r, world);
  w.bytes(TUPLE, key);
  // The verifier wants all bytes of the largest size written.
  for (let at = key.length; at < 40; at += 4) w.push(`*(u32 *)(r10 + ${TUPLE + at}) = 0`);
  const size = r.bool(0.95) ? key.length : r.pick([0, 4, 11, 13, 35, 40]);
  const netns = r.bool(0.85)
    ? '-1'
    : r.pick(['0', '1', '0x80000000 ll', '0xffffffff ll', '0x180000000 ll', '0x100000000 ll']);
  const flags = r.bool(0.93) ? '0' : r.pick(['1', '-1', '0x100000000 ll']);
  w.push('r1 = r6', 'r2 = r10', `r2 += ${TUPLE}`, `r3 = ${size}`, `r4 = ${netns}`, `r5 = ${flags}`);
  w.push(`call bpf_${name}`);
  const held: Held = { tc: progType !== 'xdp', full: name !== 'skc_lookup_tcp', tcp: name !== 'sk_lookup_udp' };
  w.found(() => {
    w.push('r7 = r0');
    readSock(w, r, 'r7', held.full);
    const steps = held.tc ? TC_STEPS : XDP_STEPS;
    for (let n = r.below(4); n > 0; n--) r.pick(steps)(w, r, held);
    w.push('r1 = r7', 'call bpf_sk_release');
    w.keep('r0');
  });
}

/** Looks a map of sockets up or takes an entry out. */
function fromMap(w: Writer, r: Random): void {
  socketKey(w, r);
  w.push(`r1 = ${r.pick(['sockmap', 'sockhash'])} ll`, 'r2 = r10', 'r2 += -112');
  if (r.bool(0.4)) {
    w.push('call bpf_map_delete_elem');
    w.keep('r0');
    return;
  }
  w.push('call bpf_map_lookup_elem');
  w.found(() => {
    w.push('r7 = r0');
    readSock(w, r, 'r7', true);
    w.push('r1 = r7', 'call bpf_sk_release');
    w.keep('r0');
  });
}

/** Calls that need no socket. */
function alone(w: Writer, r: Random): void {
  w.push('r1 = r6', `call bpf_${r.pick(['get_socket_uid', 'get_socket_cookie'])}`);
  if (w.lines.at(-1)!.includes('uid')) w.keep('r0');
  // Cookies are counted from the boot on: only how they follow each other can be compared.
  else
    w.push('*(u64 *)(r10 - 24) = r0', 'r1 = r6', 'call bpf_get_socket_cookie', 'r1 = *(u64 *)(r10 - 24)', 'r0 -= r1');
  if (!w.lines.at(-1)!.includes('r9')) w.keep('r0');
}

/** A request whose program makes a few look-ups in this world. */
export function program(r: Random, name: string, world: readonly SocketRequest[], extended: boolean): LoadRequest {
  const progType = r.pick(['tc', 'tc', 'xdp']);
  const maps = socketMaps(r, world, extended);
  const w = new Writer();
  w.push('r6 = r1', '*(u32 *)(r10 - 4) = 0', 'r2 = r10', 'r2 += -4', 'r1 = out ll', 'call bpf_map_lookup_elem');
  w.push('if r0 == 0 goto end', 'r9 = r0');
  for (let n = 3 + r.below(6); n > 0 && !w.full; n--) {
    const kind = r.below(12);
    if (kind === 0) rawCookie(w, r);
    else if (kind === 2 || kind === 3) fromMap(w, r);
    else if (progType !== 'xdp' && kind === 1) alone(w, r);
    else lookup(w, r, world, progType);
  }
  w.mark('end');
  w.push('r0 = 1', 'exit');
  const text = [
    `.map out, type=array, key=4, value=${OUT_SIZE}, max_entries=1`,
    ...maps.map(
      ({ request: m }) =>
        `.map ${m.name}, type=${m.type}, key=${m.key_size}, value=${m.value_size}, max_entries=${m.max_entries}`,
    ),
    '.map store, type=sk_storage, key=int, value=u64',
    `.section ${progType}`,
    '.globl prog',
    'prog:',
    ...w.lines,
    '.section license',
    '.asciz "GPL"',
    '',
  ].join('\n');
  const { object, problems } = assemble(text, { file: `${name}.bpf` });
  const request = object && toRequest(object, { name });
  if (!request?.ok) throw new Error(`${problems.map(problemText).join('\n')}\n${text}`);
  const filled = request.value.maps?.map((m) => {
    const updates = maps.find((s) => s.name === m.name)?.request.updates ?? [];
    return updates.length > 0 ? { ...m, updates } : m;
  });
  return {
    ...request.value,
    ...(filled && { maps: filled }),
    listen: world,
    dump_maps: true,
    test_run: { data: '00'.repeat(64), out_size: 100 },
  };
}
