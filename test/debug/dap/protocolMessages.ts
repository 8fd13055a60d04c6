/** What the adapter may send and what it is sent, by name: from these types the tests make their schemas. */
import type { DebugProtocol as P } from '@vscode/debugprotocol';

interface AdapterEvents {
  initialized: P.InitializedEvent;
  stopped: P.StoppedEvent;
  continued: P.ContinuedEvent;
  output: P.OutputEvent;
  breakpoint: P.BreakpointEvent;
  terminated: P.TerminatedEvent;
  exited: P.ExitedEvent;
  invalidated: P.InvalidatedEvent;
  memory: P.MemoryEvent;
  progressStart: P.ProgressStartEvent;
  progressUpdate: P.ProgressUpdateEvent;
  progressEnd: P.ProgressEndEvent;
}

interface AdapterResponses {
  initialize: P.InitializeResponse;
  launch: P.LaunchResponse;
  configurationDone: P.ConfigurationDoneResponse;
  restart: P.RestartResponse;
  terminate: P.TerminateResponse;
  disconnect: P.DisconnectResponse;
  cancel: P.CancelResponse;
  setBreakpoints: P.SetBreakpointsResponse;
  setFunctionBreakpoints: P.SetFunctionBreakpointsResponse;
  setInstructionBreakpoints: P.SetInstructionBreakpointsResponse;
  dataBreakpointInfo: P.DataBreakpointInfoResponse;
  setDataBreakpoints: P.SetDataBreakpointsResponse;
  setExceptionBreakpoints: P.SetExceptionBreakpointsResponse;
  breakpointLocations: P.BreakpointLocationsResponse;
  continue: P.ContinueResponse;
  reverseContinue: P.ReverseContinueResponse;
  next: P.NextResponse;
  stepIn: P.StepInResponse;
  stepOut: P.StepOutResponse;
  stepBack: P.StepBackResponse;
  restartFrame: P.RestartFrameResponse;
  gotoTargets: P.GotoTargetsResponse;
  goto: P.GotoResponse;
  pause: P.PauseResponse;
  threads: P.ThreadsResponse;
  stackTrace: P.StackTraceResponse;
  scopes: P.ScopesResponse;
  variables: P.VariablesResponse;
  setVariable: P.SetVariableResponse;
  evaluate: P.EvaluateResponse;
  setExpression: P.SetExpressionResponse;
  completions: P.CompletionsResponse;
  exceptionInfo: P.ExceptionInfoResponse;
  readMemory: P.ReadMemoryResponse;
  writeMemory: P.WriteMemoryResponse;
  disassemble: P.DisassembleResponse;
  loadedSources: P.LoadedSourcesResponse;
  source: P.SourceResponse;
  modules: P.ModulesResponse;
}

/** The arguments of requests; `launch` has its own. */
interface ClientArguments {
  initialize: P.InitializeRequestArguments;
  configurationDone: P.ConfigurationDoneArguments;
  terminate: P.TerminateArguments;
  disconnect: P.DisconnectArguments;
  cancel: P.CancelArguments;
  setBreakpoints: P.SetBreakpointsArguments;
  setFunctionBreakpoints: P.SetFunctionBreakpointsArguments;
  setInstructionBreakpoints: P.SetInstructionBreakpointsArguments;
  dataBreakpointInfo: P.DataBreakpointInfoArguments;
  setDataBreakpoints: P.SetDataBreakpointsArguments;
  setExceptionBreakpoints: P.SetExceptionBreakpointsArguments;
  breakpointLocations: P.BreakpointLocationsArguments;
  continue: P.ContinueArguments;
  reverseContinue: P.ReverseContinueArguments;
  next: P.NextArguments;
  stepIn: P.StepInArguments;
  stepOut: P.StepOutArguments;
  stepBack: P.StepBackArguments;
  restartFrame: P.RestartFrameArguments;
  gotoTargets: P.GotoTargetsArguments;
  goto: P.GotoArguments;
  pause: P.PauseArguments;
  stackTrace: P.StackTraceArguments;
  scopes: P.ScopesArguments;
  variables: P.VariablesArguments;
  setVariable: P.SetVariableArguments;
  evaluate: P.EvaluateArguments;
  setExpression: P.SetExpressionArguments;
  completions: P.CompletionsArguments;
  exceptionInfo: P.ExceptionInfoArguments;
  readMemory: P.ReadMemoryArguments;
  writeMemory: P.WriteMemoryArguments;
  disassemble: P.DisassembleArguments;
  source: P.SourceArguments;
  modules: P.ModulesArguments;
}

export interface Protocol {
  events: AdapterEvents;
  responses: AdapterResponses;
  failed: P.ErrorResponse;
  arguments: ClientArguments;
}
