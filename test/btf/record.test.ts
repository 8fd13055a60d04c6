import { describe, expect, it } from 'vitest';
import { BtfBuilder } from '../../src/btf/builder.ts';
import { builtinBtf } from '../../src/btf/builtin.ts';
import { checkBtf } from '../../src/btf/check/index.ts';
import { btfParseFields, MAP_FIELDS } from '../../src/btf/record.ts';
import { ERRNO } from '../../src/spec/errno.ts';

interface Member {
  readonly name: string;
  readonly type: number;
  readonly at: number;
}

/** The record of a struct of these members. */
function recordOf(size: number, make: (b: BtfBuilder) => readonly Member[], tag?: (b: BtfBuilder, id: number) => void) {
  const b = new BtfBuilder();
  const id = b.struct('value', size);
  b.setMembers(
    id,
    make(b).map(({ name, type, at }) => ({ name, type, bitOffset: at * 8 })),
  );
  tag?.(b, id);
  const checked = checkBtf(b.build(), 0);
  if (!checked.btf) return { errno: checked.errno };
  return btfParseFields(checked.btf, id, MAP_FIELDS, size, builtinBtf);
}

const kptr = (b: BtfBuilder, tag: string, target: string): number => b.ptr(b.typeTag(tag, b.struct(target, 0)));

describe('records of special fields', () => {
  it('have kinds, offsets and targets', () => {
    const record = recordOf(48, (b) => [
      { name: 'lock', type: b.struct('bpf_spin_lock', 4), at: 0 },
      { name: 'task', type: kptr(b, 'kptr', 'task_struct'), at: 8 },
      { name: 'skb', type: kptr(b, 'kptr_untrusted', 'sk_buff'), at: 16 },
      { name: 'own', type: kptr(b, 'kptr', 'only_here'), at: 24 },
      { name: 'timer', type: b.struct('bpf_timer', 16), at: 32 },
    ]);
    expect(record).toMatchObject({
      fields: [
        { kind: 'spin_lock', offset: 0, size: 4 },
        {
          kind: 'kptr',
          offset: 8,
          kptr: { btf: 'kernel', type_id: builtinBtf().find('struct', 'task_struct'), dtor: 'bpf_task_release_dtor' },
        },
        { kind: 'kptr_untrusted', offset: 16, kptr: { btf: 'kernel', name: 'sk_buff' } },
        { kind: 'kptr', offset: 24, kptr: { btf: 'prog', name: 'only_here' } },
        { kind: 'timer', offset: 32, size: 16 },
      ],
    });
  });

  it('repeat the pointers of an array', () => {
    const record = recordOf(24, (b) => {
      const index = b.int('unsigned int', 4);
      return [{ name: 'skbs', type: b.array(kptr(b, 'kptr_untrusted', 'sk_buff'), index, 3), at: 0 }];
    });
    expect(record).toMatchObject({ fields: [{ offset: 0 }, { offset: 8 }, { offset: 16 }] });
  });

  it('find the node that a list holds', () => {
    const record = recordOf(
      24,
      (b) => {
        const node = b.struct('bpf_list_node', 24);
        const item = b.struct('item', 32);
        b.setMembers(item, [{ name: 'n', type: node, bitOffset: 64 }]);
        return [
          { name: 'lock', type: b.struct('bpf_spin_lock', 4), at: 0 },
          { name: 'head', type: b.struct('bpf_list_head', 16), at: 8 },
        ];
      },
      (b, id) => void b.declTag('contains:item:n', id, 1),
    );
    expect(record).toMatchObject({ fields: [{ kind: 'spin_lock' }, { kind: 'list_head', root: { node_offset: 8 } }] });
  });

  it('are undefined without fields and a negated errno for wrong ones', () => {
    expect(recordOf(4, (b) => [{ name: 'x', type: b.int('int', 4), at: 0 }])).toBeUndefined();
    const timer = (b: BtfBuilder) => b.struct('bpf_timer', 16);
    const twice = recordOf(32, (b) => {
      const type = timer(b);
      return [
        { name: 'a', type, at: 0 },
        { name: 'b', type, at: 16 },
      ];
    });
    expect(twice).toBe(-ERRNO.E2BIG);
    const over = recordOf(32, (b) => [
      { name: 'a', type: timer(b), at: 0 },
      { name: 'b', type: b.struct('bpf_wq', 16), at: 8 },
    ]);
    expect(over).toBe(-ERRNO.EEXIST);
    const unknown = recordOf(8, (b) => [{ name: 'a', type: kptr(b, 'kptr', 'sk_buff'), at: 0 }]);
    expect(unknown).toEqual({ errno: ERRNO.ENOENT });
  });
});
