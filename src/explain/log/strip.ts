/** A pasted log without what loaders and loggers put around it. */

/** The verifier's own lines, and what was learnt from their wrapping. */
export interface StrippedLog {
  readonly lines: readonly string[];
  /** Name of the program, where the loader says it. */
  readonly program?: string;
}

const BEGIN = /-- BEGIN (?:PROG LOAD LOG|DUMP LOG|PROG LOAD)/;
const END = /-- END (?:PROG LOAD LOG|DUMP LOG|PROG LOAD)/;
/** Aya, cilium/ebpf and others put an error chain before the log. */
const CHAIN = /(?:load program|BPF_PROG_LOAD[^:]*|Verifier output|verifier (?:error|log|output)):\s*/i;
const ERRNO_WORDS =
  /^(?:permission denied|invalid argument|argument list too long|bad file descriptor|no space left on device|bad address|operation not permitted|not supported)(?: \([^)]*\))?:?\s*/i;
const OMITTED = /\s*\((?:truncated, )?(?:\d+ lines? omitted|\d+ line\(s\) omitted)\)\s*$/;
/** `Nov 28 10:11:12 host agent[12]: `, `[   12.345678] `. */
const STAMP = /^(?:\w{3} +\d{1,2} [\d:]{8} \S+ \S+: |\[ *\d+\.\d+\] )/;
const LOADER_LINE = /^(?:libbpf|libbpf-cargo|bpftool): |^(?:ERROR|Error|WARN\w*|INFO)\b/;

/** Logs that travelled inside a quoted string have their line breaks spelt out. */
function unquote(text: string): string {
  if (!/\\n\s*(?:\d+: |processed |;)/.test(text) && !/\\n.*\\n/.test(text)) return text;
  return text.replaceAll('\\n', '\n').replaceAll('\\t', '\t').replaceAll('\\"', '"').replace(/"\s*$/, '');
}

/** The lines of the last log block between libbpf's markers; all lines without markers. */
function block(lines: readonly string[]): { lines: readonly string[]; program?: string } {
  let begin = -1;
  lines.forEach((line, i) => {
    if (BEGIN.test(line)) begin = i;
  });
  if (begin < 0) return { lines };
  const length = lines.slice(begin + 1).findIndex((line) => END.test(line));
  const inside = lines.slice(begin + 1, length < 0 ? undefined : begin + 1 + length);
  const program = /prog '([^']+)'/.exec(lines[begin]!)?.[1];
  return { lines: inside, ...(program !== undefined && { program }) };
}

/** An error chain's line: what stands behind it, its parts on lines of their own. */
function unchain(line: string): string[] {
  const chain = CHAIN.exec(line);
  if (!chain) return [line];
  let rest = line.slice(chain.index + chain[0].length);
  for (let words = ERRNO_WORDS.exec(rest); words; words = ERRNO_WORDS.exec(rest)) rest = rest.slice(words[0].length);
  rest = rest.replace(OMITTED, '');
  return rest === '' ? [] : rest.split(/: (?=R\d+ )/);
}

/** Takes the wrappers of libbpf, cilium/ebpf, aya and system loggers off a log. */
export function stripLog(text: string): StrippedLog {
  const raw = unquote(text)
    .split(/\r\n|\n|\r/)
    .map((line) => line.replace(STAMP, '').replace(/^\t+/, '').trimEnd());
  const found = block(raw);
  const program =
    found.program ??
    raw.map((line) => /\bprog(?:ram)? '?([\w.]+)'?: (?:load|failed|BPF program)/.exec(line)?.[1]).find((p) => p);
  const lines = found.lines
    .flatMap(unchain)
    .map((line) => line.replace(OMITTED, ''))
    .filter((line) => line !== '' && !LOADER_LINE.test(line));
  return { lines, ...(program !== undefined && { program }) };
}
