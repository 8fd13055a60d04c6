/** Random worlds for the referee of the node: links, addresses, routes, rules, neighbours and sysctls as setup commands. */
import type { Random } from '../../test/random.ts';

interface Link {
  readonly name: string;
  readonly ifindex: number;
  readonly veth: boolean;
}

export interface RandomWorld {
  readonly setup: readonly string[];
  readonly links: readonly Link[];
  /** Addresses that mean something in this world: own ones, gateways, destinations of routes. */
  readonly v4: readonly string[];
  readonly v6: readonly string[];
}

const NETS4 = ['10.1', '10.2', '192.168', '172.16'] as const;
const NETS6 = ['2001:db8:1', '2001:db8:2', 'fd00:0', '2002:a01:1'] as const;
const TABLES = ['', '', '', ' table 100', ' table 101', ' table local', ' table default'] as const;

function host4(r: Random): string {
  return `${r.pick(NETS4)}.${r.below(3)}.${r.pick([1, 2, 3, 9, 130, 254, 255])}`;
}

function host6(r: Random): string {
  return `${r.pick(NETS6)}::${r.pick(['1', '2', '9', 'a:1', '8000:1'])}`;
}

function prefix4(r: Random): string {
  const bits = r.pick([0, 8, 12, 16, 16, 23, 24, 24, 24, 25, 30, 31, 32]);
  const bytes = host4(r).split('.').map(Number);
  const network = bytes.map((b, i) => b & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * i))) & 0xff);
  return bits === 0 ? 'default' : `${network.join('.')}/${bits}`;
}

function prefix6(r: Random): string {
  return r.pick([
    `${r.pick(NETS6)}::/48`,
    `${r.pick(NETS6)}::/64`,
    `${r.pick(NETS6)}::/64`,
    `${host6(r)}/128`,
    'default',
  ]);
}

const mac = (r: Random): string => [0x02, ...r.bytes(5)].map((b) => b.toString(16).padStart(2, '0')).join(':');

