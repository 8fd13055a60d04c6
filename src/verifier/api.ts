/** The verifier as a library: every program of an object or a load request, at once or in slices. */
import type { AsmObject } from '../asm/object.ts';
import { toRequest } from '../asm/request.ts';
import { builtinTypes } from '../btf/builtin.ts';
import type { KernelBtf, KernelTypes } from '../btf/kernelBtf.ts';
import { ERRNO } from '../spec/errno.ts';
import type { KernelName } from '../spec/profiles.ts';
import type { LoadRequest, ProgRequest } from '../spec/request.ts';
import type { RuleName } from '../spec/rules.ts';
import { fromHex } from '../util/hex.ts';
import type { Problem, Result } from '../util/problem.ts';
import { fail, ok, reporter } from '../util/problem.ts';
import type { LogSink } from './log/sink.ts';
import type { MapInfo } from './maps.ts';
import type { Recorder } from './recorder.ts';
import type { SetupFailure, Verification, VerifyStats } from './result.ts';
import { NO_STATS } from './result.ts';
import { BtfLoader, setUp } from './setup.ts';
import { Verifier, type VerifyInput } from './verify.ts';

/** How a program is to be verified. */
export interface VerifyOptions {
  /** Bits of the kernel's log level: 1, 2 (every insn), 4 (statistics). A request's own counts first; default 1. */
  readonly logLevel?: number;
  /** The kernel whose verdict is wanted; default `6.12`. */
  readonly kernel?: KernelName;
  /** BTF of that kernel (`openKernelBtf`); default: the built-in one. */
  readonly kernelBtf?: KernelBtf;
  /** Split BTF of its modules. */
  readonly moduleBtf?: readonly KernelBtf[];
  /** Rules to lift (what-if); `RULES` lists them. */
  readonly allow?: Iterable<RuleName>;
  /** Only the program of this name. */
  readonly prog?: string;
  /** Give up after so many insns of one program; default: no limit beside the kernel's own million. */
  readonly insnLimit?: number;
}

/** @internal Who looks on; only for one program at a time. */
export interface WatchOptions extends VerifyOptions {
  readonly recorder?: Recorder;
  /** Where the log goes instead of into the verification. */
  readonly log?: LogSink;
}

/** A program with its verdict. */
export interface VerifiedProgram {
  readonly name: string;
  readonly request: ProgRequest;
  /** Number of 8-byte insns. */
  readonly size: number;
  readonly verification: Verification;
}

/** How far the verification of a program is. */
export interface VerifyProgress {
  readonly name: string;
  /** Index of the program, and how many there are. */
  readonly index: number;
  readonly count: number;
  readonly stats: VerifyStats;
}

/** For long work: `verifyAsync`. */
export interface VerifyAsyncOptions extends VerifyOptions {
  /** Ends the work: the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called between slices. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Insns between two looks at the signal; default 20,000. */
  readonly slice?: number;
}

/** What is verified: a load request, or what `assemble` made. */
export type VerifySource = LoadRequest | AsmObject;

const apiProblem = reporter('verify', {
  'bad-insns': { text: '{name}: insns are not hexadecimal' },
  'no-program': { text: "no program '{name}'; there are: {known}" },
  'inner-map': { text: 'map {index}: inner_map {inner} is not an earlier map of the request' },
});

const SLICE = 20_000;

/** One program, ready to be verified in slices: the core that never waits. */
export interface VerifyJob {
  readonly name: string;
  readonly request: ProgRequest;
  /** Number of 8-byte insns. */
  readonly size: number;
  /** What has been done so far. */
  readonly stats: VerifyStats;
  /** Walks at most `budget` insns; the program with its verdict when it has one. */
  advance(budget: number): VerifiedProgram | undefined;
}

/** The built-in types, but for what the user brings. */
function typesOf({ kernelBtf, moduleBtf }: VerifyOptions): KernelTypes {
  if (!kernelBtf && !moduleBtf) return builtinTypes;
  return {
    vmlinux: () => kernelBtf ?? builtinTypes.vmlinux(),
    // Modules that are built in stand on the built-in BTF only.
    module: (name) => moduleBtf?.find((m) => m.name === name) ?? (kernelBtf ? undefined : builtinTypes.module(name)),
  };
}

