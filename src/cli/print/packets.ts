/** Packets and what became of them, for people. */
import type { Kernel } from '../../kernel/kernel.ts';
import { ctxLayout, worksOnPackets } from '../../kernel/replay/hook.ts';
import { monitorLine } from '../../kernel/replay/monitor.ts';
import { faultInsnText, runLine } from '../../kernel/replay/report.ts';
import type { Fault, PacketResult } from '../../kernel/replay/result.ts';
import { verdictFate } from '../../kernel/replay/verdict.ts';
import type { Output } from '../../kernel/world.ts';
import { mapAt } from '../../kernel/world.ts';
import { diffLine } from '../../net/diff.ts';
import { UAPI } from '../../spec/constants.ts';
import { ERRNOS } from '../../spec/errno.ts';
import { toHex } from '../../util/hex.ts';
import { explainProblem, problemText } from '../../util/problem.ts';
import type { Style } from '../style.ts';
import { wrap } from '../style.ts';

export interface PacketPrinter {
  readonly style: Style;
  readonly columns: number | undefined;
  /** Time of the capture's first packet. */
  readonly startNs: bigint | undefined;
  /** Packets come one after the other through several programs: name the program. */
  readonly named: boolean;
}

const INDENT = '      ';
/** A space at which no line is broken. */
const TIE = '\u00a0';

/** Seconds since the first packet, to the microsecond. */
function timeText(timeNs: bigint | undefined, startNs: bigint | undefined): string {
  if (timeNs === undefined || startNs === undefined) return '';
  const micros = (timeNs - startNs) / 1000n;
  const sign = micros < 0n ? '-' : '';
  const abs = micros < 0n ? -micros : micros;
  return `${sign}${abs / 1_000_000n}.${String(abs % 1_000_000n).padStart(6, '0')} `;
}

/** Pads the bare text, then colours it. */
export function verdictText(style: Style, verdict: string, width = 0): string {
  const text = verdict.padEnd(width);
  switch (verdictFate(verdict)) {
    case 'pass':
      return style.green(text);
    case 'drop':
      return style.red(text);
    case 'tx':
    case 'redirect':
      return style.cyan(text);
    default:
      return verdict === 'fault' || verdict.startsWith('-') ? style.red(text) : style.yellow(text);
  }
}

/** What a program said: a line of bpf_trace_printk, a notification, or any other perf record or ring buffer sample in hex. */
function outputText(kernel: Kernel, output: Output): string {
  if (output.kind === 'trace') return `trace  ${output.line}`;
  if (output.kind === 'sent') {
    return `${output.ingress ? 'into' : 'sent'}   ifindex ${output.ifindex}: ${bytesText(output.data)}`;
  }
  const { map, data } = output.kind === 'perf' ? output.record : output;
  const name = mapAt(kernel.world, map)?.name ?? '?';
  const known = output.kind === 'perf' ? monitorLine(kernel, output.record) : undefined;
  if (known !== undefined) return `event  ${known}`;
  return `event  ${name}: ${bytesText(data)}`;
}

function bytesText(data: Uint8Array): string {
  return `${toHex(data.subarray(0, 32), ' ')}${data.length > 32 ? ` … (${data.length} bytes)` : ''}`;
}

function redirectText(kernel: Kernel, { redirect, verdict }: PacketResult): string {
  if (!redirect || verdictFate(verdict) !== 'redirect') return '';
  const map = mapAt(kernel.world, redirect.map)?.name;
  if ((redirect.flags & UAPI.BPF_F_BROADCAST) !== 0 && map !== undefined) return ` to all of ${map}`;
  return redirect.kind === 'map' && redirect.ifindex === 0
    ? ` to CPU ${redirect.index}`
    : ` to ifindex ${redirect.ifindex}`;
}

