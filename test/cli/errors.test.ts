import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bpflab, FRAME, inTemp } from './harness.ts';

const FILES = {
  'drop.bpf': 'r0 = XDP_DROP\nexit\n',
  'bad.bpf': '.section "xdp"\nr0 = 2\nexot\nif r1 > 2 goto nolabel\nexit\n',
  'include.bpf': '.include "nowhere.bpf"\nr0 = 0\nexit\n',
  'fault.bpf': '.section "xdp"\nr0 = 2\nr1 = *(u32 *)(r0 + 4)\nexit\n',
  'loop.bpf': 'top: goto top\nexit\n',
  'bigmap.bpf': '.map m, type=hash, key=4, value=4, max_entries=0\nr1 = m ll\nr0 = 0\nexit\n',
  'two.bpf': '.section "xdp"\n.globl one\none: r0 = 1\nexit\n.globl two\ntwo: r0 = 2\nexit\n',
  'empty.bpf': '',
  'odd.bin': new Uint8Array([0xb7, 0, 0, 0, 1]),
  'object.o': Buffer.from('\x7fELF\x02\x01\x01\x00'),
  'broken.json': '{"insns": ',
  'norequest.json': '{"maps": []}',
  'request.json': '{"insns": "b700000001000000 9500000000000000", "test_run": [{"data": "00"}, {"prog": 3}]}',
  'maps.json': '{"m": [{"key": 1}]}',
  'cut.pcap': readFileSync(new URL('../../programs/demo/demo.pcap', import.meta.url)).subarray(0, 300),
  'ddd.txt': '4\n40 0 0 12\n21 0 1 2048\n6 0 0 262144\n6 0 0 0\n',
  'none.pcap': readFileSync(new URL('../../programs/demo/demo.pcap', import.meta.url)).subarray(0, 24),
};

