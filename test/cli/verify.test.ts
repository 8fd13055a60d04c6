import { describe, expect, test } from 'vitest';
import { builtinBtfBlob } from '../../src/btf/builtin.ts';
import { KERNELS } from '../../src/spec/profiles.ts';
import { RULES } from '../../src/spec/rules.ts';
import { bpflab, FRAME, inTemp } from './harness.ts';

const FILES = {
  'pass.bpf': '.section "xdp"\n.globl pass\npass:\n  r0 = XDP_PASS\n  exit\n',
  'packet.bpf':
    '.section "xdp"\n.globl packet\npacket:\n  r2 = *(u32 *)(r1 + xdp_md.data)\n  r0 = *(u8 *)(r2 + 0)\n  exit\n',
  'two.bpf':
    '.section "tc"\n.globl good\ngood:\n  r0 = 0\n  exit\n.globl bad\nbad:\n  r0 = *(u32 *)(r1 + 4096)\n  exit\n',
  'pid.bpf':
    '.section "xdp"\n.globl pid\npid:\n  if r1 == 0 goto out\n  call bpf_get_current_pid_tgid\nout:\n  r0 = 2\n  exit\n',
  'dead.bpf':
    '.section "xdp"\n.globl dead\ndead:\n  r0 = 2\n  if r0 == 2 goto out\n  call bpf_get_current_pid_tgid\nout:\n  exit\n',
  'gpl.bpf':
    '.section "license"\n.asciz "MIT"\n.section "tc"\n.globl gpl\ngpl:\n  r2 = 0\n  r3 = 0\n  r4 = 0\n  r5 = 0\n  call bpf_skb_ecn_set_ce\n  r1 = r10\n  r1 += -8\n  *(u64 *)(r10 - 8) = 0\n  r2 = 8\n  call bpf_trace_printk\n  r0 = 0\n  exit\n',
  'unreachable.bpf': '.section "xdp"\n.globl main\nmain:\n  r0 = 0\n  exit\n  r0 = 1\n  exit\n',
  'loop.bpf':
    '.section "xdp"\n.globl loop\nloop:\n  r1 = 0\nagain:\n  r1 += 1\n  if r1 < 900000 goto again\n  r0 = 2\n  exit\n',
  'unpriv.json': '{"name":"u","prog_type":"xdp","unpriv":true,"insns":"b700000002000000 9500000000000000"}',
  'bad.bpf': 'r0 = 2\nexot\n',
  'types.bpf': '.equ ONE, 1\n',
  'kptr.bpf': `.struct v {
    struct nf_conn __kptr *ct
}
.map m, type=array, key=u32, value=v, max_entries=1
.section "tc"
main:
  r1 = m ll
  r0 = 0
  exit
`,
  'map.bpf': '.map m, type=hash, key=4, value=4, max_entries=0\n.section "xdp"\n.globl p\np: r1 = m ll\nr0 = 2\nexit\n',
  'raw.hex': 'b700000002000000 9500000000000000\n',
  'requests.jsonl':
    '{"name":"first","prog_type":"xdp","insns":"b700000002000000 9500000000000000"}\n{"name":"second","prog_type":"xdp","insns":"9500000000000000"}\n',
};

