/** Where a register's value came from on the failing path, what ended it, and which branches led here. */
import type { Path, PathStep } from './log/path.ts';
import type { LogValue } from './log/value.ts';
import { makeValue } from './log/value.ts';

/** One event of the causal path. */
export interface CausalStep {
  readonly slot: number;
  readonly text: string;
  /** What the insn did to the value, in words. */
  readonly what: string;
  /** `origin` is where the value began. */
  readonly kind: 'origin' | 'move' | 'change' | 'branch' | 'end';
}

/** Linux 7.3 keeps as many. */
const MOST = 64;
/** Values followed at once: the register and what was added to it. */
const MOST_TARGETS = 4;
/** Branches shown that do not look at the value. */
const OTHER_BRANCHES = 6;

const MOVES_PACKET = new Set(
  (
    'bpf_skb_vlan_push bpf_skb_vlan_pop bpf_skb_store_bytes bpf_skb_change_proto bpf_skb_change_head bpf_skb_change_tail ' +
    'bpf_skb_pull_data bpf_clone_redirect bpf_l3_csum_replace bpf_l4_csum_replace bpf_xdp_adjust_head bpf_xdp_adjust_meta ' +
    'bpf_xdp_adjust_tail bpf_msg_pull_data bpf_msg_push_data bpf_msg_pop_data bpf_lwt_push_encap bpf_lwt_seg6_store_bytes ' +
    'bpf_lwt_seg6_adjust_srh bpf_lwt_seg6_action bpf_skb_adjust_room bpf_sk_skb_adjust_room bpf_store_hdr_opt bpf_tail_call'
  ).split(' '),
);
const RELEASES = new Set(['bpf_sk_release', 'bpf_ringbuf_submit', 'bpf_ringbuf_discard']);

interface Target {
  /** `R1` or `fp-8`. */
  readonly place: string;
  readonly depth: number;
}

const CTX = makeValue('ctx()', 'ctx');

/** Whether R1 is something else than at the start. */
function written(path: Path, before: number): boolean {
  return path.steps
    .slice(0, before)
    .some(
      ({ does }) =>
        ('dst' in does && does.kind !== 'if' && does.dst === 1) ||
        does.kind === 'helper' ||
        does.kind === 'call' ||
        (does.kind === 'load' && does.reg === 1),
    );
}

/** The last value that the log prints for a place before a step. */
export function earlier(path: Path, before: number, target: Target): LogValue | undefined {
  for (let i = before - 1; i >= 0; i--) {
    const step = path.steps[i]!;
    const value = step.depth === target.depth ? step.learnt.get(target.place) : undefined;
    if (value) return value;
  }
  return target.place === 'R1' && target.depth === 0 && !written(path, before) ? CTX : undefined;
}

const isNow = (value: LogValue | undefined): string => (value ? `: ${value.text}` : '');
const registerOf = (place: string): number | undefined => (place.startsWith('R') ? Number(place.slice(1)) : undefined);

/** What one step means for the target: words, and where to look further back; `stop` where the value began. */
interface Meaning {
  readonly what?: string;
  readonly kind?: CausalStep['kind'];
  readonly next?: Target;
  readonly stop?: boolean;
}

/** A call: it answers in R0 and takes R1 to R5 away; some calls end other values too. */
function throughCall(path: Path, i: number, target: Target, name: string): Meaning {
  const step = path.steps[i]!;
  const reg = registerOf(target.place);
  if (reg === 0)
    return { what: `R0 is what ${name} returned${isNow(step.learnt.get('R0'))}`, kind: 'origin', stop: true };
  if (reg !== undefined && reg <= 5)
    return { what: `the call of ${name} made R${reg} unreadable`, kind: 'end', stop: true };
  const was = earlier(path, i, target);
  if (was && /^pkt/.test(was.type) && MOVES_PACKET.has(name)) {
    return { what: `${name} may move the packet: the packet pointer in ${target.place} became unusable`, kind: 'end' };
  }
  if (was && was.refObjId > 0 && RELEASES.has(name)) {
    return { what: `${name} released the object: every copy of the pointer became unusable`, kind: 'end' };
  }
  return {};
}

