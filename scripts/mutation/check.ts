/** Every mutant of every program that scenarios load, and who notices it. */
import { encodeProgram } from '../../src/isa/codec.ts';
import type { Insn } from '../../src/isa/insn.ts';
import { errnoName } from '../../src/spec/errno.ts';
import type { RuleName } from '../../src/spec/rules.ts';
import { toHex } from '../../src/util/hex.ts';
import { verifyJobs } from '../../src/verifier/api.ts';
import { type Code, type Patch, patched, type Site } from './code.ts';
import { isDeadStore } from './deadStore.ts';
import { type Facts, factsOf, provedEqual } from './equal.ts';
import { successors } from './flow.ts';
import { type Listed, listedAs } from './list.ts';
import { type Mutation, type MutationKind, mutationsOf } from './mutants.ts';
import { type Noticed, Played } from './played.ts';
import { type Pointers, pointersOf } from './pointers.ts';
import type { Build, Suite } from './suite.ts';

/** Where a mutant stands: the same one in every program, and every build of it, that has the insn from there. */
interface Occurrence {
  readonly code: Code;
  readonly slot: number;
  readonly mutation: Mutation;
}

export interface Mutant {
  /** The file that the insn is written in. */
  readonly file: string;
  readonly site: Site;
  readonly kind: MutationKind;
  readonly what: string;
  readonly occurrences: readonly Occurrence[];
}

/** What became of a mutant. */
export type Fate = Noticed['by'] | 'verifier' | 'equivalent' | 'unexecuted' | 'survived';

export interface Judged {
  readonly file: string;
  readonly site: Site;
  readonly kind: MutationKind;
  readonly what: string;
  readonly fate: Fate;
  /** Who noticed it, or why nobody can, or why nobody does. */
  readonly why: string;
  /** It is in the list. */
  readonly listed?: Listed;
}

/** Programs that are there to be verified: nothing runs them. */
const ONLY_VERIFIED = 'rejections/';
/** So many scenarios are asked before the verifier. */
const EASY = 16;
/** So many insns around a place tell builds apart. */
const NEAR = 3;
/** Slices of insns that the verifier walks at a time. */
const VERIFY_SLICE = 100_000;

/** Of code that no build has nothing is known. */
const NO_POINTERS: Pointers = { kind: () => undefined, reads: () => undefined };

const patchOf = ({ code, slot, mutation }: Occurrence): Patch => ({ code, slot, insns: mutation.insns });

/** Whether a mutant of an access is one of bytes that the original leaves alone. */
function reachesFurther({ row, off }: Insn, { insns: [other] }: Mutation): boolean {
  if ((row?.kind !== 'load' && row?.kind !== 'store') || other?.row?.kind !== row.kind) return false;
  return other.off < off || other.off + other.row.size > off + row.size;
}

/** The program, and the insns at a place and where it may jump to. */
function surroundings({ code, slot }: Occurrence): string {
  const places = [slot, ...successors(code.insns[slot]!, slot)];
  const near = places.flatMap((at) => code.insns.slice(at, at + NEAR)).filter((i) => i !== undefined);
  return `${code.program} ${toHex(encodeProgram(near))}`;
}

/** The file that an insn is written in. */
const fileOf = ({ place }: Site): string => place.replace(/:\d+.*$/, '');

export class Check {
  readonly suite: Suite;
  readonly played: readonly Played[];
  readonly mutants: readonly Mutant[];
  readonly #facts = new Map<Code, Facts>();
  readonly #pointers = new Map<Code, Pointers>();
  readonly #list: readonly Listed[];
  /** Who noticed the last mutant of a function. */
  readonly #last = new Map<string, Played>();

  /** @param only what the file and function of an insn have to contain, `conntrack/lookup.bpf ct_lookup4` */
  constructor(suite: Suite, list: readonly Listed[], only = '') {
    this.suite = suite;
    this.#list = list;
    const named = (site: Site): boolean => `${fileOf(site)} ${site.function}`.includes(only);
    const wanted = ({ program, sites }: Code): boolean =>
      !program.startsWith(ONLY_VERIFIED) && sites.some((site) => site && named(site));
    const scenarios = suite.scenarios.filter((s) => s.builds.some((b) => b.codes.some(wanted)));
    this.played = scenarios.map((scenario) => new Played(suite, scenario));
    this.mutants = this.#all(suite.codes.filter(wanted), named);
  }

  /** Scenarios that fail as they are: they notice nothing. */
  get broken(): readonly string[] {
    const failing = this.played.flatMap((p) => (p.problem === undefined ? [] : [`${p.of.file}: ${p.problem}`]));
    return [...this.suite.broken, ...failing];
  }