/** What BTF and map creation are is known of the current kernel only. */
function setupVerification(failed: SetupFailure, kernel: KernelName | undefined): Verification {
  const ended = { log: failed.btf_log ?? '', insns: 0, stats: NO_STATS, lifted: [] };
  if (kernel !== undefined && kernel !== '6.12') {
    return { verdict: 'not_covered', what: `BTF and maps of Linux ${kernel}`, ...ended, log: '' };
  }
  return { verdict: 'reject', errno: failed.errno, setup: failed, ...ended };
}

/** The program that another one is attached to, with its own BTF and maps. */
function targetInput(request: LoadRequest, options: VerifyOptions): VerifyInput | SetupFailure {
  const types = typesOf(options);
  const made = setUp(request, new BtfLoader(), types.vmlinux);
  if ('stage' in made) return made;
  const bytes = fromHex(typeof request.insns === 'string' ? request.insns : (request.insns ?? []).join(''));
  if (!bytes) return { stage: 'attach_prog', errno: ERRNO.EINVAL, whole: true };
  const { kernel } = options;
  const target = request.attach_prog && targetInput(request.attach_prog, options);
  return { request, bytes, maps: made, logLevel: 0, types, ...(kernel && { kernel }), ...(target && { target }) };
}

class Job implements VerifyJob {
  readonly name: string;
  readonly request: ProgRequest;
  readonly size: number;
  readonly #verifier: Verifier;
  readonly #limit: number;

  readonly #failed: SetupFailure | undefined;
  readonly #kernel: KernelName | undefined;

