/** One line about each helper, kfunc, context field, constant and directive, for hovers and completion. */
import { directiveNamed, directiveNames } from '../../src/asm/directives/index.ts';
import { constant, constantNames } from '../../src/spec/constants.ts';
import { CONTEXTS } from '../../src/spec/ctx/index.ts';
import { HELPERS, helperRow } from '../../src/spec/helpers/index.ts';
import { KFUNCS } from '../../src/spec/kfuncs/index.ts';

function prototype(name: string): string {
  const row = helperRow(name)!;
  const params = row.params.map((param, i) => `${row.ctypes[i]} ${param} [R${i + 1}]`.replace('* ', '*'));
  return `${`${row.rtype} ${name}`.replace('* ', '*')}(${params.join(', ') || 'void'}) — helper #${row.id}, since ${row.since}${row.gplOnly ? ', GPL only' : ''}`;
}

/** Texts by kind, then by name. */
export function hoverWords(): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const helper = Object.fromEntries(Object.keys(HELPERS).map((name) => [name, prototype(name)]));
  const kfunc = Object.fromEntries(Object.keys(KFUNCS).map((name) => [name, `kfunc ${name} (.extern ${name})`]));
  const field = Object.fromEntries(
    Object.entries(CONTEXTS).flatMap(([struct, { fields }]) =>
      Object.entries(fields).map(([name, f]) => {
        const array = f.count === undefined ? '' : `[${f.count}]`;
        return [`${struct}.${name}`, `${f.type} ${name}${array} — at ${f.offset}, ${f.size * (f.count ?? 1)} bytes`];
      }),
    ),
  );
  const value = Object.fromEntries([...constantNames()].map((name) => [name, `${name} = ${constant(name)}`]));
  const directive = Object.fromEntries(directiveNames().map((name) => [name, directiveNamed(name)?.usage || name]));
  return { helper, kfunc, field, constant: value, directive };
}