  judge(mutant: Mutant): Judged {
    const { file, site, kind, what, occurrences } = mutant;
    const told = (fate: Fate, why: string): Judged => {
      const listed = listedAs(this.#list, file, site, what);
      return { file, site, kind, what, fate, why, ...(listed && { listed }) };
    };
    const scenes = this.#scenes(mutant);
    const listed = listedAs(this.#list, file, site, what);
    // What is cheap goes first: few scenarios, proofs and the verifier, then all the others.
    const noticed = this.#tried(scenes.slice(0, EASY), mutant);
    if (noticed) return told(noticed.by, noticed.where);
    const proof = this.proof(mutant);
    if (proof !== undefined) return told('equivalent', proof);
    if (scenes.length === 0) {
      if (listed?.equivalent) return told('equivalent', listed.reason);
      return told('unexecuted', listed?.reason ?? 'no scenario executes it');
    }
    const rejection = this.#rejected(occurrences);
    if (rejection !== undefined) return told('verifier', rejection);
    const late = this.#tried(scenes.slice(EASY), mutant);
    if (late) return told(late.by, late.where);
    if (listed?.equivalent) return told('equivalent', listed.reason);
    const traces = scenes.flatMap(({ of, trace }) => (trace === undefined ? [] : [`${of.file} ${trace}`]));
    const visible = traces.find((t) => !t.endsWith('memory')) ?? traces[0];
    return told('survived', listed?.reason ?? (visible === undefined ? 'nothing differs' : `not asserted: ${visible}`));
  }

  #tried(scenes: readonly Played[], { file, site, occurrences }: Mutant): Noticed | undefined {
    const patches = occurrences.map(patchOf);
    for (const scene of scenes) {
      const noticed = scene.try(patches);
      if (!noticed) continue;
      this.#last.set(`${file} ${site.function}`, scene);
      return noticed;
    }
    return undefined;
  }

  /** Why a mutant does the same as the original in every build, if that can be proved. */
  proof({ occurrences }: Mutant): string | undefined {
    let first: string | undefined;
    for (const { code, slot, mutation } of occurrences) {
      const dead = (): string | undefined =>
        isDeadStore(code, slot, mutation, this.#pointersOf(code)) ? 'it is written again before it is read' : undefined;
      const proof = provedEqual(code, slot, mutation, this.#factsOf(code)) ?? dead();
      if (proof === undefined) return undefined;
      first ??= proof;
    }
    // What lies beyond the bytes of the original may be nobody's: the verifier knows.
    const further = occurrences.some(({ code, slot, mutation }) => reachesFurther(code.insns[slot]!, mutation));
    return further && this.#rejected(occurrences) !== undefined ? undefined : first;
  }

  /** Scenarios that execute the insn, the most promising first. */
  #scenes({ file, site, occurrences }: Mutant): readonly Played[] {
    const last = this.#last.get(`${file} ${site.function}`);
    const cost = (scene: Played): number => (scene === last ? -1 : scene.cost(occurrences));
    return this.played
      .filter((scene) => scene.problem === undefined && occurrences.some((o) => scene.executes(o) !== false))
      .map((scene) => ({ scene, cost: cost(scene) }))
      .sort((a, b) => a.cost - b.cost)
      .map(({ scene }) => scene);
  }

  /**
   * The verifier's last words on a mutant, where it refuses it in some program; of builds of a program that are the same around
   * the insn one is asked about.
   */
  #rejected(occurrences: readonly Occurrence[]): string | undefined {
    const programs = new Map(occurrences.map((o) => [surroundings(o), o]));
    for (const occurrence of programs.values()) {
      const { code } = occurrence;
      const build = this.#buildOf(code);
      if (!build?.verified) continue;
      const request = patched(build.input.request, build.codes.indexOf(code), patchOf(occurrence));
      const jobs = verifyJobs(request, { prog: code.name, allow: build.allow as readonly RuleName[], logLevel: 0 });
      if (!jobs.ok) continue;
      for (const job of jobs.value) {
        let done = job.advance(VERIFY_SLICE);
        while (!done) done = job.advance(VERIFY_SLICE);
        const { verification: v } = done;
        if (v.verdict === 'reject') return errnoName(v.errno) ?? `${v.errno}`;
      }
    }
    return undefined;
  }

  #buildOf(code: Code): Build | undefined {
    return this.suite.scenarios.flatMap((s) => s.builds).find((b) => b.codes.includes(code));
  }

  #factsOf(code: Code): Facts {
    const known = this.#facts.get(code);
    if (known) return known;
    const facts = factsOf(code);
    this.#facts.set(code, facts);
    return facts;
  }

  #pointersOf(code: Code): Pointers {
    const known = this.#pointers.get(code);
    if (known) return known;
    const build = this.#buildOf(code);
    const pointers = build ? pointersOf(build, code) : NO_POINTERS;
    this.#pointers.set(code, pointers);
    return pointers;
  }

  #all(codes: readonly Code[], named: (site: Site) => boolean): readonly Mutant[] {
    const mutants = new Map<string, Mutant & { readonly occurrences: Occurrence[] }>();
    for (const code of codes) {
      const { values } = this.#factsOf(code);
      for (const [slot, site] of code.sites.entries()) {
        if (!site || !named(site)) continue;
        for (const mutation of mutationsOf(code, slot, values[slot] ?? [])) {
          const { kind, what } = mutation;
          const file = fileOf(site);
          const key = [file, site.function, site.line, site.insn, site.nth, what].join('\n');
          const known = mutants.get(key);
          const occurrence = { code, slot, mutation };
          if (known) known.occurrences.push(occurrence);
          else mutants.set(key, { file, site, kind, what, occurrences: [occurrence] });
        }
      }
    }
    return [...mutants.values()];
  }
}
