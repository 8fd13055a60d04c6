/** Helpers that call back: what the callback gets, and when it is walked. */
import type { Insn } from '../../isa/insn.ts';
import type { Env, Err } from '../env.ts';
import { markAllScratched, reject, verbose } from '../env.ts';
import { markChainPrecision } from '../explore/precision.ts';
import { pushAsyncCb, pushStack } from '../explore/stack.ts';
import { isMapType } from '../maps.ts';
import type { FuncState } from '../state.ts';
import { curFrame, newFrame } from '../state.ts';
import { constValue, NOT_INIT, pointer, type Reg, UNKNOWN } from '../value/reg.ts';
import type { CallMeta } from './meta.ts';
import { checkSubprogCall } from './subprogArgs.ts';

const MAX_CALL_FRAMES = 8;

/** Sets R1 to R5 and the rules of the callback's frame. */
export type CalleeSetup = (env: Env, caller: FuncState, callee: FuncState) => Err;

function setArgs(callee: FuncState, args: readonly (Reg | undefined)[]): void {
  for (let i = 0; i < 5; i++) callee.regs[i + 1]!.v = args[i] ?? NOT_INIT;
}

function syncCallback(callee: FuncState): void {
  callee.in_callback_fn = true;
  callee.callback_ret_range = [0, 1];
}

/** @kernel set_map_elem_callback_state */
const forEachMapElem: CalleeSetup = (env, caller, callee) => {
  const { map, map_uid } = caller.regs[1]!.v;
  const ITERABLE = ['array', 'percpu_array', 'hash', 'lru_hash', 'percpu_hash', 'lru_percpu_hash'] as const;
  if (!map || !isMapType(map, ...ITERABLE)) return reject(env, 'for-each-map');
  setArgs(callee, [
    caller.regs[1]!.v,
    pointer('PTR_TO_MAP_KEY', { map, map_uid }),
    pointer('PTR_TO_MAP_VALUE', { map, map_uid }),
    caller.regs[3]!.v,
  ]);
  syncCallback(callee);
  return 0;
};

/** @kernel set_loop_callback_state */
const loop: CalleeSetup = (_env, caller, callee) => {
  setArgs(callee, [UNKNOWN, caller.regs[3]!.v]);
  syncCallback(callee);
  return 0;
};

/** @kernel set_timer_callback_state */
const timer: CalleeSetup = (_env, caller, callee) => {
  const { map } = caller.regs[1]!.v;
  setArgs(callee, [
    pointer('CONST_PTR_TO_MAP', { map }),
    pointer('PTR_TO_MAP_KEY', { map }),
    pointer('PTR_TO_MAP_VALUE', { map }),
  ]);
  callee.in_async_callback_fn = true;
  callee.callback_ret_range = [0, 1];
  return 0;
};

/** @kernel set_find_vma_callback_state */
const findVma: CalleeSetup = (env, caller, callee) => {
  const btf = env.types.vmlinux();
  const vma = pointer('PTR_TO_BTF_ID', { btf, btf_id: btf.find('struct', 'vm_area_struct') ?? 0 });
  setArgs(callee, [caller.regs[1]!.v, vma, caller.regs[4]!.v]);
  syncCallback(callee);
  return 0;
};

/** @kernel set_user_ringbuf_callback_state */
const userRingbuf: CalleeSetup = (env, caller, callee) => {
  const dynptr = pointer('CONST_PTR_TO_DYNPTR', { dynptr_type: 'LOCAL', first_slot: true, id: ++env.id_gen });
  setArgs(callee, [dynptr, caller.regs[3]!.v]);
  syncCallback(callee);
  return 0;
};

/** The callee's frame on top of a state's frames. @kernel setup_func_entry */
export function setupFuncEntry(
  env: Env,
  state: Env['cur'],
  subprog: number,
  callsite: number,
  setup: CalleeSetup,
): Err {
  const { frame } = state;
  const caller = frame[frame.length - 1]!;
  if (frame.length + 1 > MAX_CALL_FRAMES) return reject(env, 'frames-too-deep', { n: frame.length + 1 });
  const callee = newFrame(frame.length, subprog, callsite);
  markAllScratched(env);
  callee.refs = caller.refs;
  const err = setup(env, caller, callee);
  if (err) return err;
  frame.push(callee);
  return 0;
}

/** @kernel push_callback_call */
function pushCallbackCall(env: Env, subprog: number, setup: CalleeSetup, async: boolean, sleepable = false): Err {
  const caller = curFrame(env.cur);
  const mismatch = checkSubprogCall(env, subprog, caller);
  if (mismatch === -14 || env.missing !== undefined) return mismatch;
  const sub = env.subprogs[subprog]!;
  sub.is_cb = true;
  if (async) {
    sub.is_async_cb = true;
    const state = pushAsyncCb(env, sub.start, subprog, sleepable);
    if (typeof state === 'number') return state;
    const callee = state.frame[0]!;
    markAllScratched(env);
    callee.async_entry_cnt = caller.async_entry_cnt + 1;
    return setup(env, caller, callee);
  }
  const state = pushStack(env, sub.start, env.insn_idx);
  if (typeof state === 'number') return state;
  const err = setupFuncEntry(env, state, subprog, env.insn_idx, setup);
  if (err) return err;
  state.callback_unroll_depth++;
  state.frame[state.frame.length - 2]!.callback_depth++;
  caller.callback_depth = 0;
  return 0;
}

/** The callback of a work queue, which runs later and may sleep. */
export function workqueueCallback(env: Env, subprog: number): Err {
  return pushCallbackCall(env, subprog, timer, true, true);
}

/** Whether the kernel could write the loop out: with flags 0 and always the same callback. @kernel update_loop_inline_state */
function updateLoopInline(env: Env, subprog: number): Err {
  const aux = env.aux[env.insn_idx]!;
  if (aux.loop_inline === 'never') return 0;
  const zero = constValue(curFrame(env.cur).regs[4]!.v) === 0n;
  const same = aux.loop_inline === undefined || aux.loop_inline === subprog;
  const err = zero ? markChainPrecision(env, 4) : 0;
  aux.loop_inline = zero && same ? subprog : 'never';
  return err;
}

/** The callback of a helper call that has one. */
export function callbackCall(env: Env, _insn: Insn, meta: CallMeta): Err {
  const { subprogno } = meta;
  switch (meta.name) {
    case 'bpf_for_each_map_elem':
      return pushCallbackCall(env, subprogno, forEachMapElem, false);
    case 'bpf_timer_set_callback':
      return pushCallbackCall(env, subprogno, timer, true);
    case 'bpf_find_vma':
      return pushCallbackCall(env, subprogno, findVma, false);
    case 'bpf_user_ringbuf_drain':
      return pushCallbackCall(env, subprogno, userRingbuf, false);
    default: {
      const err = updateLoopInline(env, subprogno) || markChainPrecision(env, 1);
      if (err) return err;
      const f = curFrame(env.cur);
      if (BigInt(f.callback_depth) < f.regs[1]!.v.umax_value) return pushCallbackCall(env, subprogno, loop, false);
      f.callback_depth = 0;
      if (env.log.level & 2) verbose(env, `frame${env.cur.frame.length - 1} bpf_loop iteration limit reached\n`);
      return 0;
    }
  }
}
