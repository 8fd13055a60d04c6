/** Members that the kernel vouches for: pointers read from them keep the trust in the object that they are read from. */
import type { KernelBtf } from '../../btf/kernelBtf.ts';
import { btfTypeSkipModifiers } from '../../btf/kernelBtf.ts';

export type SafeKind = 'trusted' | 'trusted_or_null' | 'rcu' | 'rcu_or_null';

const KINDS: readonly SafeKind[] = ['trusted', 'trusted_or_null', 'rcu', 'rcu_or_null'];

/**
 * How safe a pointer member is: the kernel lists such members in types of its BTF that are named after the struct, `X__safe_rcu`.
 * @kernel btf_nested_type_is_trusted
 */
export function safeField(btf: KernelBtf, struct: number, field: string, target: number): SafeKind | undefined {
  const type = btf.type(struct);
  if (type?.kind !== 'struct' && type?.kind !== 'union') return undefined;
  return KINDS.find((kind) => {
    const id = btf.find(type.kind, `${type.name}__safe_${kind}`);
    const safe = id === undefined ? undefined : btf.type(id);
    if (safe?.kind !== 'struct' && safe?.kind !== 'union') return false;
    return safe.members.some((m) => {
      const pointer = btf.type(m.type);
      if (pointer?.kind !== 'ptr' || m.name !== field) return false;
      return btfTypeSkipModifiers(btf, pointer.type)?.id === target;
    });
  });
}
