// The main job, to be watched: a capture through the node of programs/lb, packet by packet. Runs the built package.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const { nodeIo } = await import('../dist/cli/io.js');
const { runCli } = await import('../dist/cli/run.js');

// `npm run demo | head` is no error.
process.stdout.on('error', () => process.exit(0));

const node = nodeIo();
// 80 columns unless the terminal is narrower or a little wider.
const io = { ...node, columns: Math.min(node.columns ?? 80, 100) };
const bold = (text) => (io.colour ? `\x1b[1m${text}\x1b[0m` : text);
const OUT = join('dist', 'demo-out.pcapng');

io.out(`${bold('A Kubernetes node without a kernel')}

Hand-written eBPF (programs/lb, programs/conntrack) in a simulated kernel: two
hooks, XDP on eth0 and tc, over one set of maps. It does what Cilium's datapath
does: service addresses to backends, connection tracking, policy, replies back.

    clients --- eth0: xdp_main, tc_main --- node --- tc_main :lxc --- pods

programs/demo/node.pcapng holds 11 seconds of its traffic. Each packet: number,
time, program, verdict, what it was, and indented what changed and what the
datapath reported.

`);

const status = await runCli(
  ['run', 'programs/lb/node.bpf', '--on', 'eth0=xdp_main,tc_main', '--on', 'lxc=tc_main'].concat([
    '--pcap',
    'programs/demo/node.pcapng',
    '--map-init',
    'programs/demo/maps.json',
    '--pcap-out',
    OUT,
    '--ct',
  ]),
  io,
);

if (status === 0) {
  io.out(`
${bold('That was')} a TCP connection through a service from handshake to close and
reopened on the same ports, DNS, a ping, ICMP errors about known and unknown
flows, three drops by policy, a service without backends, a pod that calls
itself, and clients from outside. Above: the maps that changed, then the
conntrack tables the way "cilium bpf ct list global" prints them.

${bold('What to try next')}
  The packets as they left, verdicts in the comments:
      ${OUT}   (open it in Wireshark or tshark)
  The same run as JSON:
      node dist/cli/main.js run programs/lb/node.bpf --json \\
        --on eth0=xdp_main,tc_main --on lxc=tc_main \\
        --map-init programs/demo/maps.json --pcap programs/demo/node.pcapng
  A first program of your own, in ten lines:
      programs/hello/count.bpf
      node dist/cli/main.js run programs/hello/count.bpf \\
        --pcap programs/demo/demo.pcap
  Everything else:
      node dist/cli/main.js help run        README.md, docs/cli.md
`);
}
process.exitCode = status;
