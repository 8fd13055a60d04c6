/** BTF of what a file declares: its structs, functions and lines. */
import { BtfBuilder } from '../btf/builder.ts';
import type { FuncDecl } from './declarations.ts';
import type { Linked } from './link.ts';
import type { LineInfo } from './object.ts';
import type { CType, StructType } from './types.ts';

/** What a function without `.func` is taken for: it returns an int. */
const PLAIN_RETURN: CType = { kind: 'int', c: 'int', typedefs: [], size: 4, signed: true };

/** Writes the types of a file into BTF, each once. */
export class TypeWriter {
  readonly builder = new BtfBuilder();
  private readonly structs = new Map<StructType, number>();
  private readonly others = new Map<string, number>();
  private readonly funcs = new Map<string, number>();

  private once(key: string, make: () => number): number {
    let id = this.others.get(key);
    if (id === undefined) {
      id = make();
      this.others.set(key, id);
    }
    return id;
  }

  /** Id of a type; 0 is void. */
  type(type: CType): number {
    const { builder } = this;
    switch (type.kind) {
      case 'void':
        return 0;
      case 'int':
        return this.int(type, type.typedefs);
      case 'struct':
        return this.struct(type);
      case 'const': {
        const of = this.type(type.of);
        return this.once(`const ${of}`, () => builder.const(of));
      }
      case 'ptr': {
        const plain = this.type(type.to);
        const { tag } = type;
        const to = tag === undefined ? plain : this.once(`tag ${tag} ${plain}`, () => builder.typeTag(tag, plain));
        return this.once(`ptr ${to}`, () => builder.ptr(to));
      }
      case 'array': {
        const of = this.type(type.of);
        const index = this.int({ kind: 'int', c: 'unsigned int', typedefs: [], size: 4, signed: false }, []);
        return this.once(`array ${of} ${type.count}`, () => builder.array(of, index, type.count));
      }
    }
  }

  private int(type: CType & { kind: 'int' }, typedefs: readonly string[]): number {
    const [outer, ...inner] = typedefs;
    if (outer !== undefined)
      return this.once(`typedef ${outer}`, () => this.builder.typedef(outer, this.int(type, inner)));
    const { c, size, signed } = type;
    // The kernel takes one encoding at most.
    const encoding = type.char ? { char: true } : type.bool ? { bool: true } : { signed };
    return this.once(`int ${c}`, () => this.builder.int(c, size, encoding));
  }

  private struct(type: StructType): number {
    const known = this.structs.get(type);
    if (known !== undefined) return known;
    if (type.name !== '') {
      const same = this.others.get(`struct ${type.name}`);
      if (same !== undefined) return same;
    }
    const id = this.builder.struct(type.name, type.size, type.union ? 'union' : 'struct');
    this.structs.set(type, id);
    if (type.name !== '') this.others.set(`struct ${type.name}`, id);
    const members = type.members.map((m) => ({ name: m.name, type: this.type(m.type), bitOffset: m.offset * 8 }));
    this.builder.setMembers(id, members);
    return id;
  }

  /** Id of a function's FUNC. */
  func(name: string, decl: FuncDecl | undefined, global: boolean): number {
    const known = this.funcs.get(name);
    if (known !== undefined) return known;
    const params = (decl?.params ?? []).map((p) => ({ name: p.name, type: this.type(p.type), tags: p.tags }));
    const ret = this.type(decl ? decl.ret : PLAIN_RETURN);
    const key = `proto ${ret} ${params.map((p) => `${p.name}:${p.type}`).join(',')}`;
    const proto = this.once(key, () => this.builder.funcProto(ret, params));
    const id = this.builder.func(name, proto, global ? 'global' : 'static');
    params.forEach((p, i) => {
      for (const tag of p.tags) this.builder.declTag(tag, id, i);
    });
    this.funcs.set(name, id);
    return id;
  }

  /** One record for each insn that was written in the source. */
  lines(linked: Linked): LineInfo[] {
    return linked.parts.flatMap(({ func, slot }) =>
      func.insns.map(({ slot: own, at }) => ({
        slot: slot + own,
        fileNameOff: this.builder.string(at.source.file),
        lineOff: this.builder.string(at.source.lines[at.line - 1]?.trim() ?? ''),
        line: at.line,
        col: at.col,
      })),
    );
  }
}
