/** Which socket-aware program sees which packets, in the form of the other sequences: for the recorder and for the test. */
import type { LoadRequest, TestRunRequest, TestRunResult } from '../../../src/spec/request.ts';
import { toHex } from '../../../src/util/hex.ts';
import { requestOf } from '../assembleFile.ts';
import { type Outcome, outcomesOf } from '../sequences.ts';
import { filled, type Settings } from './maps.ts';
import { type Case, cases, tcp } from './packets.ts';
import { CONNECT, HERE, LAST, LISTEN, PORT, REQUEST_PORT, SETUP, STATES, THERE } from './world.ts';

export interface SocketSequence {
  readonly name: string;
  readonly hook: 'tc' | 'xdp';
  readonly settings: Settings;
}

const ELSEWHERE = 77;
const CURRENT = 0xffff_ffff;
/** TC_ACT_UNSPEC: the next filter decides. */
const UNSPEC = 0xffff_ffff;

export const SOCKET_SEQUENCES: readonly SocketSequence[] = [
  { name: 'sockets-tc', hook: 'tc', settings: { netns: CURRENT, noSocket: 2 } },
  { name: 'sockets-xdp', hook: 'xdp', settings: { netns: CURRENT, noSocket: 2 } },
  // In a namespace that is not there nobody has sockets; there the tc program leaves such packets to the next one.
  { name: 'sockets-tc-elsewhere', hook: 'tc', settings: { netns: ELSEWHERE, noSocket: UNSPEC } },
  { name: 'sockets-xdp-elsewhere', hook: 'xdp', settings: { netns: ELSEWHERE, noSocket: 0 } },
];

/** The cases of a sequence. */
export const casesOf = (_: SocketSequence): Case[] => cases();

/** The program with its maps filled. */
export function programRequest({ hook, settings }: SocketSequence): LoadRequest {
  const request = requestOf(`sockets/${hook}.bpf`);
  const updates = filled(settings);
  const maps = (request.maps ?? []).map((map) => {
    const more = updates[map.name ?? ''];
    return more ? { ...map, updates: more } : map;
  });
  return { ...request, maps };
}

/** struct xdp_md, which says how many bytes of the data are metadata. */
function xdpMd({ meta = 0, bytes }: Case): string {
  const ctx = new DataView(new ArrayBuffer(24));
  ctx.setUint32(0, meta, true);
  ctx.setUint32(4, bytes.length, true);
  return toHex(new Uint8Array(ctx.buffer));
}

const runs = (hook: 'tc' | 'xdp', list: readonly Case[]): TestRunRequest[] =>
  list.map((one) => ({
    data: toHex(one.bytes),
    out_size: 4096,
    ...(hook === 'xdp' && one.meta !== undefined && { ctx: xdpMd(one) }),
  }));

/** The runs on our node, where sockets are in their states from the start. `of` is the program, changed or not. */
export function ourRequest(sequence: SocketSequence, of: LoadRequest = programRequest(sequence)): LoadRequest {
  return {
    ...of,
    setup: [...SETUP, ...LAST],
    listen: [...LISTEN, ...STATES],
    dump_maps: true,
    test_run: runs(sequence.hook, casesOf(sequence)),
  };
}

const LET_IN = { name: 'let_in', prog_type: 'xdp', insns: 'b7000000020000009500000000000000' } as const;
/** BPF_F_TEST_XDP_LIVE_FRAMES: what the program passes goes up the stack. */
const LIVE = 2;

/** The same runs for a kernel: programs open connections, and SYNs are really received before the first run. */
export function kernelRequest(sequence: SocketSequence): LoadRequest {
  const { prog_type, license, maps, insns, map_relocs, btf, func_info, func_info_rec_size, ...rest } =
    programRequest(sequence);
  const prog = { ...rest, prog_type, license, insns, map_relocs, btf, func_info, func_info_rec_size };
  const syns = (['v4', 'v6'] as const).map((family): TestRunRequest => {
    const syn = tcp([THERE[family][0], REQUEST_PORT, HERE[family], PORT.ssh]);
    return { prog: 1, data: toHex(syn), flags: LIVE, repeat: 1, out_size: 0 };
  });
  return {
    name: sequence.name,
    maps,
    progs: [prog, LET_IN],
    setup: [...SETUP, ...CONNECT, ...LAST],
    listen: LISTEN,
    dump_maps: true,
    test_run: [...syns, ...runs(sequence.hook, casesOf(sequence))],
  } as LoadRequest;
}

/** What each case came to. */
export function socketOutcomes(sequence: SocketSequence, results: readonly TestRunResult[]): Outcome[] {
  const list = casesOf(sequence);
  const steps = list.map(({ bytes }, event) => ({ event, prog: sequence.hook, data: bytes, now: 0 }));
  return outcomesOf(steps, results.slice(results.length - list.length));
}
