/** Random programs over one LRU map that overflow it: which elements survive is what the dumps show. */
import type { LoadRequest } from '../../../src/spec/request.ts';
import { random } from '../generate.ts';
import { insn } from '../program.ts';
import { CTX, exit, type Item, ldValue, link, mov, movReg, RES, RUN, SLOT } from './code.ts';
import { FAMILY_TYPES, pick, randomMap } from './maps.ts';
import { deleteOp, fillOp, lookupOp, updateOp } from './ops.ts';

const LRU_FAMILIES = [FAMILY_TYPES.indexOf('lru_hash'), FAMILY_TYPES.indexOf('lru_percpu_hash')];

/** The request of a seed: two runs of a program with `ops` operations. */
export function lruRequest(seed: number, ops: number): LoadRequest {
  const rng = random(seed);
  const made = randomMap(rng, 1, LRU_FAMILIES[seed % 2]!);
  const target = { ...made.target, read: true, write: true };
  const main: Item[] = [movReg(CTX, 1), ldValue(RES, 0), insn(0x79, RUN, RES, 0, 0), mov(RUN, 1)];
  for (let i = 0; i < ops; i++)
    main.push(...pick(rng, [fillOp, fillOp, lookupOp, updateOp, updateOp, deleteOp])(rng, target, i));
  main.push(mov(0, 2), exit);
  const { insns, map_relocs } = link(main, []);
  return {
    name: `${target.type} ${seed}`,
    prog_type: 'xdp',
    license: 'GPL',
    log_level: 0,
    dump_maps: true,
    insns,
    map_relocs,
    maps: [
      { name: 'res', type: 'array', key_size: 4, value_size: SLOT * ops, max_entries: 1 },
      // Programs may read and write.
      { ...made.request, map_flags: target.flags & 0x43 },
    ],
    test_run: [{ data: '00'.repeat(64) }, { data: '00'.repeat(64) }],
  };
}
