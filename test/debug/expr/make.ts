/** Views of sessions, and expressions at them, for tests. */
import { readFileSync } from 'node:fs';
import { type Expr, evaluate, formatValue, parseExpr, type Value } from '../../../src/debug/expr/index.ts';
import type { SessionInput } from '../../../src/debug/session/input.ts';
import type { OpenOptions } from '../../../src/debug/session/opened.ts';
import { Session } from '../../../src/debug/session/session.ts';
import type { View } from '../../../src/debug/view.ts';
import { readCapture } from '../../../src/net/capture.ts';
import { problemText } from '../../../src/util/problem.ts';
import { inputOf, need } from '../session/make.ts';

/** A parsed expression; throws what is wrong with it. */
export function parsed(text: string): Expr {
  return need(parseExpr(text));
}

export function valueAt(view: View, text: string): Value {
  return need(evaluate(parsed(text), view));
}

/** The value as text, or `column: problem`. */
export function shown(view: View, text: string): string {
  const expr = parseExpr(text);
  const value = expr.ok ? evaluate(expr.value, view) : expr;
  if (value.ok) return formatValue(value.value);
  const [problem] = value.problems;
  return `${problem!.at.pos?.col}: ${problemText(problem!)}`;
}

/** The demo node over its capture, before the first packet's first insn. */
export function demoSession(more: Partial<SessionInput> = {}, options: OpenOptions = {}): Session {
  const { capture } = readCapture(readFileSync('programs/demo/demo.pcap'));
  const content: unknown = JSON.parse(readFileSync('programs/demo/maps.json', 'utf8'));
  const path = 'programs/lb/node.bpf';
  const input = inputOf(
    readFileSync(path, 'utf8'),
    {
      packets: capture!.packets.map(({ bytes, timeNs }) => ({ bytes, timeNs })),
      progs: ['xdp_main', 'tc_main'],
      maps: [{ file: 'maps.json', content, map: '' }],
      ...more,
    },
    path,
  );
  return need(Session.open(input, options));
}
