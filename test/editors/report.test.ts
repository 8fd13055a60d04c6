import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bpflabAt, runNode } from '../../editors/vscode/src/child.ts';
import { explanationText, plain, readReport, repairOf } from '../../editors/vscode/src/report.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'dist/cli/main.js');
const dir = mkdtempSync(join(tmpdir(), 'bpflab-report-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function verify(name: string, text: string) {
  const file = join(dir, name);
  writeFileSync(file, text);
  const { stdout } = spawnSync(process.execPath, [MAIN, 'verify', '--json', '--explain', '--', file], {
    encoding: 'utf8',
  });
  const report = readReport(stdout, file);
  if (!report) throw new Error(`no report: ${stdout}`);
  return { file, report };
}

const HEAD = '.section license\n.asciz "GPL"\n.section "xdp"\n';

test('an accepted program has no findings', () => {
  const { report } = verify('good.bpf', `${HEAD}good:\n  r0 = XDP_PASS\n  exit\n`);
  expect(report).toEqual({ findings: [], status: { text: 'accepted (2 insns)', good: true } });
});

const LOOKUP = `${HEAD}.map m, type=array, key=u32, value=u64, max_entries=1
look:
  *(u32 *)(r10 - 4) = 0
  r1 = m ll
  r2 = r10
  r2 += -4
  call bpf_map_lookup_elem
  r1 = *(u64 *)(r0 + 0)
  r0 = 0
  exit
`;

test('a rejection is at its line, explained, and repaired', () => {
  const { file, report } = verify('lookup.bpf', LOOKUP);
  expect(report.status).toEqual({ text: 'rejected', good: false });
  const [finding, ...more] = report.findings;
  expect(more).toEqual([]);
  expect(finding).toMatchObject({ at: { file, line: 11, col: 3 }, severity: 'error', program: 'look' });
  expect(finding!.code).toMatch(/^BPF-E\d+$/);
  expect(finding!.page).toBe(`docs/errors/${finding!.code}.md`);
  expect(finding!.message).toContain("R0 invalid mem access 'map_value_or_null'");

  const script = join(ROOT, 'editors/vscode/src/positions.ts');
  const asked = spawnSync(process.execPath, ['--import', 'tsx', script, ROOT, file], { encoding: 'utf8', cwd: ROOT });
  const text = explanationText(finding!, JSON.parse(asked.stdout), ({ line }) => `place:${line}`);
  expect(text).toContain(finding!.code);
  expect(text).toContain('[line 10](place:10): `call bpf_map_lookup_elem#1`');

  const repair = repairOf(finding!);
  expect(repair?.file).toBe(file);
  const again = verify('repaired.bpf', repair!.text);
  expect(again.report.status.good).toBe(true);
});

test('problems of the assembler are at their places', () => {
  const { file, report } = verify('asm.bpf', `${HEAD}x:\n  r0 = bogus_name\n  foo bar\n  exit\n`);
  expect(report.status).toEqual({ text: '2 problems', good: false });
  const places = report.findings.map(({ at: { line, col }, code }) => `${line}:${col} ${code}`);
  expect(places.sort()).toEqual(['5:8 asm.unknown-symbol', '6:3 asm.unknown-insn']);
  expect(report.findings.every(({ at }) => at.file === file)).toBe(true);
});

test.each(['', 'no JSON', 'null', '[]x', '{"programs":5}'])('%j is no report', (text) => {
  expect(readReport(text, 'f')).toBeUndefined();
});

test('text from programs is not markup', () => {
  expect(plain('[a](b) *c* <d>')).toBe('\\[a\\](b) \\*c\\* \\<d\\>');
  expect(plain('its `_or_null` until *')).toBe('its `_or_null` until \\*');
  expect(plain('a ` b')).toBe('a \\` b');
});

const bpflab = bpflabAt(dir, ROOT, process.execPath);
const endless = ['-e', 'setInterval(() => {}, 1000)'];

test('a child that takes too long is ended', async () => {
  const { failure } = await runNode(bpflab, endless, { seconds: 0.3, signal: new AbortController().signal });
  expect(failure).toBe('timeout');
});

test('a child can be cancelled', async () => {
  const control = new AbortController();
  const run = runNode(bpflab, endless, { seconds: 60, signal: control.signal });
  control.abort();
  expect((await run).failure).toBe('cancelled');
});

test('an exit status is an answer; what cannot be started is none', async () => {
  const { signal } = new AbortController();
  const answered = await runNode(bpflab, ['-e', 'console.log(5); process.exit(1)'], { seconds: 60, signal });
  expect(answered).toEqual({ stdout: '5\n', stderr: '' });
  const missing = bpflabAt(dir, ROOT, join(dir, 'no-node'));
  expect((await runNode(missing, [], { seconds: 60, signal })).failure).toBe('start');
});

test('without settings the bpflab inside runs on what VS Code runs on', () => {
  expect(bpflabAt('/ext', '', '')).toEqual({
    folder: join('/ext', 'bpflab'),
    node: process.execPath,
    env: { ELECTRON_RUN_AS_NODE: '1' },
  });
});
