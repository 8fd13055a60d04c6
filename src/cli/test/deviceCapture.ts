/** The capture of one device, written in pieces: a long run takes no more memory than a short one. */
import { type CapturePacket, LINKTYPE_ETHERNET } from '../../net/captureModel.ts';
import { writePcapng } from '../../net/pcapngWrite.ts';
import { need } from '../failure.ts';
import { growOutput } from '../files.ts';
import type { GrowingFile, Io } from '../io.ts';

/** A packet at a device. */
export interface Seen {
  readonly bytes: Uint8Array;
  readonly timeNs: bigint;
  readonly outbound: boolean;
  /** Its comment; grows until the packet goes on. */
  readonly lines: string[];
  /** Nothing more is noted of it. */
  readonly ended: () => void;
}

/** Packets that wait for their comments, so many at most: then they are written as they are. */
const WAITING = 256;
/** Packets that are written together. */
const PIECE = 64;

export class DeviceCapture {
  readonly #file: GrowingFile;
  readonly #interfaces: readonly { readonly linkType: number; readonly name: string }[];
  readonly #head: number;
  /** In the order of their times; those that are over are written once they are at the front. */
  #waiting: Seen[] = [];
  readonly #over = new Set<Seen>();

  constructor(io: Io, path: string, name: string) {
    this.#interfaces = [{ linkType: LINKTYPE_ETHERNET, name }];
    const head = need(writePcapng([], { interfaces: this.#interfaces }));
    this.#head = head.length;
    this.#file = growOutput(io, path);
    this.#file.append(head);
  }

  add(seen: Seen): Seen {
    this.#waiting.push(seen);
    if (this.#waiting.length >= WAITING) this.#write(WAITING / 2);
    return seen;
  }

  end(seen: Seen): void {
    this.#over.add(seen);
    let count = 0;
    while (count < this.#waiting.length && this.#over.has(this.#waiting[count]!)) count++;
    if (count >= PIECE) this.#write(count);
  }

  close(): void {
    this.#write(this.#waiting.length);
    this.#file.close();
  }

  #write(count: number): void {
    const written = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    for (const seen of written) {
      seen.ended();
      this.#over.delete(seen);
    }
    const blocks = need(writePcapng(written.map(packetOf), { interfaces: this.#interfaces }));
    this.#file.append(blocks.subarray(this.#head));
  }
}

function packetOf({ bytes, timeNs, outbound, lines }: Seen): CapturePacket {
  return {
    timeNs,
    bytes,
    origLen: bytes.length,
    interface: 0,
    flags: outbound ? 2 : 1,
    ...(lines.length > 0 && { comment: lines.map((line) => `bpflab: ${line}`).join('\n') }),
  };
}
