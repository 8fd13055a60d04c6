/** The tc hooks of a device: tcx programs in their order, then those of clsact. */
import { UAPI } from '../../spec/constants.ts';
import type { KernelCore } from '../core.ts';
import { frameBytes } from './buffer.ts';
import type { Flow } from './flow.ts';
import { onSkb } from './onPacket.ts';
import type { Link, Work } from './state.ts';

const { TC_ACT_OK, TC_ACT_QUEUED, TC_ACT_REDIRECT, TC_ACT_SHOT, TC_ACT_STOLEN, TC_ACT_TRAP } = UAPI;

/** What a hook makes of a packet. */
export type TcAction = 'pass' | 'drop' | 'stolen' | 'redirect';

type Codes = Readonly<Record<number, TcAction>>;

/** What tcx knows; anything else asks the next program. @kernel tcx_action_code */
const TCX: Codes = { [TC_ACT_OK]: 'pass', [TC_ACT_SHOT]: 'drop', [TC_ACT_REDIRECT]: 'redirect' };

/** What a classifier with direct action may say; anything else asks the next filter. @kernel cls_bpf_exec_opcode */
const CLSACT: Codes = {
  ...TCX,
  [TC_ACT_STOLEN]: 'stolen',
  [TC_ACT_QUEUED]: 'stolen',
  [TC_ACT_TRAP]: 'stolen',
};

/** The links of a device at a hook, in the order in which they were attached. */
export function linksAt(kernel: KernelCore, hook: Link['hook'], ns: string, ifindex: number): readonly Link[] {
  return kernel.world.node.links.filter((l) => l.hook === hook && l.ns === ns && l.ifindex === ifindex);
}

/** Runs the programs of a direction; `then` gets what they say. The data begin with the link layer header. @kernel tc_run, tcx_run */
export function tcRun(
  kernel: KernelCore,
  work: Work & { readonly skb: number },
  ifindex: number,
  direction: 'ingress' | 'egress',
  then: (action: TcAction) => Flow,
): Flow {
  const { skb, ns } = work;
  const tcx = linksAt(kernel, `tcx_${direction}`, ns, ifindex);
  const links = [...tcx, ...linksAt(kernel, `tc_${direction}`, ns, ifindex)];
  const run = (index: number): Flow => {
    const link = links[index];
    if (!link) return then('pass');
    const codes = index < tcx.length ? TCX : CLSACT;
    return {
      link,
      work,
      prepare: onSkb(skb),
      bytes: () => frameBytes(kernel.arena, skb),
      returned(retval) {
        const action = codes[retval];
        return action === undefined ? run(index + 1) : then(action);
      },
    };
  };
  return run(0);
}