/** The line of a packet and, indented below it, what changed and what was said. */
export function packetText(kernel: Kernel, result: PacketResult, printer: PacketPrinter): string {
  const { style, columns } = printer;
  const first = result.stage === 0 ? `${String(result.number).padStart(4)}  ` : `${INDENT}then `;
  const time = result.stage === 0 ? timeText(result.packet.timeNs, printer.startNs) : '';
  const name = printer.named ? `${result.prog.name} ` : '';
  const verdict = `${result.verdict}${redirectText(kernel, result)}`;
  const line = result.stage === 0 ? runLine(result) : '';
  const summary = line === '' ? '' : `  ${line}`;
  // Colours take no room: wrapped bare, then coloured.
  const bare = wrap(`${time}${name}${verdict}${summary}`, columns, `${INDENT}  `, first);
  const head = bare.replace(verdict, () => verdictText(style, result.verdict) + redirectText(kernel, result));
  const lines = [time === '' ? head : head.replace(time, () => style.dim(time))];
  if (result.errno !== 0) lines.push(`${INDENT}  ${style.red(errnoText(result))}`);
  if (result.changes.length > 0) {
    // Every change of an address brings its checksums along: not worth a word beside it.
    const telling = result.changes.filter((c) => c.field !== 'check' && c.field !== 'checksum');
    const shown = telling.length > 0 ? telling : result.changes;
    const text = shown.map((d) => diffLine(d).replaceAll(' ', TIE)).join(', ');
    lines.push(wrap(text, columns, `${INDENT}  `, `${INDENT}  `).replaceAll(TIE, ' '));
  }
  if (result.ctxChanges.length > 0) {
    const text = result.ctxChanges
      .map((c) => `ctx.${c.field} ${c.before} -> ${c.after}`.replaceAll(' ', TIE))
      .join(', ');
    lines.push(wrap(text, columns, `${INDENT}  `, `${INDENT}  `).replaceAll(TIE, ' '));
  }
  for (const output of result.outputs) {
    lines.push(wrap(outputText(kernel, output), columns, `${INDENT}         `, `${INDENT}  `));
  }
  return `${lines.join('\n')}\n`;
}

/** An Ethernet header. */
const SHORTEST = 14;

/** What a test run of this program refuses with EINVAL, as far as it can be told from what it was given. */
function invalidText({ before, prog, ctxIn }: PacketResult): string {
  const { progType, ctxStruct } = prog.executable;
  if (!worksOnPackets(progType)) {
    if (before.length > 0) return ` (${progType} programs take no packet, only a context: --ctx)`;
    if (ctxIn === undefined) return ' (no context is given: --ctx)';
  } else if (before.length < SHORTEST && progType !== 'netfilter') {
    return ` (it is shorter than an Ethernet header, ${SHORTEST} bytes)`;
  }
  const layout = ctxIn && ctxLayout(progType, ctxStruct);
  return layout?.settable ? ` (of struct ${layout.struct} it takes ${layout.settable.join(', ')})` : '';
}

function errnoText(result: PacketResult): string {
  const { errno, prog } = result;
  if (errno === ERRNOS.ENOTSUPP.number) {
    return `the kernel has no test_run for programs of type ${prog.executable.progType}`;
  }
  const row = Object.values(ERRNOS).find((r) => r.number === errno);
  const why = errno === ERRNOS.EINVAL.number ? invalidText(result) : '';
  const on = worksOnPackets(prog.executable.progType) ? ' on this packet' : '';
  return `the kernel refuses to run the program${on}: ${row?.text ?? `errno ${errno}`}${why}`;
}

/** A program fault: the source line where there is one, the insn, the registers. */
export function faultText(fault: Fault, style: Style): string {
  const { problem, position, slot } = fault;
  const lines: string[] = [];
  if (position) {
    const shown = explainProblem({
      ...problem,
      at: { pos: position.pos, ...(position.text !== undefined && { text: position.text }) },
    });
    lines.push(shown.replace(': error: ', `: ${style.red('program fault')}: `));
  } else lines.push(`${style.red('program fault')}: ${problemText(problem)}`);
  const insn = faultInsnText(fault);
  lines.push(`  in ${fault.prog}, insn ${slot}${insn === undefined ? '' : `: ${insn}`}`);
  const registers = fault.registers.map((v, i) => `R${i}=0x${v.toString(16)}`);
  if (registers.length > 0) lines.push(wrap(registers.join(' '), 78, '  ', '  '));
  return `${lines.join('\n')}\n`;
}
