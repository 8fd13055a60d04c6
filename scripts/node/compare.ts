/** What differs between the kernel's answer to a request about the node and ours. */
import { helperName } from '../../src/spec/helpers/index.ts';
import type { LoadRequest, LoadResult, MapDump } from '../../src/spec/request.ts';
import { RECORD } from './record.ts';

function value(dump: MapDump | undefined): string {
  return String(dump?.[0]?.[1] ?? '');
}

/** One line for each call whose result or record differs; counts the kernel's results in `codes`, by helper. */
export function differences(
  request: LoadRequest,
  theirs: LoadResult,
  ours: LoadResult,
  codes: Record<string, number> = {},
): string[] {
  // A command that fails has no errno of its own.
  if (theirs.verdict !== ours.verdict || (theirs.errno && theirs.errno !== ours.errno)) {
    return [
      `verdict ${theirs.verdict} ${theirs.errname ?? ''} ${theirs.detail ?? ''} | ours ${ours.verdict} ${ours.detail ?? ''}`,
    ];
  }
  const lines: string[] = [];
  (theirs.test_run ?? []).forEach((run, i) => {
    const mine = ours.test_run?.[i];
    if (run.errno !== mine?.errno || run.retval !== mine.retval || run.data_out !== mine.data_out) {
      lines.push(`run ${i}: errno ${run.errno} retval ${run.retval} | ours ${mine?.errno} ${mine?.retval}`);
    }
    if (run.ctx_out !== mine?.ctx_out) lines.push(`run ${i}: ctx ${run.ctx_out}\n       ours ${mine?.ctx_out}`);
    const short = run.prog === 0 ? 'xdp' : 'tc';
    const [out, data] = ['out', 'data'].map((m) => value(run.maps?.[`${short}_${m}`]));
    const [myOut, myData] = ['out', 'data'].map((m) => value(mine?.maps?.[`${short}_${m}`]));
    const before = request.maps?.find((m) => m.name === `${short}_data`)?.updates?.[0]?.value ?? '';
    const zeros = '0'.repeat(before.length / 8);
    const [ret, myRet] = [out || zeros, myOut || zeros];
    const insns = String(request.progs?.[run.prog ?? 0]?.insns);
    for (let k = 0; 16 * k < ret.length; k++) {
      const cut = (text: string | undefined, size: number): string =>
        (text ?? '').slice(2 * size * k, 2 * size * (k + 1));
      if (run.errno === 0) {
        const code = `${helperOf(insns, k)[0]}: ${Buffer.from(cut(ret, 8), 'hex').readInt32LE(0)}`;
        codes[code] = (codes[code] ?? 0) + 1;
      }
      if (cut(ret, 8) === cut(myRet, 8) && cut(data, RECORD) === cut(myData, RECORD)) continue;
      lines.push(
        `run ${i} (${short}) call ${k} (${helperOf(insns, k).join('; ')}): ${cut(ret, 8)} | ours ${cut(myRet, 8)}\n  before ${cut(before, RECORD)}\n  kernel ${cut(data, RECORD)}\n  ours   ${cut(myData, RECORD)}`,
      );
    }
  });
  return lines;
}

/** The helper of call `k`, and the arguments loaded before it. */
function helperOf(insns: string, k: number): readonly [name: string, args: string] {
  const list = insns.match(/.{16}/g) ?? [];
  const imm = (text: string): number => Buffer.from(text, 'hex').readInt32LE(4);
  const name = (text: string): string => helperName(imm(text)) ?? String(imm(text));
  const calls = list.flatMap((text, i) => (text.startsWith('85') && name(text) !== 'bpf_sk_release' ? [i] : []));
  const args = list.slice(k === 0 ? 5 : calls[k - 1]! + 2, calls[k]).filter((t) => t.startsWith('18'));
  return [name(list[calls[k]!]!), args.map((t) => `R${Number.parseInt(t[3]!, 16)}=${imm(t)}`).join(' ')];
}
