/** Programs at hooks of sockets that set and get options at random, and bind, and keep what came of it. */
import { assemble } from '../../src/asm/assemble.ts';
import { toRequest } from '../../src/asm/request.ts';
import { UAPI } from '../../src/spec/constants.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { problemText } from '../../src/util/problem.ts';
import type { Random } from '../../test/random.ts';

/** At which hook the program runs, on which socket. */
export interface OptionCase {
  readonly request: LoadRequest;
  readonly attachType: 'cgroup_inet4_connect' | 'cgroup_inet6_connect' | 'cgroup_sock_ops' | 'cgroup_setsockopt';
  readonly proto: 'tcp' | 'udp';
  readonly family: 'inet' | 'inet6';
  readonly state: 'closed' | 'listen';
}

const {
  IPV6_AUTOFLOWLABEL,
  IPV6_TCLASS,
  IP_TOS,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
  SOL_TCP,
  SOL_UDP,
  SO_BINDTODEVICE,
  TCP_CONGESTION,
} = UAPI;

const NAMES: Readonly<Record<number, readonly number[]>> = {
  [SOL_SOCKET]: [2, 15, 7, 8, 9, 12, 36, 18, 47, 62, 74, SO_BINDTODEVICE, 1, 3, 4, 13, 20, 25, 57, 75, 1009],
  [SOL_TCP]: [
    1,
    2,
    4,
    5,
    6,
    7,
    10,
    16,
    18,
    25,
    27,
    28,
    TCP_CONGESTION,
    3,
    8,
    9,
    11,
    12,
    23,
    1001,
    1002,
    1003,
    1004,
    1008,
  ],
  [SOL_IP]: [IP_TOS, IP_TOS, 2, 8],
  [SOL_IPV6]: [IPV6_TCLASS, IPV6_AUTOFLOWLABEL, 26, 16],
  [SOL_UDP]: [1, 100],
  99: [1],
};
const VALUES = [
  0, 1, 2, 3, 5, 10, 64, 87, 88, 100, 127, 128, 255, 256, 1000, 4000, 4001, 8000, 16384, 32767, 32768, 65536, 106496,
  106497, 200000, 200001, 300000, 3000000, 4000000, 0x7fffffff, -1, -2, -2147483648,
];
const CONGESTION = ['reno', 'cubic', 'cdg', 'cdgx', 'cd', 'bbr', 'r', 'renoo'];
const DEVICES = ['lo', '', 'eth9', 'lo0'];

const OUT = 2048;
const VALUE = -40;

class Lines {
  readonly text: string[] = [];
  #slot = 0;
  push(...lines: string[]): void {
    this.text.push(...lines.map((l) => `  ${l}`));
  }
  keep(reg: string): void {
    this.push(`*(u64 *)(r9 + ${this.#slot}) = ${reg}`);
    this.#slot += 8;
  }
  get full(): boolean {
    return this.#slot > OUT - 80;
  }
}

function putText(l: Lines, text: string): void {
  const bytes = new Uint8Array(24);
  bytes.set(new TextEncoder().encode(text));
  const dv = new DataView(bytes.buffer);
  for (let i = 0; i < 24; i += 4) l.push(`*(u32 *)(r10 + ${VALUE + i}) = ${dv.getInt32(i, true)}`);
}

function option(l: Lines, r: Random, level: number, name: number, set: boolean): void {
  const text = name === SO_BINDTODEVICE && level === SOL_SOCKET ? r.pick(DEVICES) : r.pick(CONGESTION);
  const isText = (name === SO_BINDTODEVICE && level === SOL_SOCKET) || (name === TCP_CONGESTION && level === SOL_TCP);
  putText(l, isText ? text : '');
  if (!isText) l.push(`*(u32 *)(r10 + ${VALUE}) = ${r.bool(0.7) ? r.pick(VALUES) : r.next() | 0}`);
  const length = isText ? r.pick([1, 2, 3, 4, 5, 6, 8, 15, 16, 17, 20]) : r.bool(0.93) ? 4 : r.pick([1, 2, 3, 8]);
  l.push('r1 = r7', `r2 = ${level}`, `r3 = ${name}`, 'r4 = r10', `r4 += ${VALUE}`, `r5 = ${length}`);
  l.push(`call bpf_${set ? 'set' : 'get'}sockopt`);
  l.keep('r0');
  if (set) return;
  for (let at = 0; at < (isText ? 24 : 8); at += 8) {
    l.push(`r1 = *(u64 *)(r10 + ${VALUE + at})`);
    l.keep('r1');
  }
}

