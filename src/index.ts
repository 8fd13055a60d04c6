/**
 * bpflab: assemble, verify, load and run eBPF programs on a simulated kernel.
 *
 * What Linux's verifier says of a program: see {@link verify}, and {@link verifyAsync} for long work.
 *
 * A capture through a program, as JSON:
 *
 * @example
 * ```ts
 * import { assemble, replayCapture, toRequest } from 'bpflab';
 * const { object, problems } = assemble(text, { file: 'drop.bpf' });
 * const request = object && toRequest(object);
 * if (request?.ok) {
 *   const report = replayCapture({ request: request.value, capture: pcapBytes });
 *   if (report.ok) console.log(JSON.parse(report.value).packets[0].verdict); // XDP_DROP
 * }
 * ```
 *
 * One test run:
 *
 * @example
 * ```ts
 * import { Kernel } from 'bpflab';
 * const made = Kernel.create();
 * if (made.ok) {
 *   const loaded = made.value.load({ prog_type: 'xdp', insns: 'b700000002000000 9500000000000000' });
 *   const status = made.value.testRun(loaded.progs[0]!, { data: new Uint8Array(64) }).finish();
 *   // { state: 'done', output: { errno: 0, retval: 2, dataOut, ctxOut } }
 *   if (status.state === 'done') console.log(status.output.retval); // 2
 * }
 * ```
 * Maps, as user space sees them: the commands of bpf(2) on a descriptor of {@link Kernel.openMap}, batches among them; what
 * fails is a negative errno.
 *
 * @example
 * ```ts
 * import { Kernel } from 'bpflab';
 * const made = Kernel.create();
 * if (made.ok) {
 *   const counts = { name: 'counts', type: 'hash', key_size: 4, value_size: 2, max_entries: 8 };
 *   made.value.load({ maps: [counts], progs: [] });
 *   const file = made.value.openMap('counts');
 *   if (typeof file !== 'number') {
 *     file.update(Uint8Array.of(1, 0, 0, 0), Uint8Array.of(7, 0), 1); // 0; a second time -17, -EEXIST
 *     const { errno, count, values } = file.lookupBatch({ count: 8 });
 *     // -2 is -ENOENT: there is no more.
 *     console.log(errno, count, values.join()); // -2 1 7,0
 *   }
 * }
 * ```
 * Maps that outlive their programs: pinned in a BPF file system, shared by loads, opened by an agent that restarts and
 * collects conntrack garbage.
 *
 * @example
 * ```ts
 * import { agentWarningLine, CtGc, Kernel, openOrCreateMap, PIN_GLOBAL_DIR } from 'bpflab';
 * const made = Kernel.create();
 * if (made.ok) {
 *   const kernel = made.value;
 *   const path = `${PIN_GLOBAL_DIR}/cilium_ct4_global`;
 *   const request = { name: 'cilium_ct4_global', type: 'lru_hash', key_size: 14, value_size: 56, max_entries: 512 };
 *   const first = openOrCreateMap(kernel, { path, request });
 *   if (first.ok) kernel.close(first.value.map); // The agent ends; the pin holds the map.
 *   const second = openOrCreateMap(kernel, { path, request: { ...request, max_entries: 1024 } });
 *   if (second.ok) {
 *     const { map, warnings } = second.value;
 *     // level=warning msg="Max entries mismatch for BPF map" … new=1024 old=512, and that the old map is removed
 *     const log = warnings.map(agentWarningLine);
 *     const gc = CtGc.start(kernel, { map });
 *     if (gc.ok) console.log(log.length, gc.value.finish().stats.deleted); // 2 0
 *   }
 * }
 * ```
 * A scenario: a node, programs, and what happens to them step by step.
 *
 * @example
 * ```ts
 * import { checkExpect, openScenario, readScenario } from 'bpflab';
 * const scenario = readScenario({ bpflab: 1, steps: [{ advance: '30s', expect: { log: [] } }] }, 'quiet.yaml');
 * // Files that a scenario names are asked for; this one names none.
 * const none = () => ({ ok: false, problems: [] }) as const;
 * const opened = scenario.ok && openScenario(scenario.value, { request: none, bytes: none, json: none });
 * if (opened && opened.ok) {
 *   const run = opened.value;
 *   for (let status = run.advance(); ; status = run.advance()) {
 *     if (status === 'paused') continue;
 *     if (status.state !== 'step') break; // done, or failed with problems
 *     const { step, observed } = status.report;
 *     if (step?.expect) console.log(checkExpect(run.kernel, observed, step.expect, () => 'gone').length); // 0
 *   }
 * }
 * ```
 * The same as functions over `kernel.maps` and a map's address:
 *
 * @example
 * ```ts
 * import { dumpMap, errnoName, Kernel, toHex, userUpdate } from 'bpflab';
 * const made = Kernel.create();
 * if (made.ok) {
 *   const kernel = made.value;
 *   const counts = { name: 'counts', type: 'hash', key_size: 4, value_size: 2, max_entries: 8 };
 *   kernel.load({ prog_type: 'xdp', insns: 'b700000002000000 9500000000000000', maps: [counts] });
 *   const { address } = kernel.map('counts')!;
 *   const errno = userUpdate(kernel.maps, address, Uint8Array.of(1, 0, 0, 0), Uint8Array.of(7, 0));
 *   const text = errno < 0 ? errnoName(-errno) : dumpMap(kernel.maps, address).map((e) => toHex(e.key));
 *   console.log(text?.toString()); // 01000000
 * }
 * ```
 * @module
 */
