/** Timers and work queues of map values as the helpers reach them; a field is the address of a bpf_timer or bpf_wq in a value. */

export interface TimerPort {
  /** Makes what the field leads to: 0, -EBUSY when it is there, -EINVAL when the map has no such field, -ENOMEM. */
  init(kind: 'timer' | 'wq', map: number, field: number, clock: number): number;
  /** 0, or -EINVAL before `init`. `callback` is the address of a function. */
  setCallback(field: number, callback: number): number;
  /** Due at a time (absolute) or after it, nanoseconds; 0, or -EINVAL without a callback. */
  start(field: number, nsLo: number, nsHi: number, absolute: boolean): number;
  /** 1 when it was pending, 0 when not, -EINVAL before `init`, -EDEADLK from its own callback. */
  cancel(field: number): number;
}