/** Arguments ({} is the directory of the files), exit status, what must be said. */
const CASES: readonly (readonly [args: string, status: number, says: RegExp])[] = [
  ['', 2, /Usage: bpflab/],
  ['runn x', 2, /unknown command 'runn'\n\(Did you mean run\?\)/],
  ['run', 2, /missing required argument 'file'/],
  ['run {}/drop.bpf --pakcet 00', 2, /unknown option '--pakcet'\n\(Did you mean --packet\?\)/],
  ['run {}/nofile.bpf', 2, /nofile\.bpf: no such file/],
  ['run {}', 2, /is a directory\n {2}help: give a \.bpf file/],
  ['run {}/empty.bpf', 2, /empty\.bpf is empty/],
  ['run {}/odd.bin', 2, /5 bytes are not whole insns of 8 bytes/],
  ['run {}/object.o', 2, /object\.o is an ELF object file/],
  ['run {}/cut.pcap', 2, /looks like a packet capture/],
  ['run {}/broken.json', 2, /broken\.json: not JSON/],
  ['run {}/norequest.json', 2, /not a load request: insns is missing/],
  [
    'run {}/bad.bpf --packet F',
    2,
    /bad\.bpf:3:1: error: no instruction begins with 'exot'\n.*\n.*\^\^\^\^\n.*did you mean 'exit'/,
  ],
  ['run {}/bad.bpf --packet F', 2, /bad\.bpf:4:16: error: no label 'nolabel'/],
  ['run {}/include.bpf --packet F', 2, /include\.bpf:1:10: error: 'nowhere\.bpf' cannot be read/],
  ['run {}/drop.bpf', 2, /a packet is wanted: xdp programs run on packets/],
  ['run {}/drop.bpf --packet zz', 2, /--packet is not hexadecimal: it holds 'z'/],
  ['run {}/drop.bpf --packet 000', 2, /3 digits are no whole bytes/],
  ['run {}/drop.bpf --packet @{}/nothing', 2, /nothing: no such file/],
  ['run {}/drop.bpf --packet @{}/cut.pcap', 2, /a packet capture, not one packet\n {2}help: give it with --pcap/],
  ['run {}/drop.bpf --packet F --pcap {}/cut.pcap', 2, /--packet and --pcap exclude each other/],
  ['run {}/drop.bpf --packet F --prog nope', 2, /no program 'nope'; there is one: main/],
  ['run {}/two.bpf --packet F --prog tow', 2, /no program 'tow'.*\n {2}help: did you mean 'two'\?/],
  ['run {}/drop.bpf --packet F --type xpd', 2, /did you mean 'xdp'/],
  ['run {}/drop.bpf --packet F --engine jit', 2, /one engine, the interpreter/],
  ['run {}/drop.bpf --packet F --node {}/drop.bpf', 2, /error: \S+drop\.bpf/],
  ['run {}/drop.bpf --packet F --ctx {"ingress_ifindx":1}', 2, /did you mean ingress_ifindex/],
  ['run {}/drop.bpf --packet F --ctx [1]', 2, /an object of fields is wanted/],
  ['run {}/drop.bpf --packet F --ctx {"mark":true}', 2, /mark: true is not a whole number/],
  ['run {}/drop.bpf --packet F --ctx {"data":4294967296}', 2, /4294967296 does not fit into 4 bytes/],
  ['run {}/drop.bpf --packet F --repeat x', 2, /A whole number from 1 to 4294967295/],
  ['run {}/drop.bpf --packet F --clock yesterday', 2, /Seconds since boot are wanted/],
  ['run {}/drop.bpf --packet F --define =3', 2, /=3 is not NAME=VALUE/],
  ['run {}/drop.bpf --pcap {}/drop.bpf', 2, /drop\.bpf, byte 0x0: not a capture file/],
  ['run {}/drop.bpf --pcap {}/none.pcap', 2, /none\.pcap holds no packets/],
  ['run {}/drop.bpf --pcap {}/cut.pcap', 2, /cut\.pcap, byte 0xea: the file ends within a packet's data/],
  ['run {}/drop.bpf --packet F --on eth0=main', 2, /no interface of this name; it has none/],
  ['run {}/drop.bpf --packet F --map-init {}/maps.json', 2, /maps\.json: there is no map m/],
  ['run {}/drop.bpf --packet F --map-init {}/drop.bpf', 2, /drop\.bpf: not JSON/],
  ['run {}/drop.bpf --packet F --pcap-out {}/no/o.pcap', 2, /cannot be written \(the directory does not exist\)/],
  ['run {}/drop.bpf --packet F --pcap-out {}', 2, /is a directory/],
  ['run {}/drop.bpf --packet F --map-dump {}', 2, /is a directory/],
  ['run {}/bigmap.bpf --packet F', 1, /map m: bpf\(BPF_MAP_CREATE\) fails with EINVAL/],
  ['run {}/drop.bpf --packet 0011', 1, /^/],
  ['run {}/drop.bpf --packet F --ctx {"ingress_ifindex":7}', 1, /^/],
  ['asm {}/object.o', 2, /ELF object file/],
  ['asm {}/ddd.txt', 2, /ddd\.txt:1:1: error: this is a classic BPF filter listing/],
  ['asm {}/two.bpf --format bin', 2, /raw bytes hold one program, there are 2: one, two/],
  ['asm {}/two.bpf --format exe', 2, /Allowed choices are bin, hex, c, json/],
  ['asm {}/drop.bpf -o {}/no/out', 2, /cannot be written/],
  ['disasm b70000000200000095', 2, /9 bytes are not whole insns/],
  ['disasm {}/two.bpf', 2, /this looks like text\n {2}help: bpflab asm .*two\.bpf assembles it/],
  ['disasm {}/nothing', 2, /no such file/],
  ['disasm b700', 2, /the argument: 2 bytes are not whole insns/],
  ['asm {}/request.json', 2, /looks like JSON, not assembly text\n {2}help: bpflab run and disasm/],
  ['run {}/request.json', 2, /test_run 1: there is no program 3/],
  ['run - --packet F', 2, /standard input is empty/],
  ['help rnu', 2, /no command 'rnu'; .*\n {2}help: did you mean 'run'\?/],
  ['run {}/drop.bpf --repeat 0', 2, /Try 'bpflab run --help'/],
  ['conformance --program xx', 2, /the program is not hexadecimal/],
  ['conformance --program b7', 2, /1 bytes are not whole insns/],
  ['conformance --program 7f454c4600000000', 2, /ELF/],
  ['conformance zz --program 9500000000000000', 2, /the memory is not hexadecimal/],
];

const argsOf = (line: string, dir: string): string[] =>
  line === ''
    ? []
    : line.split(' ').map((word) => (word === 'F' ? FRAME : word.replace('{}', word.startsWith('{"') ? '{}' : dir)));

describe('what cannot be done is said', () => {
  test.each(CASES)('bpflab %s', async (line, status, says) => {
    await inTemp(FILES, async (at) => {
      const before = readdirSync(at(''));
      const ran = await bpflab(argsOf(line, at('')));
      expect(ran.err).toMatch(says);
      expect(ran.err).not.toMatch(/bug in bpflab|\n\s+at /);
      expect(ran.status).toBe(status);
      expect(readdirSync(at('')), 'no file may appear').toEqual(before);
    });
  });

  test.each(CASES.filter(([line]) => line !== ''))('bpflab %s --json', async (line, status) => {
    await inTemp(FILES, async (at) => {
      const ran = await bpflab([...argsOf(line, at('')), '--json']);
      // A command line that commander refuses altogether has no --json yet, and asm writes JSON where it can.
      const json = JSON.parse(ran.out) as { ok: boolean; problems?: unknown[] };
      if (ran.status !== 0) {
        expect(ran.status).toBe(status);
        expect(json.ok).toBe(false);
      }
    });
  });

  test('a fault shows source, insn and registers, and stops the run', async () => {
    await inTemp(FILES, async (at) => {
      const ran = await bpflab(['run', at('fault.bpf'), '--packet', FRAME, '--packet', FRAME]);
      expect(ran.status).toBe(1);
      expect(ran.out).toMatch(/fault\.bpf:3:1: program fault: 4-byte read at address 0x6/);
      expect(ran.out).toMatch(/3 \| r1 = \*\(u32 \*\)\(r0 \+ 4\)\n {4}\| \^+\n/);
      expect(ran.out).toMatch(/insn 1: \(61\) r1 = \*\(u32 \*\)\(r0 \+4\)\n {2}R0=0x2 R1=0x/);
      expect(ran.out.match(/^ +\d+ {2}fault/gm)).toHaveLength(1);
      const json = JSON.parse((await bpflab(['run', at('fault.bpf'), '--packet', FRAME, '--json'])).out);
      expect(json.packets[0].fault).toMatchObject({ insn: 1, source: { line: 3, col: 1 }, registers: { R0: '0x2' } });
    });
  });

  test('an endless program ends at its limit; Ctrl-C ends it sooner and leaves whole files', async () => {
    await inTemp(FILES, async (at) => {
      const limited = await bpflab(['run', at('loop.bpf'), '--packet', FRAME, '--insn-limit', '1000']);
      expect(limited.status).toBe(1);
      expect(limited.out).toMatch(/stopped after 1000 insns/);
      const out = at('out.pcapng');
      const stopped = await bpflab(['run', at('loop.bpf'), '--packet', FRAME, '--pcap-out', out], { stopAfter: 1 });
      expect(stopped.status).toBe(130);
      expect(stopped.err).toMatch(/interrupted after 0 of 1 packets/);
      const read = await bpflab(['run', at('drop.bpf'), '--pcap', out]);
      expect(read.err).toMatch(/holds no packets/);
    });
  });

  test('a bug is called one, without a stack', async () => {
    await inTemp({ 'maps.d': '' }, async (at) => {
      mkdirSync(at('dir'));
      const ran = await bpflab(['run', 'programs/hello/count.bpf', '--packet', FRAME, '--map-init', at('dir')]);
      expect(ran.err).toMatch(/dir holds no \.json files/);
    });
  });
});
