/**
 * What the machine itself does with 64-bit arithmetic: a C loop compiled natively, per insn that the same loop has as BPF.
 * BPFLAB_WORKLOADS names the folder with a_alu64.c; without it or without gcc there is nothing to compare with.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Insns of one round as clang -O2 -mcpu=v3 compiles it to BPF. */
const INSNS_PER_ROUND = 15;
const ROUNDS = 20_000_000;
const DRIVER = `
#include <stdio.h>
#include <time.h>
unsigned long long entry(unsigned char *mem, unsigned long long len);
int main(void) {
  unsigned long long mem[2] = {${ROUNDS}ULL, 0x123456789abcdef1ULL}, sum = 0;
  double best = 1e9;
  for (int i = 0; i < 5; i++) {
    clock_t start = clock();
    sum ^= entry((unsigned char *)mem, sizeof mem);
    double used = (double)(clock() - start) / CLOCKS_PER_SEC;
    if (used < best) best = used;
  }
  printf("%.9f %llu\\n", best, sum);
  return 0;
}
`;

/** Nanoseconds of CPU time per insn; or why there are none. */
export function nativeNanos(): number | string {
  const folder = process.env.BPFLAB_WORKLOADS;
  if (folder === undefined) return 'BPFLAB_WORKLOADS is not set';
  const source = join(folder, 'a_alu64.c');
  if (!existsSync(source)) return `there is no ${source}`;
  const dir = mkdtempSync(join(tmpdir(), 'native-'));
  try {
    const [driver, program] = [join(dir, 'driver.c'), join(dir, 'driver')];
    writeFileSync(driver, DRIVER);
    execFileSync('gcc', ['-O2', '-fno-builtin', '-o', program, driver, source], { stdio: 'pipe' });
    const seconds = Number(execFileSync(program, { encoding: 'utf8' }).split(' ')[0]);
    return (seconds * 1e9) / (ROUNDS * INSNS_PER_ROUND);
  } catch (e) {
    return `gcc: ${e instanceof Error ? e.message.split('\n')[0] : e}`;
  } finally {
    rmSync(dir, { recursive: true });
  }
}
