/** The moment itself: where in the session it is, the clock, what has been before. */
import { type Children, namedChildren, type Var } from '../variables.ts';
import type { Look } from './index.ts';

export function run({ debuggee: { session }, view }: Look): Children {
  return namedChildren(() => {
    const { machine, running, kernel } = view;
    const { sec, nsec } = kernel.world.clock;
    const line = (name: string, value: string | number): Var => ({ name, value: `${value}` });
    return [
      line('tick', session.tick),
      ...(running ? [line('packet', running.number), line('program', running.prog.name)] : []),
      ...(machine ? [line('insns', machine.insns), line('tail calls', machine.tailCalls)] : []),
      line('clock', `${sec}.${`${nsec}`.padStart(9, '0')} s`),
      line('cpu', kernel.world.cpu),
      {
        name: 'verdicts',
        value: `${session.resultCount}`,
        children: {
          named: () => [],
          indexed: {
            count: session.resultCount,
            page: (start, count) =>
              session
                .results(start)
                .slice(0, count)
                .map(({ number, prog, verdict }, i) =>
                  line(`[${start + i}]`, `packet ${number}: ${prog.name}: ${verdict}`),
                ),
          },
        },
      },
    ];
  });
}
