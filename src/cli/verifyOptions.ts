/** The options of `bpflab verify`, and what the verifier makes of them. */
import { builtinBtf } from '../btf/builtin.ts';
import type { KernelBtf } from '../btf/kernelBtf.ts';
import { openKernelBtf } from '../btf/kernelBtf.ts';
import { ATTACH_TYPES, attachTypeName, attachTypeRow } from '../spec/attachTypes.ts';
import type { KernelName } from '../spec/profiles.ts';
import { KERNELS } from '../spec/profiles.ts';
import type { ProgRequest } from '../spec/request.ts';
import type { RuleName } from '../spec/rules.ts';
import { RULES } from '../spec/rules.ts';
import type { VerifyOptions } from '../verifier/api.ts';
import { Failure, unusable } from './failure.ts';
import { readInput } from './files.ts';
import type { Io } from './io.ts';
import { pickProgram } from './pick.ts';

/** As commander hands them over. */
export interface VerifyCliOptions {
  readonly verbose?: number;
  readonly logLevel?: number;
  readonly kernel?: string;
  readonly btf?: string;
  readonly btfModule?: readonly string[];
  readonly type?: string;
  readonly attach?: string;
  readonly prog?: string;
  readonly allow?: readonly string[];
  readonly define?: readonly string[];
  readonly explain?: boolean;
  readonly insnLimit?: number;
  readonly requests?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

/** The log that is shown: 0 for none. */
export function shownLog(options: VerifyCliOptions): number {
  return options.logLevel ?? Math.min(options.verbose ?? 0, 2);
}

/** Everything that holds for all programs. */
export function verifyOptions(io: Io, options: VerifyCliOptions): VerifyOptions {
  const kernels = Object.keys(KERNELS);
  const kernel =
    options.kernel === undefined ? undefined : kernels[pickProgram(kernels, options.kernel, 'kernel profile')];
  const rules = Object.keys(RULES);
  const allow = options.allow?.map((rule) => rules[pickProgram(rules, rule, 'rule')] as RuleName);
  return {
    // The words of a rejection are taken from the log.
    logLevel: shownLog(options) || 1,
    ...(kernel !== undefined && { kernel: kernel as KernelName }),
    ...(allow && { allow }),
    ...(options.insnLimit !== undefined && { insnLimit: options.insnLimit }),
    ...btfOptions(io, options),
  };
}

function btfFile(io: Io, path: string, name: string, base?: KernelBtf): KernelBtf {
  const btf = openKernelBtf(
    readInput(io, path, 'give a file with raw BTF, such as /sys/kernel/btf/vmlinux'),
    { name },
    base,
  );
  if (btf.ok) return btf.value;
  throw new Failure(btf.problems.map((p) => ({ ...p, message: { ...p.message, text: `${path}: ${p.message.text}` } })));
}

function btfOptions(io: Io, { btf, btfModule }: VerifyCliOptions): Pick<VerifyOptions, 'kernelBtf' | 'moduleBtf'> {
  const kernelBtf = btf === undefined ? undefined : btfFile(io, btf, 'vmlinux');
  const moduleBtf = btfModule?.map((found) => {
    const [, name, path] = /^([\w-]+)=(.+)$/.exec(found) ?? [];
    if (name === undefined || path === undefined) unusable('bad-btf-module', {}, { found });
    return btfFile(io, path, name, kernelBtf ?? builtinBtf());
  });
  return { ...(kernelBtf && { kernelBtf }), ...(moduleBtf && { moduleBtf }) };
}

/** How the attach target of a type is named in BTF, where it is not a function. */
const TARGET_KIND: Readonly<Record<string, 'typedef' | 'struct'>> = { trace_raw_tp: 'typedef', struct_ops: 'struct' };

/** `--attach TYPE`, `TYPE:TARGET` or `TARGET`: the fields of a load request that say so. */
export function attachFields(attach: string): ProgRequest {
  const [, first = '', target] = /^([^:/]*)(?:[:/](.+))?$/.exec(attach) ?? [];
  const row = attachTypeRow(first);
  if (!row) {
    if (target !== undefined || first === '') pickProgram(Object.keys(ATTACH_TYPES), first, 'attach type');
    return { attach_btf_name: first };
  }
  const type = attachTypeName(row.id)!;
  const kind = TARGET_KIND[type];
  return {
    expected_attach_type: type,
    ...(target !== undefined && { attach_btf_name: target, ...(kind && { attach_btf_kind: kind }) }),
  };
}

/** What `--kernel list` prints. */
export function kernelList(json: boolean): string {
  const rows = Object.entries(KERNELS).map(([name, { release, arch, covers }]) => ({ name, release, arch, covers }));
  if (json) return `${JSON.stringify(rows)}\n`;
  return columns([['NAME', 'RELEASE', 'ARCH', 'COVERS'], ...rows.map((r) => [r.name, r.release, r.arch, r.covers])]);
}

/** What `--allow list` prints. */
export function ruleList(json: boolean): string {
  const rows = Object.entries(RULES).map(([name, { text, says }]) => ({ name, text, says }));
  if (json) return `${JSON.stringify(rows)}\n`;
  return rows.map(({ name, text, says }) => `${name}\n    ${text}\n    kernel: ${says}\n`).join('');
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((r) => r[i]!.length)));
  return rows
    .map(
      (r) =>
        `${r
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
