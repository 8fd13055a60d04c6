/** What programs say and how they end, told to the client once, whichever way the session moves. */
import { monitorLine } from '../../kernel/replay/monitor.ts';
import type { PacketResult } from '../../kernel/replay/result.ts';
import type { Output } from '../../kernel/world.ts';
import { mapAt } from '../../kernel/world.ts';
import { toHex } from '../../util/hex.ts';
import { problemText } from '../../util/problem.ts';
import type { Session } from '../session/session.ts';
import type { Client } from './client.ts';

/** Lines that one motion may bring; the rest is counted. */
const MOST = 1000;
/** Bytes of a sample that are shown. */
const BYTES = 256;

export class Outputs {
  readonly #session: Session;
  readonly #client: Client;
  /** What has been told: outputs since the kernel was made, and results. */
  #outputs = 0;
  #results = 0;

  constructor(session: Session, client: Client) {
    this.#session = session;
    this.#client = client;
    this.edited();
  }

  /** The past is another: what comes from here on is told again. */
  edited(): void {
    this.#outputs = this.#session.kernel.world.output?.count ?? 0;
    this.#results = this.#session.resultCount;
  }

  /** Tells what is new. */
  tell(): void {
    const results = this.#session.results(this.#results);
    this.#results += results.length;
    const fresh = this.#fresh();
    const lines: [category: 'stdout' | 'stderr', line: string][] = [];
    for (const result of results) {
      const last = result.outputs.at(-1);
      const upTo = last ? fresh.indexOf(last) + 1 : 0;
      for (const output of fresh.splice(0, upTo)) lines.push(['stdout', this.#line(output)]);
      lines.push([result.fault ? 'stderr' : 'stdout', resultLine(result)]);
    }
    for (const output of fresh) lines.push(['stdout', this.#line(output)]);
    for (const [category, line] of lines.slice(0, MOST)) this.#client.say(category, line);
    if (lines.length > MOST) this.#client.say('console', `… and ${lines.length - MOST} lines more`);
  }

  /** What log points said. */
  log(lines: readonly string[]): void {
    for (const line of lines.slice(0, MOST)) this.#client.say('console', line);
    if (lines.length > MOST) this.#client.say('console', `… and ${lines.length - MOST} lines more`);
  }

  /** Outputs that have not been told, oldest first. */
  #fresh(): Output[] {
    const { world } = this.#session.kernel;
    const out: Output[] = [];
    for (let node = world.output; node && node.count > this.#outputs; node = node.older) out.push(node.entry);
    this.#outputs = Math.max(this.#outputs, world.output?.count ?? 0);
    return out.reverse();
  }

  #line(output: Output): string {
    if (output.kind === 'trace') return output.line.replace(/\n$/, '');
    if (output.kind === 'sent') {
      const way = output.ingress ? 'into' : 'out of';
      return `a clone ${way} ifindex ${output.ifindex}: ${hexOf(output.data)}`;
    }
    const { map, data } = output.kind === 'perf' ? output.record : output;
    const name = mapAt(this.#session.kernel.world, map)?.name ?? '?';
    const words = output.kind === 'perf' ? monitorLine(this.#session.kernel, output.record) : undefined;
    return `${name}: ${words ?? hexOf(data)}`;
  }
}

function hexOf(data: Uint8Array): string {
  const more = data.length > BYTES ? ` … (${data.length} bytes)` : '';
  return `${toHex(data.subarray(0, BYTES), ' ')}${more}`;
}

function resultLine({ number, prog, verdict, insns, fault }: PacketResult): string {
  const end = fault ? `fault at insn ${fault.slot}: ${problemText(fault.problem)}` : verdict;
  return `packet ${number}: ${prog.name}: ${end} (${insns} insns)`;
}
