import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

/** ARCHITECTURE.md: a folder imports only from floors below its own; exceptions on the same floor in brackets. */
const FLOORS: Record<string, { floor: number; sameFloor?: readonly string[] }> = {
  util: { floor: 0 },
  isa: { floor: 1 },
  asm: { floor: 2, sameFloor: ['spec', 'btf'] },
  btf: { floor: 2, sameFloor: ['spec'] },
  elf: { floor: 2, sameFloor: ['btf', 'spec'] },
  spec: { floor: 2, sameFloor: ['btf'] },
  mem: { floor: 3 },
  maps: { floor: 3, sameFloor: ['mem'] },
  net: { floor: 3, sameFloor: ['mem'] },
  verifier: { floor: 4 },
  helpers: { floor: 4 },
  vm: { floor: 5 },
  kernel: { floor: 6 },
  debug: { floor: 7, sameFloor: ['explain'] },
  explain: { floor: 7 },
  cli: { floor: 8 },
};

/** Packages that folders below cli/ may import types from; nothing of them is there at run time. */
const TYPES_ONLY: Readonly<Record<string, string>> = { '@vscode/debugprotocol': 'debug/dap/' };

const SRC = resolve(import.meta.dirname, '../src');

function sources(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

const files = sources(SRC);
const folderOf = (path: string): string => relative(SRC, path).split('/')[0]!;
/** Whether every import of a package is `import type`. */
const onlyTypesOf = (text: string, spec: string): boolean =>
  [...text.matchAll(/^\s*(import|export)\b(\s+type\b)?[^;]*?from\s+'([^']+)'/gms)].every(
    (m) => m[3] !== spec || m[2] !== undefined,
  ) && !text.includes(`import('${spec}')`);
const importsOf = (text: string): string[] =>
  [...text.matchAll(/^\s*(?:import|export)\b[^;]*?from\s+'([^']+)'|import\('([^']+)'\)/gms)].map((m) => m[1] ?? m[2]!);

describe('floors', () => {
  test('there are sources to look at', () => {
    expect(files.length).toBeGreaterThan(20);
  });

  test.each(files.map((f) => [relative(SRC, f), f]))('%s imports only from below', (name, file) => {
    const text = readFileSync(file, 'utf8');
    const folder = folderOf(file);
    const here = FLOORS[folder];
    for (const spec of importsOf(text)) {
      if (!spec.startsWith('.')) {
        const allowed = TYPES_ONLY[spec];
        if (allowed !== undefined && name.startsWith(allowed) && onlyTypesOf(text, spec)) continue;
        if (folder !== 'cli') expect.fail(`${name} imports the package ${spec}: only cli/ may`);
        continue;
      }
      const target = folderOf(resolve(dirname(file), spec));
      if (target === folder || name === 'index.ts') continue;
      const there = FLOORS[target];
      if (!here || !there) expect.fail(`${name} or ${spec} is in a folder without a floor`);
      const allowed = there.floor < here.floor || (there.floor === here.floor && here.sameFloor?.includes(target));
      if (!allowed) expect.fail(`${name} (floor ${here.floor}) imports ${spec} (floor ${there.floor})`);
    }
  });

  test.each(files.filter((f) => folderOf(f) !== 'cli').map((f) => [relative(SRC, f), f]))(
    '%s takes clock, randomness, files and output as parameters',
    (_, file) => {
      const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      expect(code).not.toMatch(/\bconsole\.|\bprocess\.|\bDate\.now|\bMath\.random|\bperformance\.|\bBuffer\b/);
    },
  );

  test('only mem/ keeps or makes views of linear memory', () => {
    for (const file of files.filter((f) => folderOf(f) !== 'mem')) {
      const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      expect(code, file).not.toMatch(/memory\.buffer/);
      expect(code, file).not.toMatch(
        /^\s*(?:readonly\s+|#|private\s+)\w+\s*(?::[^=;]+)?=\s*[\w.#]*arena\.(?:u8|i32|dv)\b/m,
      );
    }
  });
});
