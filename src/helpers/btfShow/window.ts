/** The kernel's safe view of the value that is being printed: a few bytes of it at a time, copied where they may be read. */
import type { HelperEnv } from '../env.ts';
import { kernelRange } from '../probe.ts';

/** BTF_SHOW_OBJ_SAFE_SIZE: bytes copied at a time. */
const WINDOW = 32;
/** BTF_SHOW_OBJ_BASE_TYPE_SIZE: no value that is read in one piece is larger. */
const BASE_TYPE = 16;
/** Behind the window lie the room that is left and the length of the text: narrow enums are read as four bytes. */
const BEHIND = 8;

/** An address as two halves. */
export interface Address {
  readonly lo: number;
  readonly hi: number;
}

export class Window {
  /** 0, or the negative errno of the last copy. */
  status = 0;
  readonly bytes = new DataView(new ArrayBuffer(WINDOW + BEHIND));
  readonly #env: HelperEnv;
  readonly #object: Address;
  #size = 0;
  /** Offset in the object of the bytes that are here. */
  #start: number | undefined;

  constructor(env: HelperEnv, object: Address) {
    this.#env = env;
    this.#object = object;
  }

  /**
   * Makes a value of `size` bytes at an offset of the object readable, or at least its first base type: where it begins in
   * `bytes`, undefined (and `status`) where its memory cannot be read. The object itself (`whole`) comes first.
   * @kernel btf_show_obj_safe
   */
  at(offset: number, size: number, whole: boolean): number | undefined {
    if (whole) this.#size = size;
    else if (this.#start !== undefined) {
      const at = offset - this.#start;
      if (at >= 0 && at + Math.min(size, BASE_TYPE) < WINDOW) return at;
    }
    const count = Math.max(0, Math.min(WINDOW, this.#size - offset));
    const address = this.#object.lo + offset;
    const lo = address % 2 ** 32;
    const from = kernelRange(this.#env, lo, address === lo ? this.#object.hi : this.#object.hi + 1, count);
    this.status = Math.min(0, from);
    if (from < 0) return undefined;
    for (let i = 0; i < count; i++) this.bytes.setUint8(i, this.#env.arena.u8[from + i]!);
    this.#start = offset;
    return 0;
  }

  /** What lies behind the window now. */
  setBehind(left: number, length: number): void {
    this.bytes.setInt32(WINDOW, left, true);
    this.bytes.setInt32(WINDOW + 4, length, true);
  }
}