  constructor(name: string, request: ProgRequest, bytes: Uint8Array, setup: Setup, options: WatchOptions) {
    this.name = name;
    const { maps, failed } = setup;
    this.#failed = failed;
    this.#kernel = options.kernel;
    this.request = request;
    this.size = bytes.length / 8;
    this.#limit = options.insnLimit ?? Number.POSITIVE_INFINITY;
    const { kernel, allow, recorder, log } = options;
    this.#verifier = new Verifier({
      request,
      bytes,
      maps,
      logLevel: request.log_level ?? options.logLevel ?? 1,
      types: typesOf(options),
      ...(kernel && { kernel }),
      ...(allow && { allow: new Set(allow) }),
      ...(recorder && { recorder }),
      ...(log && { log }),
      ...(request.attach_prog && { target: targetInput(request.attach_prog, options) }),
    });
  }

  get stats(): VerifyStats {
    return this.#verifier.stats;
  }

  advance(budget: number): VerifiedProgram | undefined {
    if (this.#failed) {
      const { name, request, size } = this;
      return { name, request, size, verification: setupVerification(this.#failed, this.#kernel) };
    }
    const left = this.#limit - this.#verifier.stats.insns;
    const verification = this.#verifier.advance(Math.min(budget, Math.max(left, 0)));
    const { name, request, size } = this;
    if (verification) return { name, request, size, verification };
    const { stats } = this.#verifier;
    if (stats.insns < this.#limit) return undefined;
    const what = `more than ${this.#limit} insns, the limit that was asked for`;
    return {
      name,
      request,
      size,
      verification: { verdict: 'not_covered', what, log: '', insns: stats.insns, stats, lifted: [] },
    };
  }
}

interface Setup {
  readonly maps: readonly MapInfo[];
  readonly failed: SetupFailure | undefined;
}

const isObject = (source: VerifySource): source is AsmObject => 'programs' in source;

/** Fields that an entry of `progs` takes over from the request. */
const SHARED = [
  'prog_type',
  'expected_attach_type',
  'license',
  'prog_flags',
  'btf',
  'log_level',
  'log_size',
  'log_keep',
  'unpriv',
  'caps',
  'use_fd_array',
  'kern_version',
  'prog_ifindex',
] as const satisfies readonly (keyof ProgRequest)[];

/** Each program of a request with what it shares with the others. */
function programsOf(request: LoadRequest): readonly ProgRequest[] {
  const { progs } = request;
  if (!progs) return [request];
  const common: ProgRequest = Object.fromEntries(
    SHARED.flatMap((key) => (key in request ? [[key, request[key]]] : [])),
  );
  return progs.map((prog) => ({ ...common, ...prog }));
}

/** The programs of a source as work to be done, or what is wrong with it. */
export function verifyJobs(source: VerifySource, options: WatchOptions = {}): Result<readonly VerifyJob[]> {
  const read = isObject(source) ? toRequest(source) : ok(source);
  if (!read.ok) return read;
  const request = read.value;
  for (const [index, { inner_map: inner }] of (request.maps ?? []).entries()) {
    if (inner !== undefined && inner >= index) return fail(apiProblem('inner-map', {}, { index, inner }));
  }
  const btfs = new BtfLoader();
  const { vmlinux } = typesOf(options);
  const made = setUp(request, btfs, vmlinux);
  const maps = 'stage' in made ? [] : made;
  const failed = 'stage' in made ? made : undefined;
  const programs = programsOf(request).map((p, i) => ({ name: p.name ?? p.prog_name ?? `prog${i}`, request: p }));
  const wanted = programs.filter((p) => options.prog === undefined || p.name === options.prog);
  if (wanted.length === 0) {
    return fail(
      apiProblem('no-program', {}, { name: options.prog ?? '', known: programs.map((p) => p.name).join(', ') }),
    );
  }
  const problems: Problem[] = [];
  const jobs = wanted.flatMap(({ name, request: prog }) => {
    const { insns } = prog;
    const bytes = fromHex(typeof insns === 'string' ? insns : (insns ?? []).join(''));
    const setup = { maps, failed: failed ?? btfs.failure(prog.btf, false) };
    if (bytes) return [new Job(name, prog, bytes, setup, options)];
    problems.push(apiProblem('bad-insns', {}, { name }));
    return [];
  });
  return problems.length > 0 ? fail(...problems) : ok(jobs);
}

/**
 * Verifies every program of a load request or an assembled object, as bpf(2) would, and says the verdict of each: the kernel's
 * errno, its log, the closing numbers. Problems are those of the request itself; a rejection is a result.
 *
 * @example
 * ```ts
 * import { assemble, verify } from 'bpflab';
 * const { object } = assemble('.section "xdp"\nr0 = *(u32 *)(r1 + 4096)\nexit', { file: 'x.bpf' });
 * const verified = object && verify(object);
 * if (verified?.ok) {
 *   const { verification } = verified.value[0]!;
 *   // { verdict: 'reject', errno: 13, log: '…invalid bpf_context access off=4096 size=4\nprocessed 1 insns …', insn: 0, … }
 *   console.log(verification.verdict, verification.stats.insns);
 * }
 * ```
 */
export function verify(source: VerifySource, options: VerifyOptions = {}): Result<readonly VerifiedProgram[]> {
  const jobs = verifyJobs(source, options);
  if (!jobs.ok) return jobs;
  return ok(
    jobs.value.map((job) => {
      for (;;) {
        const done = job.advance(SLICE);
        if (done) return done;
      }
    }),
  );
}

/** The same without blocking: other work gets its turn between slices, `signal` ends it, `onProgress` hears of it. */
export async function verifyAsync(
  source: VerifySource,
  options: VerifyAsyncOptions = {},
): Promise<Result<readonly VerifiedProgram[]>> {
  const jobs = verifyJobs(source, options);
  if (!jobs.ok) return jobs;
  const { signal, onProgress, slice = SLICE } = options;
  const out: VerifiedProgram[] = [];
  for (const [index, job] of jobs.value.entries()) {
    for (;;) {
      signal?.throwIfAborted();
      const done = job.advance(slice);
      onProgress?.({ name: job.name, index, count: jobs.value.length, stats: job.stats });
      if (done) {
        out.push(done);
        break;
      }
      await new Promise<void>((resolve) => {
        setTimeout(resolve, 0);
      });
    }
  }
  return ok(out);
}
