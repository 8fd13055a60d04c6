/** What a capture file holds, whatever its format. */

import type { Problem } from '../util/problem.ts';

/** LINKTYPE_ETHERNET. */
export const LINKTYPE_ETHERNET = 1;

/** One packet of a capture. */
export interface CapturePacket {
  /** Nanoseconds since 1970-01-01 00:00 UTC. */
  readonly timeNs: bigint;
  /** The bytes captured; as read they are a view of the file's bytes. */
  readonly bytes: Uint8Array;
  /** Length of the packet on the wire, at least as many as captured. */
  readonly origLen: number;
  /** Index into the capture's interfaces. */
  readonly interface: number;
  /** pcapng opt_comment; several are joined by line feeds. */
  readonly comment?: string;
  /** pcapng epb_flags: bits 0-1 direction (1 in, 2 out), 2-4 reception, 16-31 link layer errors. */
  readonly flags?: number;
}

/** What a capture says of one of its interfaces; `linkType` is a LINKTYPE_ number, 1 is Ethernet. */
export interface CaptureInterface {
  readonly linkType: number;
  /** 0 is without limit. */
  readonly snapLen: number;
  readonly name?: string;
  /** Time stamp units in a second as the file has them: 1000000n, 1000000000n, … */
  readonly unitsPerSecond: bigint;
}

/** The contents of a capture file. */
export interface Capture {
  readonly format: 'pcap' | 'pcapng';
  readonly byteOrder: 'little' | 'big';
  readonly interfaces: readonly CaptureInterface[];
  /** Every packet that could be read, in file order. */
  readonly packets: readonly CapturePacket[];
}

/** A capture as far as it could be read; `capture` is missing when the bytes are no capture file at all. */
export interface CaptureRead {
  readonly capture?: Capture;
  /** What is truncated, corrupt or not Ethernet, with its byte offset in the file; at most 117. */
  readonly problems: readonly Problem[];
}
