/**
 * bpflab: assemble, load and run eBPF programs on a simulated kernel.
 *
 * @example
 * ```ts
 * import { Kernel } from 'bpflab';
 * const made = Kernel.create();
 * if (made.ok) {
 *   const loaded = made.value.load({ prog_type: 'xdp', insns: 'b700000002000000 9500000000000000' });
 *   const status = made.value.testRun(loaded.progs[0]!, { data: new Uint8Array(64) }).finish();
 *   // { state: 'done', output: { errno: 0, retval: 2, … } }
 * }
 * ```
 * @module
 */
export { decodeProgram, encodeProgram, makeInsn } from './isa/codec.ts';
export type { Defect, Insn, Slot } from './isa/insn.ts';
export { OPCODES } from './isa/opcodes.ts';
export type { Dialect, OpRow } from './isa/rows.ts';
export type { Clock } from './kernel/clock.ts';
export { clockAt } from './kernel/clock.ts';
export type { KernelOptions, KernelSnapshot } from './kernel/kernel.ts';
export { Kernel } from './kernel/kernel.ts';
export type { LoadedRequest } from './kernel/load/request.ts';
export type { TestRunState, TestRunStatus } from './kernel/testRun/run.ts';
export type { TestRunInput, TestRunOutput } from './kernel/testRun/uarg.ts';
export type { MapRecord, Output, ProgRecord } from './kernel/world.ts';
export { buildPacket } from './net/build.ts';
export type { Capture, CapturePacket } from './net/capture.ts';
export { readCapture } from './net/capture.ts';
export { diffPackets } from './net/diff.ts';
export { parsePacket } from './net/parse.ts';
export { writePcap } from './net/pcap.ts';
export { writePcapng } from './net/pcapng-write.ts';
export { packetLine } from './net/print.ts';
export type { ChecksumStatus } from './net/verify.ts';
export { verifyChecksums } from './net/verify.ts';
export type { LoadRequest, LoadResult, MapRequest, ProgRequest } from './spec/request.ts';
export type { Place, Problem, Result, SourcePos } from './util/problem.ts';
export { explainProblem, problemJson, problemText } from './util/problem.ts';
