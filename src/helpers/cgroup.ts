/** Cgroups: of the current task, of sockets and of the sockets of packets. */
import { cgroupArrayGet } from '../maps/cgroupArray.ts';
import { fullSkOf } from '../net/inetSock.ts';
import { skbField } from '../net/skb.ts';
import type { HelperEnv } from './env.ts';
import { ENOENT, type ImplTable } from './impl.ts';
import { sockAt } from './sock.ts';

/** Ids take 64 bits; those of the World are below 2^53. */
function retId(env: HelperEnv, id: number): void {
  env.ret64(id, Math.floor(id / 2 ** 32));
}

function retAncestor(env: HelperEnv, cgroup: number, level: number): void {
  retId(env, level < 0 ? 0 : env.tasks.ancestor(cgroup, level));
}

/** Id of the cgroup of a socket, of a request that of its listener; 0 for what is no full socket. @kernel __bpf_sk_cgroup_id */
function cgroupOf(env: HelperEnv, sock: number): number {
  const sk = fullSkOf(env.arena, sock);
  return sk === 0 ? 0 : env.tasks.cgroupOf(sk);
}

/** Of a packet's socket. @kernel bpf_skb_cgroup_id */
function skbCgroup(env: HelperEnv, ctx: number): number {
  return cgroupOf(env, skbField(env.arena, env.object(ctx), 'sk'));
}

/** Of a socket that a program holds. @kernel bpf_sk_cgroup_id */
function sockCgroup(env: HelperEnv, sock: number): number {
  return sock === 0 ? 0 : cgroupOf(env, sockAt(env, sock));
}

/** Is a cgroup below the one at an index of a cgroup_array? */
function under(env: HelperEnv, map: number, index: number, cgroup: number): number {
  const ancestor = cgroupArrayGet(env.maps, map, index >>> 0);
  if (ancestor < 0) return ancestor;
  return env.tasks.isDescendant(cgroup, ancestor) ? 1 : 0;
}

export const cgroupImpls = {
  bpf_get_current_cgroup_id: (env) => retId(env, env.tasks.task.cgroup),
  bpf_get_current_ancestor_cgroup_id: (env, level) => retAncestor(env, env.tasks.task.cgroup, level),
  bpf_current_task_under_cgroup: (env, map, index) => under(env, map, index, env.tasks.task.cgroup),

  bpf_skb_cgroup_id: (env, ctx) => retId(env, skbCgroup(env, ctx)),
  bpf_skb_ancestor_cgroup_id: (env, ctx, level) => retAncestor(env, skbCgroup(env, ctx), level),
  bpf_skb_under_cgroup(env, ctx, map, index) {
    const cgroup = skbCgroup(env, ctx);
    return cgroup === 0 ? -ENOENT : under(env, map, index, cgroup);
  },

  bpf_sk_cgroup_id: (env, sock) => retId(env, sockCgroup(env, sock)),
  bpf_sk_ancestor_cgroup_id: (env, sock, level) => retAncestor(env, sockCgroup(env, sock), level),
} satisfies ImplTable;
