/** What net/ can have to say about packets and captures that are not as they should be. */

import { type Problem, reporter } from '../util/problem.ts';

export const netProblem = reporter('net', {
  // Packets, read
  'truncated-header': { text: 'the {layer} header needs {need} bytes, the packet has {have} from here' },
  'truncated-data': { text: '{layer}.{field} announces {need} bytes, the packet has {have} from here' },
  'bad-header-length': { text: '{layer}.{field} is {value}: a header of {bytes} bytes, the smallest is {min}' },
  'bad-length': { text: '{layer}.{field} is {value}, less than the {min} bytes of its own header' },
  'bad-value': { text: '{layer}.{field} is {value}, should be {expected}' },
  'bad-option': { text: '{layer} option {kind} has the length {length}, {have} bytes are left for it' },
  'too-many-layers': { text: 'more than {max} headers in one packet, the rest is kept as payload' },
  // Packets, built
  'not-layers': { text: 'a packet is a list of layers, each an object with a `layer` name' },
  'too-many-specs': { text: '{count} layers to build, a packet can have {max}' },
  'unknown-layer': {
    text: 'unknown layer `{name}`{hint}',
    help: 'layers: {known}',
  },
  'unknown-field': { text: '{layer} has no field `{name}`{hint}', help: 'fields: {known}' },
  'wrong-value': { text: '{layer}.{field}: `{value}` is not {expected}' },
  'too-long': { text: '{layer}.{field} cannot hold the value {value}, its largest is {max}' },
  // Captures, read
  'not-a-capture': {
    text: 'not a capture file: it begins with {magic}',
    help: 'pcap begins with a1b2c3d4 or a1b23c4d in either byte order, pcapng with 0a0d0d0a',
  },
  'empty-capture': { text: 'the capture file is empty' },
  compressed: { text: 'the capture file is compressed ({how})', help: 'decompress it first' },
  'capture-truncated': { text: 'the file ends within {what}: {need} bytes needed, {left} left' },
  'bad-record-length': {
    text: 'a record of {length} bytes, the largest possible here is {max}; nothing after it can be read',
  },
  'bad-subsecond': { text: 'the time stamp has {value} {unit}, a second has {max}' },
  'bad-block-length': { text: 'a block of type {type} with the length {length}; nothing after it can be read' },
  'block-length-mismatch': { text: 'the block begins with the length {first} and ends with {last}' },
  'bad-block': { text: 'a block of type {type} too short for its own fields: {have} of {need} bytes' },
  'bad-byte-order': { text: 'the section header has no byte-order magic: {magic}' },
  'unknown-interface': { text: 'a packet of interface {id}, {count} are described so far' },
  'bad-captured-length': { text: 'a packet of {length} bytes in a block that has {have} for it' },
  'bad-file-option': { text: 'option {option} has {bytes} bytes, the block has {have} left for it' },
  'link-type': {
    text: 'interface {id} has the link type {type} ({name}), not Ethernet',
    help: 'its packets are kept as they are; convert the capture to Ethernet to run programs on it',
  },
  'unsupported-version': { text: 'version {version} of the {format} format is unknown, reading it as {known}' },
  'more-problems': { text: 'more problems follow, they are not listed' },
  // Captures, written
  'time-range': { text: 'packet {index}: the time {value} ns does not fit a {format} time stamp' },
  'no-interface': { text: 'packet {index} is of interface {id}, there are {count}' },
  'comment-too-long': { text: 'packet {index}: its comment has {length} bytes, an option holds {max}' },
  'name-too-long': { text: 'interface {id}: its name has {length} bytes, an option holds {max}' },
  'bad-packet': { text: 'packet {index}: {field} {value} is not a number that the format can hold' },
});

/** Collects problems up to a limit, so that hostile input cannot make the list grow without bound. */
export class ProblemList {
  readonly list: Problem[] = [];

  add(problem: Problem): void {
    if (this.list.length < 100) this.list.push(problem);
    else if (this.list.length === 100) this.list.push(netProblem('more-problems', problem.at));
  }
}
