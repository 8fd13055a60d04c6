import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { publint } from 'publint';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const dir = mkdtempSync(join(tmpdir(), 'bpflab-package-'));
const project = join(dir, 'project');

function run(command: string, args: readonly string[], cwd: string) {
  const windows = process.platform === 'win32';
  return spawnSync(command, args, { cwd, encoding: 'utf8', shell: windows });
}

function good(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = run(command, args, cwd);
  expect(status, `${command} ${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

const MAIN = `
import { assemble, type Capture, Kernel, packetLine, readCapture, replayCapture, toRequest } from 'bpflab';

const { object, problems } = assemble('r0 = XDP_DROP\\nexit\\n', { file: 'drop.bpf' });
if (!object) throw new Error(problems.map((p) => p.code).join());
const request = toRequest(object, { progType: 'xdp' });
if (!request.ok) throw new Error('no request');
const made = Kernel.create({ seed: 7 });
if (!made.ok) throw new Error('no kernel');
const [prog] = made.value.load(request.value).progs;
const data = new Uint8Array(64);
const status = made.value.testRun(prog!, { data }).finish();
const verdict: number | undefined = status.state === 'done' ? status.output.retval : undefined;
const capture: Capture | undefined = readCapture(new Uint8Array(0)).capture;
const replayed = replayCapture({ request: request.value, capture: new Uint8Array(0) });
console.log(JSON.stringify({ verdict, line: packetLine(data), capture: capture === undefined, replayed: replayed.ok }));
`;

/** The code of the README and of the library's own docstring, with what it takes for granted. */
const EXAMPLES: readonly string[] = [
  ...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/^```ts\n(.*?)^```/gms),
  ...readFileSync(join(ROOT, 'src/index.ts'), 'utf8').matchAll(/^ \* ```ts\n(.*?)^ \* ```/gms),
].map(([, code]) => code!.replace(/^ \* ?/gm, ''));

const GIVEN = `
const { text, pcapBytes } = globalThis as unknown as { text: string; pcapBytes: Uint8Array };
void [text, pcapBytes];
`;

const SETUP = `
import { readFileSync } from 'node:fs';
globalThis.text = '.section "xdp"; r0 = XDP_DROP; exit';
globalThis.pcapBytes = new Uint8Array(readFileSync('node_modules/bpflab/programs/demo/demo.pcap'));
`;

beforeAll(() => {
  // The bytes that npm would publish; the tarball is built anew (prepack).
  const out = good('npm', ['pack', '--json', '--pack-destination', dir], ROOT);
  const [{ filename }] = JSON.parse(out.slice(out.indexOf('[\n'))) as [{ filename: string }];
  const unpacked = join(project, 'node_modules', 'bpflab');
  mkdirSync(unpacked, { recursive: true });
  good('tar', ['-xzf', join(dir, filename), '--strip-components=1', '-C', unpacked], dir);
  const names = { name: 'user', version: '1.0.0', type: 'module', private: true };
  writeFileSync(join(project, 'package.json'), JSON.stringify(names));
  writeFileSync(join(project, 'main.ts'), MAIN);
  for (const [i, code] of EXAMPLES.entries()) writeFileSync(join(project, `example${i}.ts`), GIVEN + code);
  writeFileSync(join(project, 'setup.mjs'), SETUP);
  const compilerOptions = { target: 'ES2022', module: 'NodeNext', strict: true, types: [], lib: ['ES2022', 'DOM'] };
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['main.ts', ...EXAMPLES.map((_, i) => `example${i}.ts`)] }),
  );
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

test('a TypeScript project type-checks against it and runs', () => {
  good(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.'], project);
  const out = good(process.execPath, ['main.js'], project);
  expect(JSON.parse(out)).toEqual({
    verdict: 1,
    line: '00:00:00:00:00:00 > 00:00:00:00:00:00, 802.3, length 0, length 64',
    capture: true,
    replayed: false,
  });
});

test('the examples of README and docstring do what they say', () => {
  const said = EXAMPLES.map((code) => /console\.log\(.*\); \/\/ (.*)$/m.exec(code)?.[1]);
  expect(said).toEqual(['XDP_DROP', 'XDP_DROP', '2', '-2 1 7,0', '2 0', '0', '01000000']);
  for (const [i, says] of said.entries()) {
    expect(good(process.execPath, ['--import', './setup.mjs', `example${i}.js`], project)).toBe(`${says}\n`);
  }
});

test('source maps, which would point to nothing, stay out; the pages that README links to are there', () => {
  const packed = readdirSync(join(project, 'node_modules/bpflab'), { recursive: true }).map(String);
  expect(packed.filter((f) => f.endsWith('.map'))).toEqual([]);
  const linked = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/\]\(([^):]+)\)/g)].map(([, to]) => to!);
  expect(linked.length).toBeGreaterThan(3);
  for (const to of linked) expect(packed.map((f) => f.replaceAll('\\', '/'))).toContain(to.replace(/\/$/, ''));
});

test("the library needs none of the command line's packages", () => {
  const files = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, spec] of text.matchAll(/^\s*(?:import|export)\b[^;]*?from\s+["']([^"']+)["']/gms)) {
      expect(spec, file).toMatch(/^\.{1,2}\//);
      visit(resolve(file, '..', spec!));
    }
  };
  visit(join(project, 'node_modules/bpflab/dist/index.js'));
  expect(files.size).toBeGreaterThan(50);
  expect([...files].filter((f) => f.includes('/cli/'))).toEqual([]);
});

test('publint finds nothing', async () => {
  const { messages } = await publint({ pkgDir: join(project, 'node_modules/bpflab'), strict: true, pack: false });
  expect(messages).toEqual([]);
});

test('it holds what is needed and no more', () => {
  const { files, bin } = JSON.parse(readFileSync(join(project, 'node_modules/bpflab/package.json'), 'utf8'));
  expect(files).toContain('dist');
  expect(readFileSync(join(project, 'node_modules/bpflab', bin.bpflab), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  expect(readFileSync(join(project, 'node_modules/bpflab/LICENSE'), 'utf8')).toMatch(/Apache License/);
  expect(readFileSync(join(project, 'node_modules/bpflab/programs/hello/count.bpf'), 'utf8')).toContain('XDP_PASS');
});

test('every export is documented, and so is every type that an export speaks of', () => {
  // Warnings are errors (typedoc.json); types are checked elsewhere.
  good(
    process.execPath,
    [join(ROOT, 'node_modules/typedoc/bin/typedoc'), '--emit', 'none', '--skipErrorChecking'],
    ROOT,
  );
});
