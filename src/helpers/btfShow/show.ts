/**
 * Prints a value by its type of the kernel's BTF. A member or element that is all zero is left out: it is first gone
 * through without printing, to see whether there is anything to show. What stands around a value depends on what was
 * printed before it, as in the kernel: inside arrays names are missing until another array has ended.
 */
import { btfTypeSkipModifiers, type KernelBtf } from '../../btf/kernelBtf.ts';
import { BTF_KINDS } from '../../btf/kinds.ts';
import type { BtfMember, BtfType } from '../../btf/parse.ts';
import { resolveSize } from '../../btf/size.ts';
import { UAPI } from '../../spec/constants.ts';
import { joinDecimal } from '../decimal.ts';
import type { HelperEnv } from '../env.ts';
import { hex, pointer, pointerDigits, type Value } from '../formatValue.ts';
import { EINVAL } from '../impl.ts';
import { bitsAt, wordsAt } from './bits.ts';
import { btfShowName } from './name.ts';
import { ShownText } from './text.ts';
import { type Address, Window } from './window.ts';

const { BTF_F_COMPACT, BTF_F_NONAME, BTF_F_PTR_RAW, BTF_F_ZERO } = UAPI;

type Kind<K extends BtfType['kind']> = Extract<BtfType, { readonly kind: K }>;
type Aggregate = Kind<'struct' | 'union' | 'array'>;

const PLAIN = { zero: false, plus: false, left: false, blank: false, width: -1 } as const;
/** Deeper levels are not indented further. */
const MAX_INDENT = 32;
const isPrint = (c: number): boolean => (c >= 32 && c < 127) || c >= 0xa0;

class Show {
  readonly text: ShownText;
  readonly window: Window;
  readonly #btf: KernelBtf;
  readonly #flags: number;
  #depth = 0;
  /** The depth from which on a look for anything to show goes down; 0 outside of it, when text is printed. */
  #checkDepth = 0;
  /** The deepest place at which the look found something. */
  #depthToShow = 0;
  #member: BtfMember | undefined;
  #inArray = false;
  /** Elements of the innermost array are characters. */
  #chars = false;
  /** The NUL of a text has been seen. */
  #terminated = false;
  /** The type being shown and the id by which it is called. */
  #type: BtfType | undefined;
  #id = 0;

  constructor(env: HelperEnv, btf: KernelBtf, flags: number, object: Address, room: number) {
    this.text = new ShownText(room);
    this.window = new Window(env, object);
    this.#btf = btf;
    this.#flags = flags;
  }

