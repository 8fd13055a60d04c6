/** Every mutant of every program that scenarios load, and who notices it. */
import { errnoName } from '../../src/spec/errno.ts';
import type { RuleName } from '../../src/spec/rules.ts';
import { verifyJobs } from '../../src/verifier/api.ts';
import { type Code, type Patch, patched, type Site } from './code.ts';
import { isDeadStore } from './deadStore.ts';
import { type Facts, factsOf, provedEqual } from './equal.ts';
import { type Listed, listedAs } from './list.ts';
import { type Mutation, type MutationKind, mutationsOf } from './mutants.ts';
import { type Noticed, Played } from './played.ts';
import { type PointerKinds, pointerKinds } from './pointers.ts';
import type { Build, Suite } from './suite.ts';

/** Where a mutant stands: the same one in every build that has the insn. */
interface Occurrence {
  readonly code: Code;
  readonly slot: number;
  readonly mutation: Mutation;
}

export interface Mutant {
  readonly program: string;
  readonly site: Site;
  readonly kind: MutationKind;
  readonly what: string;
  readonly occurrences: readonly Occurrence[];
}

/** What became of a mutant. */
export type Fate = Noticed['by'] | 'verifier' | 'equivalent' | 'unexecuted' | 'survived';

export interface Judged {
  readonly program: string;
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
/** Slices of insns that the verifier walks at a time. */
const VERIFY_SLICE = 100_000;

export class Check {
  readonly suite: Suite;
  readonly played: readonly Played[];
  readonly mutants: readonly Mutant[];
  readonly #facts = new Map<Code, Facts>();
  readonly #kinds = new Map<Code, PointerKinds>();
  readonly #list: readonly Listed[];
  /** Who noticed the last mutant of a function. */
  readonly #last = new Map<string, Played>();

  constructor(suite: Suite, list: readonly Listed[], program = '') {
    this.suite = suite;
    this.#list = list;
    const wanted = (code: Code): boolean => code.program.includes(program) && !code.program.startsWith(ONLY_VERIFIED);
    const scenarios = suite.scenarios.filter((s) => s.builds.some((b) => b.codes.some(wanted)));
    this.played = scenarios.map((scenario) => new Played(suite, scenario));
    this.mutants = this.#all(suite.codes.filter(wanted));
  }

  /** Scenarios that fail as they are: they notice nothing. */
  get broken(): readonly string[] {
    const failing = this.played.flatMap((p) => (p.problem === undefined ? [] : [`${p.of.file}: ${p.problem}`]));
    return [...this.suite.broken, ...failing];
  }

  judge(mutant: Mutant): Judged {
    const { program, site, kind, what, occurrences } = mutant;
    const told = (fate: Fate, why: string): Judged => {
      const listed = listedAs(this.#list, program, site, what);
      return { program, site, kind, what, fate, why, ...(listed && { listed }) };
    };
    const scenes = this.#scenes(mutant);
    for (const { scene, patch } of scenes) {
      const noticed = scene.try(patch);
      if (!noticed) continue;
      this.#last.set(`${program} ${site.function}`, scene);
      return told(noticed.by, noticed.where);
    }
    const listed = listedAs(this.#list, program, site, what);
    if (scenes.length === 0) {
      if (listed?.equivalent) return told('equivalent', listed.reason);
      return told('unexecuted', listed?.reason ?? 'no scenario executes it');
    }
    const rejection = this.#rejected(occurrences);
    if (rejection !== undefined) return told('verifier', rejection);
    const proofs: string[] = [];
    for (const { code, slot, mutation } of occurrences) {
      const dead = (): string | undefined =>
        isDeadStore(code, slot, mutation, this.#kindsOf(code)) ? 'it is written again before it is read' : undefined;
      const proof = provedEqual(code, slot, mutation, this.#factsOf(code)) ?? dead();
      if (proof === undefined) break;
      proofs.push(proof);
    }
    if (proofs.length === occurrences.length) return told('equivalent', proofs[0]!);
    if (listed?.equivalent) return told('equivalent', listed.reason);
    return told('survived', listed?.reason ?? '');
  }

  /** Scenarios that execute the insn, the most promising first. */
  #scenes({ program, site, occurrences }: Mutant): { readonly scene: Played; readonly patch: Patch }[] {
    const last = this.#last.get(`${program} ${site.function}`);
    const found = occurrences.flatMap(({ code, slot, mutation }) =>
      this.played.flatMap((scene) => {
        if (scene.problem !== undefined || scene.executes(code, slot) === false) return [];
        const cost = scene === last ? -1 : scene.cost(code, slot);
        return [{ scene, patch: { code, slot, insns: mutation.insns }, cost }];
      }),
    );
    return found.sort((a, b) => a.cost - b.cost);
  }

  /** The verifier's last words on a mutant, where it refuses it in some build. */
  #rejected(occurrences: readonly Occurrence[]): string | undefined {
    for (const { code, slot, mutation } of occurrences) {
      const build = this.#buildOf(code);
      if (!build?.verified) continue;
      const patch: Patch = { code, slot, insns: mutation.insns };
      const request = patched(build.input.request, build.codes.indexOf(code), patch);
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

  #kindsOf(code: Code): PointerKinds {
    const known = this.#kinds.get(code);
    if (known) return known;
    const build = this.#buildOf(code);
    const kinds = build ? pointerKinds(build, code.name) : () => undefined;
    this.#kinds.set(code, kinds);
    return kinds;
  }

  #all(codes: readonly Code[]): readonly Mutant[] {
    const mutants = new Map<string, Mutant & { readonly occurrences: Occurrence[] }>();
    for (const code of codes) {
      const { values } = this.#factsOf(code);
      for (const [slot, site] of code.sites.entries()) {
        if (!site) continue;
        for (const mutation of mutationsOf(code, slot, values[slot] ?? [])) {
          const { kind, what } = mutation;
          const key = [code.program, site.function, site.line, site.insn, site.nth, what].join('\n');
          const known = mutants.get(key);
          const occurrence = { code, slot, mutation };
          if (known) known.occurrences.push(occurrence);
          else mutants.set(key, { program: code.program, site, kind, what, occurrences: [occurrence] });
        }
      }
    }
    return [...mutants.values()];
  }
}
