/** The programs of `generate.ts` and `options.ts` run here: what their maps hold and what became of the message. */
import { ctxBytes, Kernel } from '../../src/index.ts';
import { userLookup } from '../../src/maps/user.ts';
import { UAPI } from '../../src/spec/constants.ts';
import { fromHex, toHex } from '../../src/util/hex.ts';
import { MESSAGE_MAP, messageCase } from './generate.ts';
import { OPTION_MAPS, optionProgram, ROW } from './options.ts';

function load(request: object, kernel: Kernel): ReturnType<Kernel['load']> {
  const loaded = kernel.load({ license: 'GPL', ...request } as Parameters<Kernel['load']>[0]);
  if (!loaded.progs[0]) throw new Error(JSON.stringify(loaded.problems));
  return loaded;
}

function newKernel(): Kernel {
  const made = Kernel.create();
  if (!made.ok) throw new Error('no kernel');
  return made.value;
}

/** Hex of the map's value and of the message; undefined where the run ends in a fault, which `why` then names. */
export function replayMessage(seed: number): { value: string; message: string } | { why: string } {
  const kernel = newKernel();
  const { insns, map_relocs, message } = messageCase(seed);
  const request = {
    prog_type: 'sk_msg',
    expected_attach_type: 'sk_msg_verdict',
    insns,
    map_relocs,
    maps: [MESSAGE_MAP],
  };
  const { progs } = load(request, kernel);
  const run = kernel.localRun(progs[0]!, { data: fromHex(message)! }).finish();
  const size = kernel.arena.size;
  for (let i = 0; i < 20; i++) kernel.localRun(progs[0]!, { data: fromHex(message)! }).finish();
  if (kernel.arena.size !== size) throw new Error('memory is not given back');
  if (run.state !== 'done') return { why: JSON.stringify(run) };
  const again = newKernel();
  const second = load(request, again);
  again.localRun(second.progs[0]!, { data: fromHex(message)! }).finish();
  const value = userLookup(again.maps, second.maps[0]!.address, new Uint8Array(4)) as Uint8Array;
  return { value: toHex(value), message: toHex(run.output.dataOut!) };
}

const { BPF_SOCK_OPS_HDR_OPT_LEN_CB, BPF_SOCK_OPS_WRITE_HDR_OPT_CB, BPF_TCP_NEW_SYN_RECV, BPF_TCP_SYN_SENT } = UAPI;
const MAX_OPTIONS = 40;
/** Options that the kernel writes: MSS, SACK permitted, time stamps and window scale of a SYN; later the time stamps. */
const SYN_OPTIONS = 20;
const DATA_OPTIONS = 12;
const TCPHDR = 20;

/** Runs a seed's program once for each row, given what the row says the program was given. Hex of our rows. */
export function replayOptions(seed: number, rows: readonly string[]): string[] {
  const kernel = newKernel();
  const { progs, maps } = load(
    { prog_type: 'sock_ops', expected_attach_type: 'cgroup_sock_ops', ...optionProgram(seed), maps: OPTION_MAPS },
    kernel,
  );
  return rows.map((row, index) => {
    const bytes = fromHex(row)!;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const op = view.getUint32(ROW.op, true);
    const state = view.getUint32(ROW.state, true);
    const skbLen = view.getUint32(ROW.skbLen, true);
    const tcpFlags = view.getUint32(ROW.tcpFlags, true);
    const length = view.getUint32(ROW.headerBytes, true);
    const header = bytes.slice(ROW.header, ROW.header + length);
    const synBytes = view.getInt32(ROW.synBytes, true);
    const syn = synBytes > 0 ? bytes.slice(ROW.syn, ROW.syn + synBytes) : undefined;
    const isSyn = state === BPF_TCP_SYN_SENT || state === BPF_TCP_NEW_SYN_RECV;
    const remaining =
      op === BPF_SOCK_OPS_HDR_OPT_LEN_CB
        ? MAX_OPTIONS - (isSyn ? SYN_OPTIONS : DATA_OPTIONS)
        : op === BPF_SOCK_OPS_WRITE_HDR_OPT_CB
          ? (header[12]! >>> 4) * 4 - length
          : 0;
    if (op !== BPF_SOCK_OPS_HDR_OPT_LEN_CB && length > 0 && length < TCPHDR) throw new Error('short header');
    const ctx = ctxBytes('bpf_sock_ops', { op, state, skb_len: skbLen, skb_tcp_flags: tcpFlags });
    if (!ctx.ok) throw new Error(JSON.stringify(ctx.problems));
    const withSkb = skbLen > 0 || tcpFlags > 0 || length > 0;
    const status = kernel
      .localRun(progs[0]!, {
        ctx: ctx.value,
        ...(withSkb && { data: header }),
        hdrOpt: { remaining, ...(syn && { syn }) },
      })
      .finish();
    if (status.state !== 'done' || status.output.errno !== 0) throw new Error(JSON.stringify(status));
    return toHex(userLookup(kernel.maps, maps[0]!.address, Uint8Array.of(index, 0, 0, 0)) as Uint8Array);
  });
}