  /** Shows a value of type `id` at an offset of the object, or `bit` bits behind it. */
  value(id: number, at: number, bit = 0): void {
    const found = btfTypeSkipModifiers(this.#btf, id);
    switch (found?.type.kind) {
      case 'int':
        this.#int(found.type, id, at, bit);
        break;
      case 'ptr':
        this.#pointer(found.type, id, at);
        break;
      case 'enum':
      case 'enum64':
        this.#enum(found.type, id, at);
        break;
      case 'array':
      case 'struct':
      case 'union':
        this.#aggregate(found.type, id, at, bit);
        break;
      case 'var':
        // Its type is called by what it is behind typedefs.
        this.value(btfTypeSkipModifiers(this.#btf, found.type.type)?.id ?? 0, at, bit);
        break;
      case 'datasec':
        this.window.status = -EINVAL;
        break;
      default:
        // void is of kind 0
        this.#add(`<unsupported kind:${found ? BTF_KINDS[found.type.kind] : 0}>`);
    }
  }

  #has(flag: number): boolean {
    return (this.#flags & flag) !== 0;
  }

  #add(text: string): void {
    if (this.#checkDepth === 0) this.text.add(text);
  }

  get #indent(): string {
    return this.#has(BTF_F_COMPACT) ? '' : ' '.repeat(Math.min(this.#depth, MAX_INDENT));
  }

  get #newline(): string {
    return this.#has(BTF_F_COMPACT) ? '' : '\n';
  }

  get #delim(): string {
    if (this.#depth === 0) return '';
    return this.#has(BTF_F_COMPACT) && this.#type?.kind === 'union' ? '|' : ',';
  }

  get #name(): string {
    if (this.#inArray) return '';
    return btfShowName(this.#btf, this.#id, this.#member, this.#has(BTF_F_NONAME));
  }

  /** Begins a value: where its bytes lie in the window. */
  #start(type: BtfType, id: number, at: number): number | undefined {
    this.#type = type;
    this.#id = id;
    const size = resolveSize(this.#btf, id);
    if (size !== undefined) return this.window.at(at, size, this.#depth === 0);
    this.window.status = -EINVAL;
    return undefined;
  }

  #end(): void {
    this.#type = undefined;
    this.#id = 0;
  }

  /** Shows a value that is not an aggregate; one that is zero inside of another only where that is asked for. */
  #print(text: string, isZero: boolean): void {
    if (isZero && !this.#has(BTF_F_ZERO) && this.#depth > 0) return;
    if (this.#checkDepth === 0) this.#add(this.#indent + this.#name + text + this.#delim + this.#newline);
    this.#depthToShow = Math.max(this.#depthToShow, this.#depth);
  }

  #int(type: Kind<'int'>, id: number, at: number, bit: number): void {
    const from = this.#start(type, id, at);
    if (from === undefined) return;
    const { bytes } = this.window;
    if (bit !== 0 || (type.offset ?? 0) !== 0 || type.bits % 8 !== 0)
      this.#int128(...bitsAt(this.window.bytes, from, bit + (type.offset ?? 0), type.bits));
    else if (type.bits === 128) this.#int128(...wordsAt(bytes, from, 16));
    else if (type.bits === 64) {
      const [lo, hi] = wordsAt(bytes, from, 8);
      this.#print(
        type.signed && hi < 0 ? `-${joinDecimal(-lo | 0, ~hi + (lo === 0 ? 1 : 0))}` : joinDecimal(lo, hi),
        (lo | hi) === 0,
      );
    } else if (type.bits === 32) this.#number(type.signed ? bytes.getInt32(from, true) : bytes.getUint32(from, true));
    else if (type.bits === 16) this.#number(type.signed ? bytes.getInt16(from, true) : bytes.getUint16(from, true));
    else if (this.#chars) this.#character(type, from);
    else this.#number(type.signed ? bytes.getInt8(from) : bytes.getUint8(from));
    this.#end();
  }

  #number(value: number): void {
    this.#print(`${value}`, value === 0);
  }

  #character(type: Kind<'int'>, from: number): void {
    const c = this.window.bytes.getUint8(from);
    if (this.#terminated) return;
    if (c === 0) this.#terminated = true;
    else if (isPrint(c)) this.#print(`'${String.fromCharCode(c)}'`, false);
    else this.#number(type.signed ? this.window.bytes.getInt8(from) : c);
  }

  #int128(a: number, b: number, c: number, d: number): void {
    if ((c | d) === 0) this.#print(`0x${hex(a, b)}`, (a | b) === 0);
    else this.#print(`0x${hex(c, d)}${hex(a, b).padStart(16, '0')}`, false);
  }

