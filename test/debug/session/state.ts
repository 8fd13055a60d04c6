/** A session's whole state as text, for comparing moments. */
import type { Session } from '../../../src/debug/session/session.ts';
import { snapshotPages } from '../../../src/mem/snapshot.ts';

const FNV = 16777619;

function digest(bytes: Uint8Array, seed: number): number {
  let h = seed;
  for (const b of bytes) h = Math.imul(h ^ b, FNV);
  return h;
}

/** Pages are shared between snapshots: each is looked at once. 0 for a page of zeros. */
const DIGESTS = new WeakMap<Uint8Array, number>();

function pageDigest(bytes: Uint8Array): number {
  const known = DIGESTS.get(bytes);
  if (known !== undefined) return known;
  const found = bytes.some((b) => b !== 0) ? digest(bytes, 1) || 1 : 0;
  DIGESTS.set(bytes, found);
  return found;
}

/** Memory but for zero pages, the World but for programs, the machine, the results. */
export function stateOf(session: Session): string {
  const { kernel } = session;
  const { memory, world } = kernel.snapshot();
  const pages = [...snapshotPages(memory)].sort(([a], [b]) => a - b);
  let h = 1;
  for (const [page, bytes] of pages) {
    const found = pageDigest(bytes);
    if (found !== 0) h = Math.imul(Math.imul(h ^ page, FNV) ^ found, FNV);
  }
  const { clock, random, nextId, output, redirect, timers } = world;
  const { machine, running } = session.view();
  const rest = {
    tick: session.tick,
    memory: h >>> 0,
    clock,
    random,
    nextId,
    said: output?.count ?? 0,
    redirect,
    timers: { seq: timers.seq, running: timers.running, due: timers.queue?.event },
    machine: machine?.save(),
    packet: running?.number,
    results: session.results().map((r) => [r.number, r.verdict, r.insns]),
  };
  return JSON.stringify(rest, (_, v) => (typeof v === 'bigint' ? `${v}` : v));
}
