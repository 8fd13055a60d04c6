/**
 * The longest capture: more than a thousand packets over twelve hours, and an agent that changes the maps meanwhile. Made
 * from a seed, so that nothing of it has to be kept.
 */
import { Random } from '../../random.ts';
import { actEvent, agentAct, GARBAGE } from '../agent.ts';
import { type Event, restartIds } from '../talk.ts';
import { edges, noise } from './edges.ts';
import { flows } from './flows.ts';

const HOURS = 3_600_000;
const SPAN = 12 * HOURS;
const SEED = 1009;
const NOISE = 220;

/** Backends, services, endpoints, identities and policies that go and come again. */
function agentEvents(): Event[] {
  const [lb, backends] = ['cilium_lb4_services_v2', 'cilium_lb4_backends'];
  const [revNat, lxc, policy] = ['cilium_lb4_reverse_nat', 'cilium_lxc', 'cilium_policy'];
  const ipcache = 'cilium_ipcache';
  const acts = [
    agentAct('delete', backends, 1),
    agentAct('delete', policy, 0),
    agentAct('update', backends, 1),
    agentAct('update', policy, 0),
    // The first service says that it has two more backends than it has.
    agentAct('update', lb, 0, (value) => {
      value[4] = 3;
    }),
    agentAct('delete', backends, 0),
    agentAct('delete', lxc, 1),
    agentAct('update', lxc, 1),
    agentAct('update', backends, 0),
    agentAct('update', lb, 0),
    agentAct('delete', revNat, 0),
    agentAct('delete', lb, 0),
    agentAct('delete', lb, 0),
    agentAct('update', lb, 0),
    agentAct('update', revNat, 0),
    // A backend on another port, and one that takes any.
    agentAct('update', backends, 1, (value) => {
      value[4] = 0x1f;
      value[5] = 0x91;
    }),
    agentAct('update', backends, 1, (value) => {
      value[4] = 0;
      value[5] = 0;
    }),
    agentAct('delete', ipcache, 0),
    agentAct('update', backends, 1),
    agentAct('update', ipcache, 0),
    agentAct('delete', policy, 3),
    agentAct('delete', policy, 1),
    agentAct('update', policy, 3),
  ];
  const step = Math.floor(SPAN / (acts.length + 1));
  const garbage = Array.from({ length: 24 }, (_, i) => actEvent(i * 1_800_000 + 17, GARBAGE));
  return [...acts.map((act, i) => actEvent((i + 1) * step, act)), ...garbage];
}

let made: { readonly seed: number; readonly events: readonly Event[] } | undefined;

/** In order of time, the agent's acts between the packets. */
export function thousandEvents(seed = SEED): Event[] {
  if (made?.seed !== seed) {
    restartIds();
    const r = new Random(seed);
    const talk = flows(r, SPAN);
    const edge = edges().map((bytes, i): Event => ({ ms: Math.floor(SPAN / 3) + i * 20_000, bytes }));
    const noisy = Array.from({ length: NOISE }, (): Event => {
      const { ms, bytes } = r.pick(talk);
      return { ms: ms + 1, bytes: noise(r, bytes) };
    });
    const events = [...talk, ...edge, ...noisy, ...agentEvents()].sort((a, b) => a.ms - b.ms);
    made = { seed, events };
  }
  return [...made.events];
}
