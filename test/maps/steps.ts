import { Kernel, type KernelOptions } from '../../src/kernel/kernel.ts';
import type { LoadedRequest } from '../../src/kernel/load/request.ts';
import type { MapFile } from '../../src/kernel/mapCommands.ts';
import type { BatchAnswer, WriteBatch } from '../../src/maps/batch.ts';
import { ringbufConsume, ringbufQuery } from '../../src/maps/ringbuf.ts';
import { UAPI } from '../../src/spec/constants.ts';
import type { LoadRequest } from '../../src/spec/request.ts';
import { fromHex, toHex } from '../../src/util/hex.ts';

/** A run of a program, or a command of user space on a map. Byte strings are hex; a key that is absent is NULL. */
export interface Step {
  readonly op:
    | 'run'
    | 'lookup'
    | 'update'
    | 'delete'
    | 'next_key'
    | 'lookup_and_delete'
    | 'lookup_batch'
    | 'lookup_and_delete_batch'
    | 'update_batch'
    | 'delete_batch'
    | 'freeze'
    | 'info'
    /** Takes `count` samples (0: all) out of a ring buffer: length and bytes of each, then the two positions. */
    | 'read_ring';
  /** Index of the map, of the program in `progs`. */
  readonly map?: number;
  readonly prog?: number;
  readonly key?: string;
  readonly value?: string;
  /** Descriptors as values: index of a map, of a program; beyond the last one: a number that is no descriptor. */
  readonly value_maps?: readonly number[];
  readonly value_progs?: readonly number[];
  /** -1 is all 64 bits. */
  readonly flags?: number;
  readonly elem_flags?: number;
  readonly count?: number;
  readonly in_batch?: string;
  /** in_batch is what the last batch of this map gave. */
  readonly prev?: boolean;
  /** Through a descriptor opened with these flags. */
  readonly open_flags?: number;
  readonly cpu?: number;
}

/** What a step gives; batches have `out_batch` with 0xaa where nothing was written. */
export interface StepAnswer {
  readonly errno: number;
  readonly retval?: number;
  readonly out?: string;
  readonly count?: number;
  readonly out_batch?: string;
  readonly keys?: string;
  readonly values?: string;
}

/** Maps and programs, and what is done with them in order. */
export interface StepRequest extends LoadRequest {
  readonly steps: readonly Step[];
  /** CPUs of the machine; default 1. */
  readonly cpus?: number;
}

const PREV_SIZE = 512;
const ENOENT = 2;
const bytesOf = (hex: string, size: number): Uint8Array => {
  const bytes = new Uint8Array(Math.max(size, hex.length / 2));
  bytes.set(fromHex(hex)!);
  return bytes;
};

/** What of an answer means something: elements only where the command says that there are some. */
export function normalStep(step: StepAnswer, op: Step['op']): StepAnswer {
  const { keys, values, ...rest } = step;
  const some = (step.errno === 0 || step.errno === ENOENT) && keys !== undefined && /lookup/.test(op);
  if (op !== 'info' || rest.out === undefined) return some ? { ...rest, keys, values: values! } : rest;
  // struct bpf_map_info: type, then (without the id) sizes, flags and name; map_extra.
  return { ...rest, out: rest.out.slice(0, 8) + rest.out.slice(16, 80) + rest.out.slice(160, 176) };
}

function infoHex(file: MapFile): string {
  const info = file.info();
  const view = new DataView(new ArrayBuffer(88));
  [info.type, 0, info.key_size, info.value_size, info.max_entries, info.map_flags].forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  for (let i = 0; i < info.name.length; i++) view.setUint8(24 + i, info.name.charCodeAt(i));
  view.setBigUint64(80, BigInt(info.map_extra), true);
  return toHex(new Uint8Array(view.buffer));
}

/** Plays the steps of a request. */
export class StepPlayer {
  readonly kernel: Kernel;
  readonly loaded: LoadedRequest;
  readonly #prev = new Map<number, Uint8Array>();

  constructor(request: StepRequest, options: KernelOptions = {}) {
    const made = Kernel.create({ cpus: request.cpus ?? 1, ...options });
    if (!made.ok) throw new Error('no kernel');
    this.kernel = made.value;
    this.loaded = this.kernel.load({ progs: [], ...request });
    const [problem] = this.loaded.problems;
    if (problem) throw new Error(`${request.name}: ${JSON.stringify(problem)}`);
  }