/** bpf_bind to an address that may or may not do. */
function bind(l: Lines, r: Random, v6: boolean): void {
  // An IPv6 address for an IPv4 socket panics Linux 6.12.
  const six = v6 && !r.bool(0.1);
  const port = r.bool(0.4) ? 0 : r.pick([80, 5353, 40000]);
  const bytes = new Uint8Array(28);
  const dv = new DataView(bytes.buffer);
  dv.setUint16(0, r.bool(0.9) ? (six ? 10 : 2) : r.pick([0, 1, 7]), true);
  dv.setUint16(2, port);
  if (six)
    bytes.set(
      r.pick([
        [0, 0, 0, 1],
        [0, 0, 0, 0],
        [0x20, 1, 0xd, 0xb8],
      ]),
      r.bool(0.8) ? 20 : 8,
    );
  else
    bytes.set(
      r.pick([
        [127, 0, 0, 1],
        [0, 0, 0, 0],
        [10, 9, 9, 9],
        [127, 1, 2, 3],
        [224, 0, 0, 1],
      ]),
      4,
    );
  for (let i = 0; i < 28; i += 4) l.push(`*(u32 *)(r10 + ${VALUE + i}) = ${dv.getInt32(i, true)}`);
  const length = r.bool(0.85) ? (six ? 28 : 16) : r.pick([1, 2, 15, 16, 23, 24]);
  l.push('r1 = r6', 'r2 = r10', `r2 += ${VALUE}`, `r3 = ${length}`, 'call bpf_bind');
  l.keep('r0');
}

/** What only sock_ops programs have: callback flags, and maps of sockets. */
function opsCall(l: Lines, r: Random): void {
  if (r.bool(0.5)) {
    l.push('r1 = r6', `r2 = ${r.bool(0.5) ? r.below(256) : r.next() | 0}`, 'call bpf_sock_ops_cb_flags_set');
    l.keep('r0');
    return;
  }
  const kind = r.pick(['map', 'hash']);
  l.push(`*(u32 *)(r10 - 48) = ${r.below(4)}`, 'r1 = r6', `r2 = sock${kind} ll`, 'r3 = r10', 'r3 += -48');
  l.push(`r4 = ${r.pick([0, 0, 1, 2, 3])}`, `call bpf_sock_${kind}_update`);
  l.keep('r0');
}

export function optionCase(r: Random, index: number): OptionCase {
  const family = r.pick(['inet', 'inet6'] as const);
  const hook = r.pick(['connect', 'connect', 'connect', 'sock_ops', 'setsockopt'] as const);
  const proto = hook === 'sock_ops' ? 'tcp' : r.pick(['tcp', 'tcp', 'udp'] as const);
  const connect = hook === 'connect';
  const attachType = connect
    ? family === 'inet'
      ? 'cgroup_inet4_connect'
      : 'cgroup_inet6_connect'
    : hook === 'sock_ops'
      ? 'cgroup_sock_ops'
      : 'cgroup_setsockopt';
  const l = new Lines();
  l.push('r6 = r1');
  // Only when a socket has begun to listen; only when the option that the test sets is set.
  if (hook === 'sock_ops') l.push('r2 = *(u32 *)(r6 + 0)', 'if r2 != 11 goto end');
  l.push('*(u32 *)(r10 - 4) = 0', 'r2 = r10', 'r2 += -4', 'r1 = out ll', 'call bpf_map_lookup_elem');
  l.push('if r0 == 0 goto end', 'r9 = r0');
  if (hook === 'setsockopt') l.push('r7 = *(u64 *)(r6 + 0)', 'if r7 == 0 goto end');
  else l.push('r7 = r6');
  for (let n = 8 + r.below(24); n > 0 && !l.full; n--) {
    if (connect && r.bool(0.1)) {
      bind(l, r, family === 'inet6');
      continue;
    }
    if (hook === 'sock_ops' && r.bool(0.15)) {
      opsCall(l, r);
      continue;
    }
    const level = Number(r.pick(Object.keys(NAMES).slice(0, r.bool(0.9) ? 4 : 6)));
    const picked = r.bool(0.5) ? SOL_TCP : level;
    const name = r.bool(0.97) ? r.pick(NAMES[picked]!) : r.below(80);
    option(l, r, picked, name, r.bool(0.5));
    // What was set is asked for at once.
    if (r.bool(0.5)) option(l, r, picked, name, false);
  }
  l.text.push('end:');
  l.push('r0 = 1', 'exit');
  const section = {
    connect: `cgroup/connect${family === 'inet' ? 4 : 6}`,
    sock_ops: 'sockops',
    setsockopt: 'cgroup/setsockopt',
  };
  const text = [
    `.map out, type=array, key=4, value=${OUT}, max_entries=1`,
    '.map sockmap, type=sockmap, key=4, value=4, max_entries=2',
    '.map sockhash, type=sockhash, key=4, value=8, max_entries=2',
    `.section ${section[hook]}`,
    '.globl prog',
    'prog:',
    ...l.text,
    '.section license',
    '.asciz "GPL"',
    '',
  ].join('\n');
  const name = `o${index}`;
  const { object, problems } = assemble(text, { file: `${name}.bpf` });
  const request = object && toRequest(object, { name });
  if (!request?.ok) throw new Error(`${problems.map(problemText).join('\n')}\n${text}`);
  return { request: request.value, attachType, proto, family, state: hook === 'sock_ops' ? 'listen' : 'closed' };
}
