/** The deterministic random source: a 32-bit state that steps through a full period (splitmix32). */

/** The state after `state`. */
export function nextRandomState(state: number): number {
  return (state + 0x9e3779b9) | 0;
}

/** The unsigned 32-bit number that a state stands for. */
export function randomOf(state: number): number {
  let z = state;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}
