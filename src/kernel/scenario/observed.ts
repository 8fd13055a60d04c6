/** What a step of a scenario was seen to do: what the timeline prints and expectations are held against. */

/** A packet that left the node, or a socket's data. */
export interface OutPacket {
  readonly netns: string;
  readonly dev: string;
  /** From the link layer header on. */
  readonly bytes: Uint8Array;
}

/** What a step did. Lines are those of the timeline, without numbers and colours. */
export interface Observed {
  /** Nanoseconds since boot when the step was over. */
  readonly clockNs: bigint;
  readonly verdicts: readonly string[];
  /** Hop by hop. */
  readonly path: readonly string[];
  readonly out: readonly OutPacket[];
  readonly changes: readonly string[];
  /** Elements that came, went or changed, by map: `+ KEY = VALUE`, `- KEY`, `KEY: field BEFORE -> AFTER`. */
  readonly maps: Readonly<Record<string, readonly string[]>>;
  readonly log: readonly string[];
  /** The records that programs wrote into perf event arrays and ring buffers, `MAP: BYTES` in hexadecimal. */
  readonly events: readonly string[];
  readonly received: Readonly<Record<string, string>>;
  /** `ok` or the name of an errno. */
  readonly result: string;
  readonly drops: readonly string[];
  readonly agent: readonly string[];
}
