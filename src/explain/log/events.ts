/** A verifier log as events, whatever kernel printed it. */
import type { LogInsn } from './insn.ts';
import { readInsn } from './insn.ts';
import type { LogState } from './state.ts';
import { readState } from './state.ts';

/** A source line that the log quotes before the insns it became. */
export interface QuotedSource {
  readonly text: string;
  readonly file?: string;
  readonly line?: number;
}

export type LogEvent =
  | {
      readonly kind: 'insn';
      readonly slot: number;
      readonly text: string;
      readonly does: LogInsn;
      readonly after?: LogState;
      readonly source?: QuotedSource;
    }
  /** A state on a line of its own; with `from` the walk goes on at a branch that it had put aside. */
  | { readonly kind: 'state'; readonly slot?: number; readonly from?: number; readonly state: LogState }
  /** The path ended in a state that is known to be safe. */
  | { readonly kind: 'safe'; readonly from?: number }
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'closing'; readonly processed: number };

/** How the walk found out what it says, of no use here. */
const CHATTER =
  /^(?:mark_precise:|last_idx |first_idx |regs=|parent (?:state|didn't)|propagating |caller:|callee:|returning from callee:|to caller at |Live regs before insn|verification time|stack depth|max_states|Validating |Func#|func#|\(\d+ frames? skipped\))/;

const INSN = /^(\d+): \(([0-9a-f]{2})\) (.*)$/;
const FROM = /^from (\d+) to (\d+)(?: \(speculative execution\))?:(.*)$/;
const AT = /^(\d+):\s(.*)$/;
const SOURCE = /^; (.*?)(?: @ (\S+):(\d+))?$/;
const STATE_TAIL = /\s*;\s*(?=(?:frame\d+:\s*)?(?:R\d{1,2}(?:_\w+)?=|fp-\d+(?:_\w+)?=|refs=))/;
const CLOSING = /^processed (\d+) insns/;
/** Linux 7.3 explains for itself behind the last message. */
const DIAGNOSTICS = /^Verification failed:/;

/** Before 4.14 pointers were printed without brackets: `R1=ctx R10=fp`. */
function isOld(lines: readonly string[]): boolean {
  return lines.some((line) => /\bR10=fp(?:\s|$)/.test(line));
}

/** A source line of the log: `; text @ file.c:12`. */
function quoted(line: string): QuotedSource | undefined {
  const m = SOURCE.exec(line);
  if (!m) return undefined;
  return { text: m[1]!, ...(m[2] !== undefined && { file: m[2], line: Number(m[3]) }) };
}

/** Reads lines from which the loader's wrapping was taken. */
export function readEvents(lines: readonly string[]): LogEvent[] {
  const old = isOld(lines);
  const events: LogEvent[] = [];
  let source: QuotedSource | undefined;
  let diagnosed = false;
  const state = (text: string, at: { slot?: number; from?: number }): boolean => {
    const read = readState(text, old);
    if (read) events.push({ kind: 'state', ...at, state: read });
    return read !== undefined;
  };
  for (const line of lines) {
    const closing = CLOSING.exec(line);
    if (closing) {
      events.push({ kind: 'closing', processed: Number(closing[1]) });
      continue;
    }
    diagnosed ||= DIAGNOSTICS.test(line);
    if (diagnosed || CHATTER.test(line)) continue;
    const insn = INSN.exec(line);
    if (insn) {
      const [text, tail] = insn[3]!.split(STATE_TAIL);
      const after = tail === undefined ? undefined : readState(tail, old);
      const clean = text!.trimEnd();
      events.push({
        kind: 'insn',
        slot: Number(insn[1]),
        text: clean,
        does: readInsn(clean),
        ...(after && { after }),
        ...(source && { source }),
      });
      continue;
    }
    const from = FROM.exec(line);
    if (from) {
      const at = { from: Number(from[1]), slot: Number(from[2]) };
      if (/^\s*safe$/.test(from[3]!)) events.push({ kind: 'safe', from: at.from });
      else if (!state(from[3]!, at)) events.push({ kind: 'state', ...at, state: { frame: 0, values: new Map() } });
      continue;
    }
    const at = AT.exec(line);
    if (at && (at[2] === 'safe' || state(at[2]!, { slot: Number(at[1]) }))) {
      if (at[2] === 'safe') events.push({ kind: 'safe' });
      continue;
    }
    if (/^\s*(?:frame\d+:\s*)?(?:R\d{1,2}(?:_\w+)?=|fp-\d+(?:_\w+)?=)/.test(line) && state(line, {})) continue;
    const quote = line.startsWith('; ') ? quoted(line) : undefined;
    if (quote) source = quote;
    else if (line.trim() !== ';') events.push({ kind: 'message', text: line.trim() });
  }
  return events;
}
