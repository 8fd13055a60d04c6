/** An input that gets to the insn which was refused, found by running the program on a bounded number of packets. */

import type { KernelSnapshot } from '../kernel/core.ts';
import { Kernel } from '../kernel/kernel.ts';
import type { ProgRecord } from '../kernel/world.ts';
import { userUpdate } from '../maps/user.ts';
import { PERM_READ } from '../mem/arena.ts';
import { HELPERS } from '../spec/helpers/index.ts';
import type { LoadRequest } from '../spec/request.ts';
import { toHex } from '../util/hex.ts';
import { problemText } from '../util/problem.ts';
import type { CounterExample, Explanation } from './explanation.ts';
import type { Wishes } from './inputs.ts';
import { fulfil, wishesOf } from './inputs.ts';
import type { Path } from './log/path.ts';

const SHORTEST = 14;
const LONGEST = 128;
/** What bytes without a wish are tried with. */
const FILLS = [0x00, 0xff, 0x80, 0x7f, 0x01];
/** Insns of one run, and of all runs. */
const RUN_LIMIT = 20_000;
const ALL_LIMIT = 300_000;
const SKB_CTX_SIZE = 192;
const RUNS_ON_PACKETS = new Set(['xdp', 'sched_cls', 'sched_act']);
const LOOKUP = HELPERS.bpf_map_lookup_elem.id;

/** Rejections where getting to the insn is all there is to show; of others only a fault counts. */
const REACHING = new Set(
  [
    '05',
    '06',
    '08',
    '09',
    '10',
    '11',
    '12',
    '17',
    '18',
    '29',
    '30',
    '31',
    '61',
    '63',
    '66',
    '67',
    '70',
    '71',
    '74',
  ].map((n) => `BPF-E0${n}`),
);
const LACKING = new Set(['vm.not-simulated', 'vm.kfunc', 'vm.bad-insn', 'vm.unresolved', 'vm.unknown-helper']);
const ENDLESS = 'BPF-E090';

interface Try {
  readonly data: Uint8Array;
  readonly ctx?: Uint8Array;
  readonly fill: number;
  /** Whether lookups of which the path says nothing find something. */
  readonly present: boolean;
}

interface Outcome {
  readonly kind: 'fault' | 'reached' | 'endless' | 'missed';
  readonly fault?: string;
  readonly entries: readonly string[];
  readonly insns: number;
}

class Search {
  readonly #kernel: Kernel;
  readonly #prog: ProgRecord;
  readonly #request: LoadRequest;
  readonly #fresh: KernelSnapshot;
  readonly #slot: number;
  readonly #wishes: Wishes;

  constructor(kernel: Kernel, prog: ProgRecord, request: LoadRequest, slot: number, wishes: Wishes) {
    this.#kernel = kernel;
    this.#prog = prog;
    this.#request = request;
    this.#fresh = kernel.snapshot();
    this.#slot = slot;
    this.#wishes = wishes;
  }

  /** Puts an entry under the key that a lookup is about to ask for; says so in words. */
  #provide(map: number, key: number, fill: number): string | undefined {
    const { arena, maps, world } = this.#kernel;
    const index = world.maps.findIndex((m) => m.address === map);
    const sizes = this.#request.maps?.[index];
    const record = world.maps[index];
    // Arrays have all their elements.
    if (!sizes || !record || /array/.test(String(sizes.type)) || arena.check(key, sizes.key_size, PERM_READ) < 0)
      return undefined;
    const bytes = arena.bytes(key, sizes.key_size);
    const errno = userUpdate(maps, map, bytes, new Uint8Array(sizes.value_size).fill(fill));
    return errno < 0
      ? undefined
      : `map ${record.name} has an entry under ${toHex(bytes)}${fill === 0 ? '' : `, all its bytes 0x${fill.toString(16)}`}`;
  }

  run(input: Try): Outcome {
    this.#kernel.restore(this.#fresh);
    const run = this.#kernel.testRun(this.#prog, { data: input.data, ...(input.ctx && { ctx: input.ctx }) }, RUN_LIMIT);
    const entries: string[] = [];
    let reached = false;
    let insns = 0;
    for (let machine = run.machine; machine; machine = run.machine) {
      const { pc } = machine;
      if (pc === this.#slot) reached = true;
      const insn = machine.prog.insns[pc];
      if (insn?.row?.kind === 'call' && insn.row.target === 'helper' && insn.imm === LOOKUP) {
        if (this.#wishes.found.get(pc) ?? input.present) {
          const entry = this.#provide(Number(machine.register(1)), Number(machine.register(2)), input.fill);
          if (entry !== undefined && !entries.includes(entry)) entries.push(entry);
        }
      }
      const status = run.advance(1);
      insns++;
      if (status.state !== 'fault') continue;
      const { problem } = status;
      if (problem.code === 'vm.budget') return { kind: reached ? 'endless' : 'missed', entries, insns };
      // What the simulator lacks says nothing of the program.
      const here = problem.at.insn === this.#slot && !LACKING.has(problem.code);
      return here ? { kind: 'fault', fault: problemText(problem), entries, insns } : { kind: 'missed', entries, insns };
    }
    return { kind: reached ? 'reached' : 'missed', entries, insns };
  }
}

