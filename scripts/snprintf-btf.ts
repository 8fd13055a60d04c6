/**
 * Compares bpf_snprintf_btf with the kernel: `npx tsx scripts/snprintf-btf.ts SEED COUNT [--record]` prints random bytes by COUNT
 * types and says what differs; with --record it writes test/recorded/helpers/types/shown.jsonl.gz.
 */
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { builtinBtf } from '../src/btf/builtin.ts';
import { answerRequest } from '../src/kernel/answer.ts';
import { shownRun } from '../test/helpers/snprintfBtfRuns.ts';
import { Random } from '../test/random.ts';
import { snprintfBtfRequest } from './btfShow/requests.ts';
import { askOracle } from './oracle.ts';

const SHOWN = 5;
const args = process.argv.slice(2);
const [seed, count] = args.filter((arg) => !arg.startsWith('--'));
const record = args.includes('--record');
const random = new Random(Number(seed));
const requests = Array.from({ length: Number(count) }, (_, n) => snprintfBtfRequest(random, n, record ? 1024 : 8192));
const lines: string[] = [];
let differing = 0;
askOracle(requests).forEach((kernel, i) => {
  const request = requests[i]!;
  const theirs = shownRun(request, kernel);
  if (!theirs) {
    console.log(request.name, kernel.verdict, kernel.detail ?? '', kernel.log?.slice(-200) ?? '');
    return;
  }
  const answer = answerRequest(request, { kernelBtf: builtinBtf });
  const ours = shownRun(request, answer);
  lines.push(`${JSON.stringify({ request, run: theirs })}\n`);
  if (isDeepStrictEqual(theirs, ours)) return;
  differing++;
  if (differing > SHOWN) return;
  const text = ours?.text ?? '';
  const at = [...theirs.text].findIndex((c, k) => c !== text[k]);
  const near = (whole: string): string => JSON.stringify(whole.slice(Math.max(0, at - 200), at + 50));
  console.log(request.name, request.insns, answer.detail ?? '', at);
  console.log('  kernel', theirs.result, near(theirs.text), '\n  here  ', ours?.result, near(text));
});
console.log(`${lines.length} programs ran, ${differing} differ`);
if (record) {
  const packed = gzipSync(lines.join(''), { level: 9 });
  writeFileSync(new URL('../test/recorded/helpers/types/shown.jsonl.gz', import.meta.url), packed);
}
