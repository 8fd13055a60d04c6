import { reporter } from '../util/problem.ts';

const cliMessages = {
  'no-file': { text: '{path}: no such file' },
  'is-directory': { text: '{path} is a directory', help: '{help}' },
  unreadable: { text: '{path}: cannot be read ({why})' },
  unwritable: { text: '{path}: cannot be written ({why})', help: 'nothing was written there' },
  empty: { text: '{path} is empty' },
  'bad-hex': {
    text: '{what} is not hexadecimal: {found}',
    help: 'two digits a byte, white space between them as you like',
  },
  'bad-json': { text: '{path}: not JSON: {why}' },
  'bad-request': { text: '{path}: not a load request: {why}' },
  elf: {
    text: '{path} is an ELF object file; this version does not load objects',
    help: 'give .bpf text, a load request (JSON) or raw insns; llvm-objcopy -O binary -j SECTION extracts raw insns',
  },
  'odd-bytecode': { text: '{path}: {bytes} bytes are not whole insns of 8 bytes' },
  'unknown-input': {
    text: '{path}: this looks like {what}',
    help: '{help}',
  },
  'no-choice': { text: "no {noun} '{name}'; there {are}", help: '{help}' },
  'several-progs': {
    text: 'raw bytes hold one program, there are {count}: {names}',
    help: 'choose one with --prog',
  },
  'no-progs': { text: '{path} holds no program' },
  'no-map-files': { text: '{path} holds no .json files', help: 'NAME.json in it is for map NAME' },
  'bad-on': { text: '--on {found}: INTERFACE=PROGRAM is wanted', help: 'for example --on eth0=xdp_main,tc_main' },
  'no-interface': { text: '--on {found}: the capture has no interface of this name; it has {names}' },
  'bad-define': { text: '{found} is not NAME=VALUE', help: 'for example --define CT_SYN_TIMEOUT=30' },
  'ctx-shape': { text: '--ctx: {why}', help: `for example --ctx '{"ingress_ifindex": 1}'` },
  'ctx-value': { text: '--ctx: {field}: {found} is not {expected}' },
  'bad-yaml': { text: '{path}: not YAML: {why}' },
  'no-jit': {
    text: 'this version has one engine, the interpreter',
    help: 'leave --engine out, or say --engine interp',
  },
  'no-test-prog': { text: '{path}: test_run {index}: there is no program {prog}' },
  'unwritable-output': { text: 'standard output cannot be written ({why})' },
  'no-files': { text: 'nothing to verify', help: 'give .bpf files or load requests, - for standard input' },
  'bad-btf-module': {
    text: '{found} is not NAME=FILE',
    help: 'for example --btf-module nf_conntrack=nf_conntrack.btf',
  },
  'verify-interrupted': { text: 'interrupted in {name} after {insns} insns' },
  'requests-interrupted': { text: 'interrupted after {done} of {total} requests' },
  'verify-rejected': { text: '{name}: {said}', help: 'without --verify it runs unverified, every access checked' },
  verdict: { text: '{said}' },
  'no-packets': { text: '{path} holds no packets' },
  'no-input': {
    text: 'a packet is wanted: {type} programs run on packets',
    help: 'give --packet HEX, --packet @FILE or --pcap FILE',
  },
  'both-outputs': { text: '--csv and --json exclude each other' },
  'no-target': {
    text: '--attach {found}: programs of type {type} have no attach target',
    help: 'tracing, lsm, ext and struct_ops programs have one; others take an attach type, such as cgroup_inet4_connect',
  },
  'both-inputs': { text: '--packet and --pcap exclude each other' },
  place: { text: '{path}' },
  'test-interrupted': { text: '{name}: interrupted after {done} of {total} steps and {packets} packets' },
  'no-watch': { text: '--watch: nobody is there to wait for changes' },
  'both-forms': { text: '--json and --tap exclude each other', help: '--junit FILE goes with either' },
  'no-scenarios': {
    text: 'no scenario in {path}',
    help: 'a scenario is a .yaml, .yml or .json file with `bpflab: 1` and `steps`',
  },
  'none-wanted': { text: "no scenario with '{found}' in its name or file" },
  interrupted: { text: 'interrupted after {done} of {total} packets' },
  'no-complaint': {
    text: '{path} holds no complaint of the verifier',
    help: 'give the log of a rejection, from its first insn to its last line; libbpf prints it, `bpftool -d prog load` too',
  },
  'no-scenario-program': { text: '{path} loads no program', help: '`bpflab test` runs it without' },
  'no-program': {
    text: 'launch: a program is wanted',
    help: 'give "program": a .bpf file, a load request or raw insns',
  },
  'launch-argument': { text: 'launch: {name}: {why}' },
  'no-nth': { text: 'there is no packet {nth}; there are {count}' },
  'no-section': { text: "launch: no program in section '{name}'; there are: {known}" },
  'no-listen': { text: 'port {port} of {host} cannot be listened on ({why})' },
  refused: { text: 'bad encoding: {defect}' },
  internal: {
    text: 'this is a bug in bpflab: {why}',
    help: 'please report it with the command line and its input files; BPFLAB_TRACE=1 prints where it happened',
  },
} as const;

export const cliProblem = reporter('cli', cliMessages);