function words(input: Try, outcome: Outcome, slot: number): string {
  const blank = input.data.every((b) => b === 0);
  const context = input.ctx?.some((b) => b !== 0)
    ? `with the context ${toHex(input.ctx).replace(/(?:00)+$/, '')}…`
    : undefined;
  const parts = [
    blank ? 'all of them 0' : toHex(input.data),
    context,
    ...outcome.entries.map((entry) => `when ${entry}`),
  ];
  const start = `A packet of ${input.data.length} bytes (${parts.filter((p) => p !== undefined).join('; ')})`;
  switch (outcome.kind) {
    case 'fault':
      return `${start} gets to insn ${slot}, which would fault: ${outcome.fault}.`;
    case 'endless':
      return `${start} keeps the program in the loop: after ${RUN_LIMIT} insns it has not ended.`;
    default:
      return `${start} gets to insn ${slot}.`;
  }
}

/** Packet lengths worth trying: all short ones where the path looks at the packet. */
function lengths(path: Path): number[] {
  const looks = path.steps.some(
    (s) => s.does.kind === 'packet' || [...s.learnt.values()].some((v) => /^pkt/.test(v.type)),
  );
  return looks ? Array.from({ length: LONGEST - SHORTEST + 1 }, (_, i) => SHORTEST + i) : [SHORTEST, 64];
}

function* tries(path: Path, wishes: Wishes, type: string): Generator<Try> {
  const open = wishes.bytes.some((w) => w.value === undefined);
  const context = type !== 'xdp' && wishes.bytes.some((w) => w.where === 'ctx');
  const lookups = path.steps.some((s) => s.does.kind === 'helper' && s.does.id === LOOKUP && !wishes.found.has(s.slot));
  for (const fill of open ? FILLS : [0x00, 0xff]) {
    for (const present of lookups ? [false, true] : [false]) {
      for (const length of lengths(path)) {
        const ctx = context ? { ctx: fulfil(wishes, 'ctx', SKB_CTX_SIZE, fill) } : {};
        yield { data: fulfil(wishes, 'packet', length, fill), fill, present, ...ctx };
      }
    }
  }
}

/** Whether running the program could show anything. */
function worthRunning(e: Explanation): boolean {
  return /^(?:Memory Safety|Register Type Safety)$/.test(e.category) || REACHING.has(e.id) || e.id === ENDLESS;
}

/**
 * The first of the inputs tried that makes the refused insn fault, or, where that is all there is to show, gets to it.
 * XDP and tc programs only; what the simulator lacks gives none.
 */
export function findCounterExample(e: Explanation, path: Path, request: LoadRequest): CounterExample | undefined {
  const type = String(request.prog_type ?? '');
  if (!e.at || !worthRunning(e) || request.progs || !RUNS_ON_PACKETS.has(type)) return undefined;
  const made = Kernel.create();
  if (!made.ok) return undefined;
  const loaded = made.value.load(request);
  const [prog] = loaded.progs;
  if (!prog || loaded.problems.length > 0) return undefined;
  const wishes = wishesOf(path, e.at.register);
  const search = new Search(made.value, prog, request, e.at.slot, wishes);
  let left = ALL_LIMIT;
  for (const input of tries(path, wishes, type)) {
    const outcome = search.run(input);
    left -= outcome.insns;
    const counts =
      outcome.kind === 'fault' ||
      (outcome.kind === 'endless' && e.id === ENDLESS) ||
      (outcome.kind === 'reached' && REACHING.has(e.id));
    if (counts) {
      return {
        text: words(input, outcome, e.at.slot),
        packet: toHex(input.data),
        ...(outcome.fault !== undefined && { fault: outcome.fault }),
        ...(input.ctx && { ctx: toHex(input.ctx) }),
        entries: outcome.entries,
      };
    }
    if (left <= 0) return undefined;
  }
  return undefined;
}