export type { Assembled, AssembleOptions } from './asm/assemble.ts';
export { assemble } from './asm/assemble.ts';
export type {
  AsmFunction,
  AsmLabel,
  AsmMap,
  AsmObject,
  AsmProgram,
  AsmReloc,
  LineInfo,
  MapInit,
} from './asm/object.ts';
export type { RequestOptions } from './asm/request.ts';
export { toRequest } from './asm/request.ts';
export { builtinBtf } from './btf/builtin.ts';
export type { TypedValue } from './btf/format.ts';
export { typedValue } from './btf/format.ts';
export type { KernelBtf, KernelBtfOrigin } from './btf/kernelBtf.ts';
export { openKernelBtf } from './btf/kernelBtf.ts';
export type { BtfKind } from './btf/kinds.ts';
export type { Btf, BtfMember, BtfType, Named } from './btf/parse.ts';
export { parseBtf } from './btf/parse.ts';
export type { CommandRun, Reply } from './debug/commands/row.ts';
export type { ShellOptions } from './debug/commands/shell.ts';
export { Shell } from './debug/commands/shell.ts';
export { DapAdapter } from './debug/dap/adapter.ts';
export type { DapHost, DapTransport, LaunchArguments, LaunchInput, Recorded } from './debug/dap/host.ts';
export type { ReplayData } from './debug/replayFile/replayFile.ts';
export { isReplay, readReplay, writeReplay } from './debug/replayFile/replayFile.ts';
export type { Resuming } from './debug/replayFile/resume.ts';
export { recordSession, resumeSession } from './debug/replayFile/resume.ts';
export type { RecordedBreakpoint } from './debug/replayFile/sessionCodec.ts';
export type { Breakpoints } from './debug/session/breakpoints.ts';
export type { CheckpointLimits } from './debug/session/checkpoints.ts';
export type { SessionInput, SessionMaps, SessionPacket, SessionScenario } from './debug/session/input.ts';
export type { NothingKnown } from './debug/session/knowing.ts';
export { Knowing } from './debug/session/knowing.ts';
export type { MoveRun } from './debug/session/moveRun.ts';
export type { OpenOptions } from './debug/session/opened.ts';
export type { Answer } from './debug/session/queries.ts';
export { Session } from './debug/session/session.ts';
export type { TimedEdit } from './debug/session/timeline.ts';
export type {
  BreakPlace,
  Breakpoint,
  BreakSpec,
  Edit,
  Frame,
  Hit,
  InsnPlace,
  Motion,
  Stop,
  StopReason,
} from './debug/session/types.ts';
export type {
  InsnLine,
  LinePlace,
  ProgramFile,
  ProgramFiles,
  ProgSymbols,
  SymbolPlace,
  Symbols,
} from './debug/symbols.ts';
export type { Knowledge, KnownFrame, KnownStatus, KnownValue, Mark } from './debug/verifier/beside.ts';
export type { View } from './debug/view.ts';
export type {
  Category as SafetyCategory,
  CausalStep,
  CounterExample,
  ErrorClass,
  ExplainInput,
  ExplainRequest,
  Explanation,
  FaultPlace,
  Fix,
  Ink,
  ProgramSource,
  Proof,
  QuotedSource,
  RenderOptions,
  SourcePlace,
} from './explain/index.ts';
export { explainRejection, isAcceptance, renderExplanation } from './explain/index.ts';
export type { PerfRecord } from './helpers/env.ts';
export type { Redirect } from './helpers/ports/devices.ts';
export type { Cgroup, Task } from './helpers/ports/task.ts';
export { decodeProgram, encodeProgram, makeInsn } from './isa/codec.ts';
export type { InsnNames } from './isa/disasm.ts';
export { exactInsnText, insnText } from './isa/disasm.ts';
export type { Defect, Insn, Slot } from './isa/insn.ts';
export { OPCODES } from './isa/opcodes.ts';
export type {
  AluRow,
  AtomicRow,
  CallRow,
  Dialect,
  Field,
  GotoRow,
  JumpRow,
  LoadImm64Row,
  LoadPacketRow,
  LoadRow,
  Operand,
  OpRow,
  PlainRow,
  RowBase,
  StoreRow,
  Template,
} from './isa/rows.ts';
export type { CtGcInput, CtGcState, CtGcStats, CtGcStatus } from './kernel/agent/gc.ts';
export { CtGc } from './kernel/agent/gc.ts';
export type { CollectedMap } from './kernel/agent/gcInterval.ts';
export { gcInterval } from './kernel/agent/gcInterval.ts';
export type { AgentMap, AgentWarning, OpenedMap } from './kernel/agent/openOrCreate.ts';
export { agentWarningLine, openOrCreateMap } from './kernel/agent/openOrCreate.ts';
export type { Pin } from './kernel/bpffs.ts';
export { PIN_GLOBAL_DIR } from './kernel/bpffs.ts';
export type { BpftoolForm } from './kernel/bpftool/dump.ts';
export { bpftoolDump, bpftoolLookup } from './kernel/bpftool/dump.ts';
export { bpftoolShow } from './kernel/bpftool/show.ts';
export type { Clock } from './kernel/clock.ts';
export { clockAt } from './kernel/clock.ts';
export type { KernelCore, KernelSnapshot } from './kernel/core.ts';
export type { EventQueue, TimedEvent } from './kernel/eventQueue.ts';
export type { OpenFile } from './kernel/fds.ts';
export type { InterleaveEvent, Interleaving, SuspendedCpu } from './kernel/interleave/events.ts';
export type { Interleaved } from './kernel/interleave/interleave.ts';
export { interleaved } from './kernel/interleave/interleave.ts';
export type { CpuAction, InterleaveStep } from './kernel/interleave/plan.ts';
export { lockPointNamed } from './kernel/interleave/plan.ts';
export type { IterInput, IterRun, IterRunState, IterRunStatus, IterWalk } from './kernel/iter/run.ts';
export type { KernelOptions } from './kernel/kernel.ts';
export { Kernel } from './kernel/kernel.ts';
export type { LoadOptions } from './kernel/load/existing.ts';
export type { LoadedRequest } from './kernel/load/request.ts';
export type { LocalInput } from './kernel/local/local.ts';
export type { MapFile, MapValue } from './kernel/mapCommands.ts';
export { parseNode } from './kernel/net/file/index.ts';
export { nodeSchema } from './kernel/net/file/schema.ts';
export type { DropReason } from './kernel/node/dropReasons.ts';
export type { LinkHook } from './kernel/node/hooks.ts';
export type { Hop } from './kernel/node/hop.ts';
export type { CtxChange, CtxFields, CtxValue } from './kernel/replay/ctx.ts';
export { ctxBytes } from './kernel/replay/ctx.ts';
export type { BpftoolElement, MapReport } from './kernel/replay/mapDump.ts';
export { mapReport } from './kernel/replay/mapDump.ts';
export type { InitializedMaps } from './kernel/replay/mapInit.ts';
export { initMaps } from './kernel/replay/mapInit.ts';
export { openPerfRings } from './kernel/replay/readers.ts';
export type { ReplayOptions, ReplayState, Running } from './kernel/replay/replay.ts';
export { Replay } from './kernel/replay/replay.ts';
export type { ReplayInput } from './kernel/replay/replayCapture.ts';
export { replayCapture } from './kernel/replay/replayCapture.ts';
export { ctList, ctMapList } from './kernel/replay/report.ts';
export type { Fault, PacketResult, Position, ReplayPacket } from './kernel/replay/result.ts';
export { TypedMap } from './kernel/replay/typedMap.ts';
export { verdictName } from './kernel/replay/verdict.ts';
export type { Failure as ExpectationFailure, SocketState } from './kernel/scenario/check.ts';
export { checkExpect } from './kernel/scenario/check.ts';
export { readScenario } from './kernel/scenario/file/index.ts';
export type { ScenarioFiles } from './kernel/scenario/files.ts';
export type {
  Action,
  AgentMapSpec,
  AgentSpec,
  Application,
  AttachSpec,
  Cable,
  ConnectSpec,
  Expect,
  InterleaveSpec,
  Lines,
  MapElements,
  MapExpect,
  NamespaceSpec,
  NodeSpec,
  OutExpect,
  PacketSpec,
  Path,
  ProgramFile as ScenarioProgram,
  Scenario,
  ScenarioSocket,
  ShowSpec,
  Step,
  TrafficSpec,
} from './kernel/scenario/model.ts';
export type { Observed, OutPacket } from './kernel/scenario/observed.ts';
export { openScenario } from './kernel/scenario/open.ts';
export { recordExpect } from './kernel/scenario/record.ts';
export type { ScenarioOptions, ScenarioRunState, ScenarioStatus, StepReport } from './kernel/scenario/run.ts';
export { ScenarioRun } from './kernel/scenario/run.ts';
export { NOTHING_OBSERVED, together } from './kernel/scenario/together.ts';
export type { ReuseportGroup, SocketTable } from './kernel/sockets/table.ts';
export type { TaskObjects } from './kernel/task.ts';
export type { TestRun, TestRunState, TestRunStatus } from './kernel/testRun/run.ts';
export type { SockRunInput, TestRunInput, TestRunOutput } from './kernel/testRun/uarg.ts';
export type { TimerRun, TimerRunState, TimerRunStatus } from './kernel/timers.ts';
export type { MapRecord, Namespace, Output, OutputList, ProgRecord, Timers, World } from './kernel/world.ts';
export type { MapEnv } from './maps/attr.ts';
export type { BatchAnswer, LookupBatch, WriteBatch } from './maps/batch.ts';
export type { MapInfo } from './maps/object.ts';
export type { ProgArrayOwner } from './maps/progArray.ts';
export type { SeqAt, SeqPlace } from './maps/seq.ts';
export type { DumpedElement } from './maps/user.ts';
export { dumpMap, userDelete, userLookup, userNextKey, userUpdate } from './maps/user.ts';
export type { UserSampleState } from './maps/userRingbuf.ts';
export type { Arena, Region, RegionSpec } from './mem/arena.ts';
export type { MemoryChunk, MemorySnapshot } from './mem/snapshot.ts';
export { buildPacket } from './net/build.ts';
export type { Capture, CaptureInterface, CapturePacket, CaptureRead } from './net/capture.ts';
export { readCapture } from './net/capture.ts';
export type { FieldDiff } from './net/diff.ts';
export { diffPackets } from './net/diff.ts';
export type { PacketStart, ParsedPacket } from './net/parse.ts';
export { parsePacket } from './net/parse.ts';
export type { PcapOptions } from './net/pcap.ts';
export { writePcap } from './net/pcap.ts';
export type { PcapngOptions } from './net/pcapngWrite.ts';
export { writePcapng } from './net/pcapngWrite.ts';
export { packetLine } from './net/print.ts';
export type { Layer, LayerName, LayerSpec } from './net/proto/protocols.ts';
export { loopbackNetNs } from './net/route/link.ts';
export type {
  Device,
  DeviceConf,
  DeviceType,
  Family,
  FamilyState,
  InterfaceAddress,
  Neighbour,
  NetNs,
  Route,
  Rule,
} from './net/route/netns.ts';
export type { ChecksumReport, ChecksumStatus } from './net/verify.ts';
export { verifyChecksums } from './net/verify.ts';
export { errnoName } from './spec/errno.ts';
export type { HelperName } from './spec/helpers/params.ts';
export type { HelperHook } from './spec/helpers/row.ts';
export type { KernelBehaviour, KernelName, KernelProfile } from './spec/profiles.ts';
export { KERNELS } from './spec/profiles.ts';
export type {
  BtfReloc,
  Hex,
  LoadRequest,
  LoadResult,
  MapDump,
  MapRequest,
  MapUpdate,
  ProgFlag,
  ProgRequest,
  ProgResult,
  SocketRequest,
  Stage,
  TestRunRequest,
  TestRunResult,
  Verdict,
} from './spec/request.ts';
export type { RuleName } from './spec/rules.ts';
export { RULES } from './spec/rules.ts';
export { fromHex, toHex } from './util/hex.ts';
export type { IntMap } from './util/intMap.ts';
export type { Args, Message, Place, Problem, Result, SourcePos } from './util/problem.ts';
export { explainProblem, problemJson, problemText } from './util/problem.ts';
export type { TextMap } from './util/textMap.ts';
export type {
  VerifiedProgram,
  VerifyAsyncOptions,
  VerifyJob,
  VerifyOptions,
  VerifyProgress,
  VerifySource,
} from './verifier/api.ts';
export { verify, verifyAsync, verifyJobs } from './verifier/api.ts';
export type { MessageArgs, Rejection } from './verifier/env.ts';
export type { VerifierCode } from './verifier/messages.ts';
export type { SetupFailure, Verification, VerificationEnd, VerifyStats } from './verifier/result.ts';
export type { FrameView } from './vm/cpu.ts';
export type { Executable } from './vm/executable.ts';
export type { Frames } from './vm/frames.ts';
export type { MachineState, RunStatus } from './vm/host.ts';
export type { Machine } from './vm/machine.ts';