  play(step: Step): StepAnswer {
    this.kernel.setCpu(step.cpu ?? 0);
    if (step.op === 'run') return this.#run(step);
    const record = this.loaded.maps[step.map ?? 0]!;
    const file = this.kernel.openMap(record, step.open_flags);
    if (typeof file === 'number') return { errno: -file };
    if (/batch/.test(step.op)) return this.#batch(step, file);
    if (step.op === 'read_ring') return { errno: 0, out: this.#readRing(record.address, step.count ?? 0) };
    const key = step.key === undefined ? undefined : fromHex(step.key)!;
    const flags = step.flags ?? 0;
    const answer = (result: Uint8Array | number): StepAnswer =>
      typeof result === 'number' ? { errno: -result } : { errno: 0, out: toHex(result) };
    switch (step.op) {
      case 'lookup':
        return answer(file.lookup(key ?? new Uint8Array(), flags, bytesOf(step.value ?? '', file.info().value_size)));
      case 'lookup_and_delete':
        return answer(file.lookupAndDelete(key ?? new Uint8Array(), flags));
      case 'next_key':
        return answer(file.nextKey(key));
      case 'delete':
        return { errno: -file.delete(key ?? new Uint8Array()) };
      case 'freeze':
        return { errno: -file.freeze() };
      case 'info':
        return { errno: 0, out: infoHex(file) };
      default:
        return { errno: -file.update(key ?? new Uint8Array(), this.#value(step, file), flags) };
    }
  }

  #readRing(map: number, count: number): string {
    const { maps } = this.kernel;
    const u32 = (n: number): string => toHex(new Uint8Array(Uint32Array.of(n).buffer));
    let text = '';
    for (let got = 0; count === 0 || got < count; got++) {
      const sample = ringbufConsume(maps, map);
      if (!sample) break;
      text += u32(sample.length) + toHex(sample);
    }
    const position = (what: number): string => u32(ringbufQuery(maps, map, what)) + u32(0);
    return text + position(UAPI.BPF_RB_CONS_POS) + position(UAPI.BPF_RB_PROD_POS);
  }

  #run(step: Step): StepAnswer {
    const status = this.kernel.testRun(this.loaded.progs[step.prog ?? 0]!, { data: new Uint8Array(64) }).finish();
    if (status.state !== 'done') throw new Error(JSON.stringify(status));
    const { errno, retval } = status.output;
    return { errno, retval };
  }

  #value(step: Step, file: MapFile): Parameters<MapFile['update']>[1] {
    const map = step.value_maps && this.loaded.maps[step.value_maps[0]!];
    const prog = step.value_progs && this.loaded.progs[step.value_progs[0]!];
    return map ?? prog ?? bytesOf(step.value ?? '', this.#valueSize(file));
  }

  #valueSize(file: MapFile): number {
    const { type, value_size, cpus } = file.info();
    return [5, 6, 10].includes(type) ? Math.ceil(value_size / 8) * 8 * cpus : value_size;
  }

  #batch(step: Step, file: MapFile): StepAnswer {
    const { key_size } = file.info();
    const count = step.count ?? 0;
    const index = step.map ?? 0;
    const inBatch = step.prev
      ? (this.#prev.get(index) ?? new Uint8Array(PREV_SIZE))
      : step.in_batch !== undefined && bytesOf(step.in_batch, PREV_SIZE);
    const look = { count, elemFlags: step.elem_flags ?? 0, flags: step.flags ?? 0, ...(inBatch && { inBatch }) };
    const addresses = step.value_maps?.map((map) => this.loaded.maps[map]?.address ?? 0);
    const values = addresses
      ? new Uint8Array(Uint32Array.from(addresses).buffer)
      : bytesOf(step.value ?? '', count * this.#valueSize(file));
    const write: WriteBatch = {
      keys: bytesOf(step.key ?? '', count * key_size),
      values: bytesOf(toHex(values), count * this.#valueSize(file)),
      count,
      elemFlags: step.elem_flags ?? 0,
      flags: step.flags ?? 0,
    };
    const answer = this.#call(step.op, file, look, write);
    const out = new Uint8Array(Math.max(4, key_size)).fill(0xaa);
    out.set(answer.outBatch ?? []);
    if (out.some((byte) => byte !== 0xaa)) this.#prev.set(index, bytesOf(toHex(out), PREV_SIZE));
    return {
      errno: -answer.errno,
      count: answer.count,
      out_batch: toHex(out),
      keys: toHex(answer.keys),
      values: toHex(answer.values),
    };
  }

  #call(op: Step['op'], file: MapFile, look: Parameters<MapFile['lookupBatch']>[0], write: WriteBatch): BatchAnswer {
    if (op === 'lookup_batch') return file.lookupBatch(look);
    if (op === 'lookup_and_delete_batch') return file.lookupAndDeleteBatch(look);
    return op === 'update_batch' ? file.updateBatch(write) : file.deleteBatch(write);
  }
}

/** The answers of all steps, the negated zero of a success made a plain one. */
export function playSteps(request: StepRequest, options: KernelOptions = {}): StepAnswer[] {
  const player = new StepPlayer(request, options);
  return request.steps.map((step) => {
    const answer = player.play(step);
    return normalStep({ ...answer, errno: answer.errno === 0 ? 0 : answer.errno }, step.op);
  });
}
