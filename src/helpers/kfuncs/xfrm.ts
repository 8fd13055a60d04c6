/** xfrm states: there are none, so that a look-up says why it finds nothing. */
import { UAPI } from '../../spec/constants.ts';
import { ERRNO } from '../../spec/errno.ts';
import { EINVAL, ENOENT } from '../impl.ts';
import { kfunc } from './row.ts';

const { BPF_F_CURRENT_NETNS } = UAPI;
const { ENONET } = ERRNO;
/** struct bpf_xfrm_state_opts: error, then the id of the namespace. */
const OPTS = { error: 0, netnsId: 4, size: 36 } as const;

export const xfrmKfuncs = {
  bpf_xdp_get_xfrm_state: kfunc(['ctx', 'mem_opt', 'size'], 'pointer', ({ arena }, _ctx, opts, size) => {
    if (opts === 0 || size < 4) return 0;
    const netns = size < OPTS.size ? 0 : arena.getU32(opts + OPTS.netnsId) | 0;
    let error = -ENOENT;
    if (size !== OPTS.size || netns < BPF_F_CURRENT_NETNS) error = -EINVAL;
    // No namespace has an id.
    else if (netns >= 0) error = -ENONET;
    arena.setU32(opts + OPTS.error, error);
    return 0;
  }),
  bpf_xdp_xfrm_state_release: kfunc(['object'], 'void', () => undefined),
};