  #pointer(type: BtfType, id: number, at: number): void {
    const from = this.#start(type, id, at);
    if (from === undefined) return;
    const [lo, hi] = wordsAt(this.window.bytes, from, 8);
    const value: Value = [lo, hi];
    const text = this.#has(BTF_F_PTR_RAW) ? pointerDigits(lo, hi, PLAIN) : pointer(value, PLAIN);
    this.#print(`0x${text}`, (lo | hi) === 0);
    this.#end();
  }

  /** An enumerator by its name, which is never zero. Narrow enums are read as four bytes. */
  #enum(type: Kind<'enum' | 'enum64'>, id: number, at: number): void {
    const from = this.#start(type, id, at);
    if (from === undefined) return;
    this.window.setBehind(this.text.left, this.text.length);
    const wide = type.kind === 'enum64';
    const raw = wide ? this.window.bytes.getBigUint64(from, true) : BigInt(this.window.bytes.getUint32(from, true));
    const bits = wide ? 64 : 32;
    const known = type.values.find(([, value]) => BigInt.asUintN(bits, value) === raw);
    if (known) this.#print(known[0], false);
    else this.#print(`${type.signed ? BigInt.asIntN(bits, raw) : raw}`, raw === 0n);
    this.#end();
  }

  /** Shows an aggregate, inside of another only if there is anything in it to show. */
  #aggregate(type: Aggregate, id: number, at: number, bit: number): void {
    if (this.#depth > 0 && !this.#has(BTF_F_ZERO)) {
      const outermost = this.#checkDepth === 0;
      if (outermost) {
        this.#checkDepth = this.#depth + 1;
        this.#depthToShow = 0;
      }
      const member = this.#member;
      this.#parts(type, id, at, bit);
      this.#member = member;
      if (!outermost) return;
      this.#checkDepth = 0;
      if (this.#depthToShow <= this.#depth) return;
    }
    this.#parts(type, id, at, bit);
  }

  #parts(type: Aggregate, id: number, at: number, bit: number): void {
    if (type.kind === 'array') this.#elements(type, id, at, bit);
    else if (this.#open(type, id, at)) {
      for (const member of type.members) this.#memberOf(member, at);
      this.#close('}');
    }
  }

  #open(type: Aggregate, id: number, at: number): boolean {
    if (this.#start(type, id, at) === undefined) return false;
    if (this.#checkDepth === 0) this.#add(this.#indent + this.#name + this.#newline);
    this.#depth++;
    return true;
  }

  #close(bracket: string): void {
    this.#depth--;
    this.#add(this.#indent + bracket + this.#delim + this.#newline);
    this.#end();
  }

  #memberOf(member: BtfMember, base: number): void {
    this.#member = member;
    const at = base + (member.bitOffset >>> 3);
    if (member.bits === 0) this.value(member.type, at, member.bitOffset & 7);
    else {
      const type = btfTypeSkipModifiers(this.#btf, member.type)!.type;
      const from = this.#start(type, member.type, at);
      if (from !== undefined) this.#int128(...bitsAt(this.window.bytes, from, member.bitOffset & 7, member.bits));
      this.#end();
    }
    this.#member = undefined;
  }

  #elements(type: Kind<'array'>, id: number, at: number, bit: number): void {
    const element = btfTypeSkipModifiers(this.#btf, type.type)?.type;
    this.#chars = element?.kind === 'int' && element.size === 1;
    this.#terminated = false;
    if (!this.#open(type, id, at)) return;
    // Linux takes no step over pointers and arrays, and shows the first element each time.
    const step = element && 'size' in element ? element.size : 0;
    for (let i = 0; i < type.count && !this.#terminated; i++) {
      this.#inArray = true;
      this.#member = undefined;
      this.value(type.type, at + i * step, bit);
      this.#inArray = false;
    }
    this.#chars = false;
    this.#terminated = false;
    this.#close(']');
  }
}

/** What was printed: its length, or the negative errno of memory that cannot be read; the text, cut to the room. */
export interface Shown {
  readonly result: number;
  readonly text: string;
}

/**
 * Prints the value at an address as a type of the kernel, into `room` bytes with a NUL.
 *
 * @param id a type that there is
 * @param flags BTF_F_*
 * @kernel btf_type_snprintf_show
 */
export function btfTypeSnprintfShow(
  env: HelperEnv,
  btf: KernelBtf,
  id: number,
  object: Address,
  room: number,
  flags: number,
): Shown {
  const show = new Show(env, btf, flags, object, room);
  show.value(id, 0);
  return { result: show.window.status || show.text.length, text: show.text.text };
}