function meaning(path: Path, i: number, target: Target): Meaning {
  const step = path.steps[i]!;
  const { does, learnt } = step;
  const reg = registerOf(target.place);
  const now = isNow(learnt.get(target.place));
  switch (does.kind) {
    case 'copy':
      if (does.dst !== reg) return {};
      return {
        what: `${does.narrow ? 'part of R' : 'R'}${does.src} is copied to R${reg}${now}`,
        kind: 'move',
        next: { ...target, place: `R${does.src}` },
      };
    case 'set':
      return does.dst === reg
        ? { what: `R${reg} is set${now === '' ? ` to ${does.value}` : now}`, kind: 'origin', stop: true }
        : {};
    case 'alu':
      return does.dst === reg ? { what: `R${reg} is changed${now}`, kind: 'change' } : {};
    case 'load': {
      if (does.reg !== reg) return {};
      if (does.base === 10) {
        return {
          what: `R${reg} is loaded back from the stack${now}`,
          kind: 'move',
          next: { ...target, place: `fp${does.off}` },
        };
      }
      const base = earlier(path, i, { ...target, place: `R${does.base}` });
      const from =
        base?.type === 'ctx' ? 'from the context' : base?.type === 'pkt' ? 'from the packet' : `through R${does.base}`;
      return { what: `R${reg} is loaded ${from}${now}`, kind: 'origin', stop: true };
    }
    case 'store':
      if (does.base !== 10 || target.place !== `fp${does.off}`) return {};
      if (does.reg === undefined)
        return { what: `${does.imm} is stored to ${target.place}`, kind: 'origin', stop: true };
      return {
        what: `R${does.reg} is saved to ${target.place}`,
        kind: 'move',
        next: { ...target, place: `R${does.reg}` },
      };
    case 'atomic':
      return does.fetch && does.reg === reg
        ? { what: `R${reg} is what was in memory before${now}`, kind: 'origin', stop: true }
        : {};
    case 'packet':
      return reg === 0 ? { what: `R0 is loaded from the packet${now}`, kind: 'origin', stop: true } : {};
    case 'helper':
      return throughCall(path, i, target, does.name === '' ? `helper ${does.id}` : does.name);
    case 'call':
      return reg !== undefined && reg <= 5 ? throughCall(path, i, target, 'the function') : {};
    default:
      return {};
  }
}

/** A branch in words: whether it jumps, and what that tells of its registers. */
function branch(step: PathStep, targets: readonly Target[]): { what: string; about: boolean } | undefined {
  const { does, taken } = step;
  if (does.kind !== 'if' || taken === undefined) return undefined;
  const own = [does.dst, ...(does.src === undefined ? [] : [does.src])].map((r) => `R${r}`);
  const here = targets.filter((t) => t.depth === step.depth).map((t) => t.place);
  const packet = own.some((place) => /^pkt/.test(step.learnt.get(place)?.type ?? ''));
  const about = here.some((place) => own.includes(place) || (!step.whole && step.learnt.has(place))) || packet;
  const known = [...new Set([...here.filter((place) => !step.whole || own.includes(place)), own[0]!])].flatMap(
    (place) => {
      const value = step.learnt.get(place);
      return about && value ? [`${place} is ${value.text}`] : [];
    },
  );
  return { what: [taken ? 'the jump is taken' : 'the jump is not taken', ...known].join(', '), about };
}

/** A step seen from one of the values that are followed: words, and the value that stands for it further back. */
interface Seen {
  readonly what?: string;
  readonly kind?: CausalStep['kind'];
  readonly targets: readonly Target[];
}

function see(path: Path, i: number, target: Target): Seen {
  const step = path.steps[i]!;
  if (step.depth > target.depth) {
    if (target.place !== 'R0' || step.does.kind !== 'exit' || step.depth !== target.depth + 1)
      return { targets: [target] };
    return { what: 'the function returns R0', kind: 'move', targets: [{ place: 'R0', depth: step.depth }] };
  }
  const reg = registerOf(target.place);
  if (step.depth < target.depth) {
    const argument = step.does.kind === 'call' && reg !== undefined && reg >= 1 && reg <= 5;
    if (!argument) return { targets: [] };
    return {
      what: `R${reg} is passed to the function`,
      kind: 'move',
      targets: [{ place: target.place, depth: step.depth }],
    };
  }
  const m = meaning(path, i, target);
  const { does } = step;
  const added =
    does.kind === 'alu' && does.dst === reg && does.src !== undefined
      ? [{ place: `R${does.src}`, depth: target.depth }]
      : [];
  const next = m.stop ? [] : [m.next ?? target];
  return { ...(m.what !== undefined && { what: m.what, kind: m.kind! }), targets: [...next, ...added] };
}

/** The steps that made the value of `register` what it is before the last insn, oldest first, and the branches between. */
export function lineage(path: Path, register: number | undefined): CausalStep[] {
  const { steps } = path;
  const last = steps[steps.length - 1];
  if (!last) return [];
  let targets: readonly Target[] = register === undefined ? [] : [{ place: `R${register}`, depth: last.depth }];
  const out: CausalStep[] = [];
  let others = 0;
  for (let i = steps.length - 2; i >= 0 && out.length < MOST; i--) {
    const step = steps[i]!;
    const { slot, text } = step;
    const found = branch(step, targets);
    if (found) {
      if (found.about || others++ < OTHER_BRANCHES) out.push({ slot, text, what: found.what, kind: 'branch' });
      continue;
    }
    const seen = targets.map((t) => see(path, i, t));
    const said = seen.find((m) => m.what !== undefined);
    if (said) out.push({ slot, text, what: said.what!, kind: said.kind! });
    const next = seen.flatMap((m) => m.targets);
    targets = next
      .filter((t, k) => next.findIndex((o) => o.place === t.place && o.depth === t.depth) === k)
      .slice(0, MOST_TARGETS);
  }
  return out.reverse();
}
