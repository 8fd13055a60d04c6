/** The programs of programs/rejections: what each says of itself, and what the kernel said of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { assemble } from '../../src/asm/assemble.ts';
import { toRequest } from '../../src/asm/request.ts';
import { errnoName } from '../../src/spec/errno.ts';
import type { LoadRequest, ProgResult } from '../../src/spec/request.ts';
import { problemText } from '../../src/util/problem.ts';
import { plainLog } from '../verifier/plainLog.ts';

const PROGRAMS = new URL('../../programs/rejections/', import.meta.url);
const RECORDED = new URL('../recorded/rejections/', import.meta.url);

/** A program and the comment that it begins with. */
export interface Rejection {
  /** File name without `.bpf`. */
  readonly name: string;
  readonly expect: 'accept' | 'reject' | 'unparsable';
  /** The line after `reject:` or `unparsable:`. */
  readonly line: string;
  /** What is wrong; of a twin, what is right. */
  readonly mistake: string;
  readonly logLevel: number;
  readonly text: string;
}

/** `# KEY: text` of a program's first lines, continued where the next line is indented. */
function header(text: string, key: string): string {
  const lines = text.split('\n');
  const from = lines.findIndex((l) => l.startsWith(`# ${key}:`));
  if (from < 0) return '';
  const rest = lines.slice(from + 1);
  const end = rest.findIndex((l) => !l.startsWith('#          '));
  const words = [lines[from]!.slice(key.length + 3), ...rest.slice(0, end).map((l) => l.slice(1))];
  return words.map((w) => w.trim()).join(' ');
}

function rejection(file: string): Rejection {
  const text = readFileSync(new URL(file, PROGRAMS), 'utf8');
  const expect = /^# EXPECT (accept|reject|unparsable)(?:: (.*))?$/m.exec(text);
  if (!expect) throw new Error(`${file} expects nothing`);
  return {
    name: file.replace(/\.bpf$/, ''),
    expect: expect[1] as Rejection['expect'],
    line: expect[2] ?? '',
    mistake: header(text, 'Wrong') || header(text, 'Right'),
    logLevel: Number(/^# LOG (\d)$/m.exec(text)?.[1] ?? 2),
    text,
  };
}

/** All of them, sorted by name. */
export function rejections(): Rejection[] {
  return readdirSync(PROGRAMS)
    .filter((f) => f.endsWith('.bpf'))
    .sort()
    .map(rejection);
}

/** The load request, or the assembler's problem. */
export function rejectionRequest({ name, text, logLevel }: Rejection): LoadRequest | string {
  const { object, problems } = assemble(text, { file: `${name}.bpf` });
  if (!object) return problems.map((p) => problemText(p)).join('\n');
  const request = toRequest(object, { name, with: { log_level: logLevel } });
  return request.ok ? request.value : request.problems.map((p) => problemText(p)).join('\n');
}

/** An answer as it is recorded: verdict and errno on the first line, then the log without what changes at every boot. */
export function recordOf({ verdict, errno, log }: ProgResult): string {
  const lines = plainLog(log ?? '')
    .filter((line) => !line.startsWith('verification time'))
    .map((line) => line.replace(/btf_id \d+/g, 'btf_id N').replace(/(call (?!bpf_prog)[\w.]+)#\d{4,}/g, '$1#N'));
  return `${[verdict === 'reject' ? `reject ${errnoName(errno)}` : verdict, ...lines].join('\n')}\n`;
}

/** The kernel's answer to a program. */
export function recorded(name: string): string {
  return readFileSync(new URL(`${name}.log`, RECORDED), 'utf8');
}

const AFTER_THE_ERROR = /^(processed |stack depth|(cur|old) state:|$)/;

/** The line that says why, of a record. */
export function errorLine(record: string): string {
  return record.split('\n').findLast((line) => !AFTER_THE_ERROR.test(line)) ?? '';
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The rows of README.md. */
export function rejectionTable(): string {
  const rows = rejections()
    .filter(({ name }) => !name.endsWith('.fixed'))
    .map(({ name, mistake, expect, line }) => {
      const says =
        expect === 'accept' ? 'accepted' : `\`${cell(line)}\`${expect === 'unparsable' ? ' (bpflab asm)' : ''}`;
      return `| [${name}](${name}.bpf) | ${cell(mistake)} | ${says} |`;
    });
  return ['| program | mistake | the kernel says |', '|---|---|---|', ...rows].join('\n');
}
