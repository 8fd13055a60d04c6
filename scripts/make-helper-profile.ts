/**
 * Makes src/spec/helpers/lacks61.ts out of what the kernels answered to record-helpers.ts: the helpers that 6.12 lets a program
 * call and 6.1 does not. Usage: npx tsx scripts/make-helper-profile.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { helperName } from '../src/spec/helpers/index.ts';

interface Recorded {
  readonly unloadable: Readonly<Record<string, string>>;
  readonly hooks: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
}

const recorded = (kernel: string): Recorded =>
  JSON.parse(readFileSync(new URL(`../test/recorded/spec/helpers-${kernel}.json`, import.meta.url), 'utf8'));

const [old, now] = [recorded('6.1'), recorded('6.12')];
const callable = (r: Recorded, hook: string): readonly number[] => Object.values(r.hooks[hook] ?? {}).flat();
/** Without what a program is attached to. */
const kindOf = (hook: string): string => hook.split(':')[0]!;
const typeOf = (hook: string): string => hook.split('/')[0]!;

/** Helpers that a kind of program lacks, as text so that they compare. */
const lacks = new Map<string, string>();
for (const hook of Object.keys(now.hooks).filter((h) => h in old.hooks)) {
  const before = callable(old, hook);
  const more = before.filter((id) => !callable(now, hook).includes(id));
  if (more.length > 0) throw new Error(`${hook}: 6.1 has ${more}, 6.12 has not`);
  const ids = callable(now, hook).filter((id) => !before.includes(id));
  const text = ids.sort((a, b) => a - b).join(' ');
  if ((lacks.get(kindOf(hook)) ?? text) !== text) throw new Error(`${hook}: it depends on the target`);
  lacks.set(kindOf(hook), text);
}
const types = [...new Set([...lacks.keys()].map(typeOf))];
const hooksOf = (type: string): string[] => [...lacks.keys()].filter((h) => typeOf(h) === type);
const rows = new Map<string, string[]>();
for (const type of types) {
  const same = new Set(hooksOf(type).map((h) => lacks.get(h))).size === 1;
  for (const hook of same ? [type] : hooksOf(type)) {
    const text = lacks.get(same ? hooksOf(type)[0]! : hook)!;
    for (const id of text.split(' ')) rows.set(id, [...(rows.get(id) ?? []), hook]);
  }
}
const everywhere = rows.get('210')!.length;
const lines = [...rows]
  .sort(([a], [b]) => Number(a) - Number(b))
  .map(
    ([id, hooks]) => `  ${helperName(Number(id))}: ${hooks.length === everywhere ? `'all'` : JSON.stringify(hooks)},`,
  );
// What a program of type ext may call depends on the program that it extends.
const unknown = [...Object.keys(old.unloadable).map(kindOf), 'ext'];
writeFileSync(
  new URL('../src/spec/helpers/lacks61.ts', import.meta.url),
  `/** Made by scripts/make-helper-profile.ts: helpers that 6.12 lets a program call and 6.1 does not. */
import type { HelperName } from './params.ts';
import type { HelperHook } from './row.ts';

/** The programs that lack a helper on 6.1. */
export const LACKS_6_1: Readonly<Partial<Record<HelperName, 'all' | readonly HelperHook[]>>> = {
${lines.join('\n')}
};

/** Kinds of programs that 6.1 did not load at all when it was asked, so that nothing is known of them. */
export const UNKNOWN_6_1: readonly HelperHook[] = ${JSON.stringify(unknown)};
`,
);