interface Seen {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs over the files above; `{}` in arguments and `DIR` in the output stand for their directory. */
async function seen(line: string, options: Parameters<typeof bpflab>[1] = {}): Promise<Seen> {
  return inTemp(FILES, async (at) => {
    const ran = await bpflab(
      line.split(' ').map((word) => (word === 'F' ? FRAME : word.replaceAll('{}', at('').replace(/\/$/, '')))),
      options,
    );
    const plain = (text: string): string =>
      text
        .replaceAll(at('').replace(/\/$/, ''), 'DIR')
        .replace(/"duration_us":\d+/g, '"duration_us":1')
        .replace(
          /(success|failure|not_covered)( +)\d+/g,
          (all, verdict: string) => `${verdict}${'1'.padStart(all.length - verdict.length)}`,
        )
        .replace(/(success|failure|not_covered),\d+/g, '$1,1');
    return { status: ran.status, out: plain(ran.out), err: plain(ran.err) };
  });
}

const GOLDEN: readonly (readonly [name: string, line: string, status: number])[] = [
  ['verify-accept', 'verify {}/pass.bpf', 0],
  ['verify-reject', 'verify {}/packet.bpf', 1],
  ['verify-structure', 'verify {}/unreachable.bpf', 1],
  ['verify-several', 'verify {}/pass.bpf {}/packet.bpf {}/two.bpf', 1],
  ['verify-log1', 'verify -v {}/packet.bpf', 1],
  ['verify-log2', 'verify -vv {}/pid.bpf', 0],
  ['verify-json', 'verify --json {}/two.bpf {}/raw.hex', 1],
  ['verify-csv', 'verify --csv {}/two.bpf {}/pass.bpf', 1],
  ['verify-6.1', 'verify --kernel 6.1 {}/pid.bpf', 1],
  ['verify-6.1-dead', 'verify --kernel 6.1 {}/dead.bpf', 2],
  ['verify-allow', 'verify --allow gpl-only-helpers {}/gpl.bpf', 0],
  ['verify-allow-list', 'verify --allow list', 0],
  ['verify-kernel-list', 'verify --kernel list', 0],
];

describe('bpflab verify prints', () => {
  test.each(GOLDEN)('%s', async (name, line, status) => {
    const ran = await seen(line);
    expect(ran.err).toBe('');
    expect(ran.status).toBe(status);
    await expect(ran.out).toMatchFileSnapshot(`../recorded/cli/${name}.txt`);
  });
});

/** Arguments, exit status, what must be said. */
const CASES: readonly (readonly [line: string, status: number, says: RegExp])[] = [
  ['verify', 2, /nothing to verify/],
  ['verify {}/nofile.bpf', 2, /nofile\.bpf: no such file/],
  ['verify {}/bad.bpf', 2, /bad\.bpf:2:1: error: no instruction begins with 'exot'/],
  ['verify {}/pass.bpf {}/bad.bpf', 2, /exot/],
  ['verify {}/pass.bpf --kernel 6.2', 2, /no kernel profile '6\.2'/],
  ['verify {}/pass.bpf --allow gpl-only-helper', 2, /did you mean 'gpl-only-helpers'/],
  ['verify {}/pass.bpf --type xpd', 2, /did you mean 'xdp'/],
  ['verify {}/pass.bpf --attach cgroup_inet4_bnd:x', 2, /did you mean 'cgroup_inet4_bind'/],
  ['verify {}/pass.bpf --attach nope', 2, /--attach nope: programs of type xdp have no attach target/],
  ['verify {}/pass.bpf --csv --json', 2, /--csv and --json exclude each other/],
  ['verify {}/pass.bpf --prog nope', 2, /no program 'nope'; there is one: pass/],
  ['verify {}/pass.bpf --btf {}/bad.bpf', 2, /bad\.bpf: /],
  ['verify {}/pass.bpf --btf-module x', 2, /x is not NAME=FILE/],
  ['verify {}/pass.bpf --log-level 8', 2, /A whole number from 0 to 7/],
  ['verify {}/loop.bpf --insn-limit 1000', 2, /not covered: more than 1000 insns/],
  ['verify {}/gpl.bpf', 1, /gpl\.bpf:15:3: error: cannot call GPL-restricted function from non-GPL compatible program/],
  ['verify {}/raw.hex --type sched_cls', 0, /accepted/],
  ['verify {}/raw.hex --type cgroup_sock_addr', 1, /rejected/],
  ['verify {}/raw.hex --type cgroup_sock_addr --attach cgroup_inet4_connect', 1, /should have been in \[0, 1\]/],
  ['verify {}/requests.jsonl', 1, /second: rejected with EACCES\ninsn 0 \(exit\): error: R0 !read_ok/],
  ['verify {}/requests.jsonl --prog first', 0, /^first: accepted/],
  ['run {}/packet.bpf --packet F --verify', 1, /packet\.bpf:5:3: error: packet: invalid access to packet/],
  ['run {}/packet.bpf --packet F', 0, /./],
  ['run {}/pass.bpf --packet F --verify', 0, /XDP_PASS/],
  ['run {}/unpriv.json --packet F --verify', 0, /XDP_PASS[\s\S]*note: --verify: u: not covered: unprivileged loading/],
  ['verify {}/pass.bpf {}/types.bpf', 0, /accepted[\s\S]*note: .*types\.bpf holds no program/],
  [
    'verify {}/kptr.bpf',
    1,
    /main: rejected with ENOENT\nerror: bpf\(BPF_BTF_LOAD\) refuses the BTF\n {2}\[\d+\] .*\n$/,
  ],
  ['verify {}/map.bpf', 1, /map m: bpf\(BPF_MAP_CREATE\) fails with EINVAL/],
  ['verify {}/types.bpf', 2, /the file holds no program/],
  ['verify {}/unpriv.json', 2, /u: not covered: unprivileged loading/],
];

describe('bpflab verify says', () => {
  test.each(CASES)('%s', async (line, status, says) => {
    const { out, err, status: ended } = await seen(line);
    expect(out + err).toMatch(says);
    expect(ended).toBe(status);
  });

  test('every profile and every rule in its lists', async () => {
    expect(JSON.parse((await seen('verify --kernel list --json')).out)).toHaveLength(Object.keys(KERNELS).length);
    const rules = JSON.parse((await seen('verify --allow list --json')).out) as { name: string }[];
    expect(rules.map((r) => r.name)).toEqual(Object.keys(RULES));
  });

  test('the same of standard input, and of BTF from a file', async () => {
    const { out } = await seen('verify -', { stdin: FILES['packet.bpf'] });
    expect(out).toMatch(/^packet: rejected with EACCES\n<stdin>:5:3: error: /);
    await inTemp({ ...FILES, vmlinux: builtinBtfBlob('vmlinux') }, async (at) => {
      expect((await bpflab(['verify', at('pass.bpf'), '--btf', at('vmlinux')])).status).toBe(0);
    });
  });

  test('colour only where it is wanted', async () => {
    expect((await seen('verify {}/packet.bpf', { colour: true })).out).toContain('\x1b[31m');
    expect((await seen('verify {}/packet.bpf')).out).not.toContain('\x1b');
  });

  test('Ctrl-C ends it with what was done', async () => {
    const { status, out, err } = await seen('verify {}/pass.bpf {}/loop.bpf', { stopAfter: 1 });
    expect(status).toBe(130);
    expect(err).toMatch(/interrupted in loop after \d+ insns/);
    expect(out).toMatch(/pass\.bpf +pass +success/);
  });
});
