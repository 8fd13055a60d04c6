import { reporter } from '../util/problem.ts';

const kernelMessages = {
  hex: { text: '{where}: not a hexadecimal byte string' },
  'map-type': {
    text: 'map {name}: unknown map type {type}',
    help: 'use a name such as hash or lru_hash, or its number',
  },
  'map-create': { text: 'map {name}: bpf(BPF_MAP_CREATE) fails with {errname} ({errno})' },
  'btf-load': { text: 'map {map}: its BTF does not load: {errname} ({errno})' },
  'map-gone': { text: 'map {name}: the map that stands for it is not loaded (any more)' },
  'map-pinned': {
    text: 'map {name}: the map pinned at {path} has another {attribute}: {old}, not {new}',
    help: 'remove the pin, and the contents with it, or declare the map as it is pinned',
  },
  'prog-pinned': { text: 'map {name}: a program is pinned at {path}' },
  pin: { text: 'map {name}: pinning at {path} fails with {errname} ({errno})' },
  'map-index': { text: '{where}: there is no map number {index} in this request' },
  'map-update': { text: 'map {name}: update {index} fails with {errname} ({errno})' },
  'prog-index': { text: 'map {name}: there is no program number {index} in this request' },
  'prog-type': { text: 'program {name}: unknown program type {type}' },
  'prog-array': {
    text: 'program {name} does not fit into prog_array {map}, whose first program was of another type or kind: EINVAL ({errno})',
    help: 'all programs of a prog_array, and all that tail-call through it, have one type and the same xdp.frags',
  },
  'prog-empty': { text: 'program {name} has no insns', help: 'a program ends with exit' },
  'prog-size': { text: 'program {name}: {bytes} bytes are not whole insns of 8 bytes' },
  'prog-too-long': { text: 'program {name}: {count} insns are more than the limit of {limit}' },
  'kfunc-unknown': { text: 'program {name}, insn {insn}: Linux 6.12 has no kernel function {ksym}' },
  kfunc: { text: 'program {name}, insn {insn}: kernel function or variable {ksym} is not simulated yet' },
  'ctx-field': {
    text: 'field {field} of {struct} cannot be set for a run of a {hook} program',
    help: 'pointers, and fields that the hook does not let programs read, are not part of the input',
  },
  listen: { text: 'listen {index} ({addr} port {port}): {errname} ({errno})' },
  'ct-map': {
    text: 'map {name} is no {what}: keys of {key} bytes and values of {value}, not {key_size} and {value_size}',
  },
  'interleave-point': { text: 'there is no lock point {name}', help: '{hint}' },
  'interleave-cpu': { text: 'interleave {step}: there is no CPU {cpu}; the last one is {last}' },
  'interleave-nth': { text: 'interleave {step}: nth is {nth}, and times are counted from 1' },
  'interleave-map': { text: 'interleave {step}: no map is called {map}', help: 'maps: {known}' },
  'interleave-twice': {
    text: 'an interleaving is at work on this kernel already',
    help: 'stop it before another one begins',
  },
  'interleave-wait': {
    text: 'CPU {cpu} would wait for the {lock} lock of map {map} that CPU {holder} holds at {point}: what it was to do there did not happen',
    help: 'let it run at a point where CPU {holder} holds no lock, such as {other}',
  },
  'interleave-deadlock': {
    text: 'CPU {cpu} would wait for itself: it holds the {lock} lock of map {map} at {point}; what it was to do there did not happen',
    help: 'on a real CPU interrupts are off there, and a program that is traced into this place would hang it',
  },
  'interleave-unreached': {
    text: 'interleave {step}: CPU {cpu} came to {point} {seen} times, not {nth}',
    help: 'look at the list of events for the order in which things happened',
  },
  'not-covered': { text: '{what} is not simulated yet' },
} as const;

export const kernelProblem = reporter('kernel', kernelMessages);