/** One world; with `strict` a command that fails ends it. */
export function randomWorld(r: Random, strict = false): RandomWorld {
  const setup: string[] = [];
  const links: Link[] = [];
  const v4: string[] = ['203.0.113.7', '127.0.0.1'];
  const v6: string[] = ['2001:db8:ffff::7', 'fe80::1', 'ff02::1', '::1'];
  const say = (line: string): void => void setup.push(strict ? line : `${line}; true`);
  const addLink = (): void => {
    const veth = r.bool(0.4);
    const ifindex = 2 + links.length;
    if (veth) {
      const own = `v${ifindex}`;
      setup.push(`ip link add ${own} type veth`);
      const peer = `veth${links.filter((l) => l.name.startsWith('veth')).length}`;
      links.push({ name: peer, ifindex, veth }, { name: own, ifindex: ifindex + 1, veth });
      for (const name of [peer, own]) setup.push(`ip link set ${name} address ${mac(r)}`);
    } else {
      const name = `d${ifindex}`;
      setup.push(`ip link add ${name} type dummy`, `ip link set ${name} address ${mac(r)}`);
      links.push({ name, ifindex, veth });
    }
  };
  const link = (): Link => r.pick(links);
  const dev = (): string => (r.bool(0.03) ? 'lo' : link().name);
  const table = (): string => r.pick(TABLES);
  const metric = (): string => r.pick(['', '', '', ' metric 10', ' metric 20', ' metric 300', ' metric 0']);
  const mtu = (): string => r.pick(['', '', '', '', ' mtu 1300', ' mtu lock 1300', ' mtu lock 9500']);
  const via4 = (): string => r.pick(v4.slice(2).concat(host4(r)));
  const via6 = (): string => r.pick([...v6.slice(4), host6(r), 'fe80::9']);
  const nowhere = (): string => r.pick(['blackhole', 'unreachable', 'prohibit', 'throw']);
  const route4 = (): string => {
    const verb = strict
      ? 'add'
      : r.weighted([
          [8, () => 'add'],
          [1, () => 'append'],
          [1, () => 'prepend'],
          [2, () => 'replace'],
          [1, () => 'change'],
          [1, () => 'del'],
        ]);
    const to = prefix4(r);
    if (to !== 'default') v4.push(to.split('/')[0]!);
    if (r.bool(0.15)) return `ip route ${verb} ${nowhere()} ${to}${table()}${metric()}`;
    const src = r.bool(0.15) && v4.length > 2 ? ` src ${r.pick(v4.slice(2))}` : '';
    const scope = r.bool(0.05) ? ` scope ${r.pick(['link', 'host', 'global', 'site'])}` : '';
    const type = r.bool(0.06) ? `${r.pick(['local', 'broadcast', 'multicast', 'anycast', 'unicast'])} ` : '';
    if (r.bool(0.4)) return `ip route ${verb} ${type}${to} dev ${dev()}${table()}${metric()}${mtu()}${src}${scope}`;
    const onlink = r.bool(0.15) ? ` dev ${dev()} onlink` : r.bool(0.3) ? ` dev ${dev()}` : '';
    return `ip route ${verb} ${type}${to} via ${via4()}${onlink}${table()}${metric()}${mtu()}${src}${scope}`;
  };
  const route6 = (): string => {
    const verb = strict
      ? 'add'
      : r.weighted([
          [8, () => 'add'],
          [2, () => 'replace'],
          [1, () => 'change'],
          [1, () => 'del'],
        ]);
    const to = prefix6(r);
    if (to !== 'default') v6.push(to.split('/')[0]!);
    const where = table();
    if (r.bool(0.15)) return `ip -6 route ${verb} ${nowhere()} ${to}${where}${metric()}`;
    const src = r.bool(0.1) && v6.length > 4 ? ` src ${r.pick(v6.slice(4))}` : '';
    if (r.bool(0.4)) return `ip -6 route ${verb} ${to} dev ${dev()}${where}${metric()}${mtu()}${src}`;
    const via = via6();
    const out = via.startsWith('fe80') || r.bool(0.3) ? ` dev ${dev()}` : '';
    return `ip -6 route ${verb} ${to} via ${via}${out}${where}${metric()}${mtu()}${src}`;
  };
  const rule = (): string => {
    const six = r.bool(0.4);
    const part = [
      r.bool(0.5) ? ` from ${six ? prefix6(r) : prefix4(r)}`.replace('default', 'all') : '',
      r.bool(0.3) ? ` to ${six ? prefix6(r) : prefix4(r)}`.replace('default', 'all') : '',
      r.bool(0.3) ? ` iif ${r.pick(['lo', link().name, 'nosuch'])}` : '',
      r.bool(0.3) ? ` fwmark ${r.pick(['1', '2', '0x10/0xf0', '3/1'])}` : '',
      r.bool(0.15) ? ` tos ${r.pick(['0x10', '8', '20', 'b8', '18'])}` : '',
      r.bool(0.7) ? ` pref ${r.pick([10, 100, 100, 200, 32766, 40000])}` : '',
      r.bool(0.15) ? ` suppress_prefixlength ${r.pick([0, 8, 24])}` : '',
      r.bool(0.05) ? ' suppress_ifgroup 0' : '',
    ].join('');
    const action = r.weighted([
      [6, () => ` table ${r.pick(['100', '101', 'main', 'local', 'default', '333'])}`],
      [1, () => ` type ${r.pick(['blackhole', 'unreachable', 'prohibit'])}`],
    ]);
    const verb = !strict && r.bool(0.1) ? 'del' : 'add';
    return `ip ${six ? '-6 ' : ''}rule ${verb}${part}${action}`;
  };
  const address = (): void => {
    if (r.bool(0.6)) {
      const ip = host4(r);
      v4.push(ip);
      const brd = r.bool(0.2) ? r.pick([' brd +', ' brd 10.1.255.255', ' brd -']) : '';
      const scope = r.bool(0.1) ? ` scope ${r.pick(['link', 'host', 'site'])}` : '';
      const peer = r.bool(0.05) ? ` peer ${host4(r)}/24` : '';
      const extra = r.bool(0.05) ? ' noprefixroute' : '';
      say(`ip addr add ${ip}/${r.pick([8, 16, 24, 24, 24, 30, 31, 32])}${peer}${brd}${scope}${extra} dev ${dev()}`);
    } else {
      const ip = host6(r);
      v6.push(ip);
      const extra = r.bool(0.05) ? ' noprefixroute' : '';
      say(`ip addr add ${ip}/${r.pick([48, 64, 64, 64, 127, 128])}${extra} dev ${dev()}`);
    }
  };
  const neighbour = (): void => {
    const six = r.bool(0.4);
    say(`neigh ${six ? via6() : via4()} ${mac(r)} ${dev()}`);
  };
  const sysctl = (): string =>
    r.pick([
      'sysctl -w net.ipv4.ip_forward=1',
      'sysctl -w net.ipv6.conf.all.forwarding=1',
      `sysctl -w net.ipv4.conf.${link().name}.forwarding=${r.below(2)}`,
      `sysctl -w net.ipv6.conf.${link().name}.forwarding=${r.below(2)}`,
      `sysctl -w net.ipv4.conf.all.ignore_routes_with_linkdown=1`,
      `sysctl -w net.ipv6.conf.all.ignore_routes_with_linkdown=1`,
      `sysctl -w net.ipv4.conf.${link().name}.route_localnet=1`,
      `sysctl -w net.ipv4.ip_forward_use_pmtu=1`,
      `sysctl -w net.ipv6.conf.${link().name}.disable_ipv6=1`,
      `sysctl -w net.ipv6.conf.${link().name}.use_oif_addrs_only=1`,
      `sysctl -w net.ipv6.conf.${link().name}.mtu=${r.pick([1280, 1400])}`,
      `sysctl -w net.ipv6.conf.${link().name}.keep_addr_on_down=1`,
      `echo 1 > /proc/sys/net/ipv4/conf/default/forwarding`,
    ]);
  const change = (): void => {
    r.weighted([
      [3, () => say(`ip link set ${link().name} down`)],
      [4, () => say(`ip link set ${link().name} up`)],
      [3, () => say(`ip link set ${link().name} mtu ${r.pick([1400, 9000, 1280, 1000, 68, 60])}`)],
      [1, () => say(`ip link set ${link().name} address ${mac(r)}`)],
      [2, () => say(sysctl())],
      [2, () => v4.length > 2 && say(`ip addr del ${r.pick(v4.slice(2))}/24 dev ${link().name}`)],
      [1, () => v6.length > 4 && say(`ip addr del ${r.pick(v6.slice(4))}/64 dev ${link().name}`)],
      [1, () => say(`ip link del ${link().name}`)],
      [1, () => say(`ip addr flush dev ${link().name}`)],
    ]);
  };
  for (let i = 1 + r.below(3); i > 0; i--) addLink();
  if (r.bool(0.9)) setup.push('sysctl -w net.ipv4.ip_forward=1');
  if (r.bool(0.9)) setup.push('sysctl -w net.ipv6.conf.all.forwarding=1');
  for (const { name } of links) if (r.bool(0.5)) setup.push(`ip link set ${name} up`);
  for (let i = 2 + r.below(5); i > 0; i--) address();
  for (const { name } of links) if (r.bool(0.85)) setup.push(`ip link set ${name} up`);
  const busy = r.bool(0.5);
  for (let i = 4 + r.below(16); i > 0; i--) {
    r.weighted([
      [6, () => say(r.bool(0.55) ? route4() : route6())],
      [busy && !strict ? 2 : 0, () => say(rule())],
      [3, () => neighbour()],
      [busy ? 2 : 0, () => change()],
      [1, () => address()],
    ]);
  }
  setup.push('sleep 0.1');
  return { setup, links, v4, v6 };
}
