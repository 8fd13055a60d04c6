import { describe, expect, it } from 'vitest';
import { CONSTANT_GROUPS, constant, constantNames } from '../../src/spec/constants.ts';

describe('kernel constants', () => {
  it('have one value each, a whole number that a 64-bit register holds', () => {
    const seen = new Map<string, number | bigint>();
    for (const { header, values } of CONSTANT_GROUPS) {
      expect(header).toMatch(/^[a-z0-9-]+\/[a-z0-9_]+\.h$/);
      for (const [name, value] of Object.entries(values)) {
        expect(name).toMatch(/^[A-Z][A-Za-z0-9_]*$/);
        expect(seen.has(name), name).toBe(false);
        expect(BigInt(value) >= -(2n ** 63n) && BigInt(value) < 2n ** 64n, name).toBe(true);
        if (typeof value === 'number') expect(Number.isSafeInteger(value), name).toBe(true);
        seen.set(name, value);
      }
    }
    expect([...constantNames()].sort()).toEqual([...seen.keys()].sort());
    expect(seen.size).toBeGreaterThan(1200);
  });

  it.each([
    ['BPF_ANY', 0],
    ['BPF_NOEXIST', 1],
    ['BPF_F_NO_PREALLOC', 1],
    ['BPF_F_NO_COMMON_LRU', 2],
    ['BPF_F_CURRENT_CPU', 0xffffffff],
    ['BPF_F_CTXLEN_MASK', 0xfffff00000000],
    ['BPF_F_CURRENT_NETNS', -1],
    ['BPF_F_PSEUDO_HDR', 16],
    ['BPF_F_ADJ_ROOM_ENCAP_L3_IPV6', 4],
    ['BPF_SK_STORAGE_GET_F_CREATE', 1],
    ['BPF_FIB_LKUP_RET_NO_NEIGH', 7],
    ['BPF_SOCK_OPS_WRITE_HDR_OPT_CB', 15],
    ['BPF_TCP_LISTEN', 10],
    ['XDP_REDIRECT', 4],
    ['TC_ACT_UNSPEC', -1],
    ['TC_ACT_SHOT', 2],
    ['TC_ACT_REDIRECT', 7],
    ['TCX_NEXT', -1],
    ['SK_PASS', 1],
    ['ETH_P_IP', 0x800],
    ['ETH_P_IPV6', 0x86dd],
    ['ETH_P_8021AD', 0x88a8],
    ['ETH_HLEN', 14],
    ['IPPROTO_UDP', 17],
    ['IPPROTO_ICMPV6', 58],
    ['ICMP_DEST_UNREACH', 3],
    ['ICMP_FRAG_NEEDED', 4],
    ['ICMPV6_PKT_TOOBIG', 2],
    ['TCPHDR_SYN', 2],
    ['TCP_FLAG_SYN', 0x200],
    ['TCP_ESTABLISHED', 1],
    ['AF_INET6', 10],
    ['SOL_SOCKET', 1],
    ['SO_MARK', 36],
    ['NF_ACCEPT', 1],
    ['PACKET_OTHERHOST', 3],
    ['BPF_MAP_TYPE_LRU_HASH', 9],
    ['BPF_PROG_TYPE_SCHED_CLS', 3],
    ['BPF_CGROUP_INET4_CONNECT', 10],
    ['BPF_FUNC_redirect', 23],
    ['EINVAL', 22],
    ['EWOULDBLOCK', 11],
  ])('%s is %d', (name, value) => {
    expect(constant(name)).toBe(value);
  });

  it('knows no opcodes, no registers and nothing of JavaScript', () => {
    for (const name of ['BPF_JMP32', 'BPF_REG_0', 'toString', '', 'BPF_MAP_TYPE_', '__BPF_FUNC_MAX_ID']) {
      expect(constant(name)).toBeUndefined();
    }
  });
});
