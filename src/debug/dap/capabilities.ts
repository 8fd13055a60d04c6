/** What the adapter can do: one row a capability, with the requests that it promises. */
import type { DebugProtocol } from '@vscode/debugprotocol';
import { ANNOUNCED_FILTERS } from './filters.ts';
import type { REQUESTS } from './requests/index.ts';

interface CapabilityRow {
  readonly value: unknown;
  /** Requests that a client may send because of it. */
  readonly requests: readonly (keyof typeof REQUESTS)[];
}

export const CAPABILITY_ROWS = {
  supportsConfigurationDoneRequest: { value: true, requests: ['configurationDone'] },
  supportsFunctionBreakpoints: { value: true, requests: ['setFunctionBreakpoints'] },
  supportsConditionalBreakpoints: { value: true, requests: ['setBreakpoints'] },
  supportsHitConditionalBreakpoints: { value: true, requests: ['setBreakpoints'] },
  supportsLogPoints: { value: true, requests: ['setBreakpoints'] },
  supportsInstructionBreakpoints: { value: true, requests: ['setInstructionBreakpoints'] },
  supportsDataBreakpoints: { value: true, requests: ['dataBreakpointInfo', 'setDataBreakpoints'] },
  supportsDataBreakpointBytes: { value: true, requests: ['dataBreakpointInfo'] },
  supportsBreakpointLocationsRequest: { value: true, requests: ['breakpointLocations'] },
  exceptionBreakpointFilters: { value: ANNOUNCED_FILTERS, requests: ['setExceptionBreakpoints'] },
  supportsExceptionFilterOptions: { value: true, requests: ['setExceptionBreakpoints'] },
  supportsExceptionInfoRequest: { value: true, requests: ['exceptionInfo'] },
  supportsStepBack: { value: true, requests: ['stepBack', 'reverseContinue'] },
  supportsSteppingGranularity: { value: true, requests: ['next', 'stepIn', 'stepOut', 'stepBack'] },
  supportsSingleThreadExecutionRequests: { value: true, requests: ['continue', 'next', 'stepIn', 'stepOut'] },
  supportsRestartFrame: { value: true, requests: ['restartFrame'] },
  supportsGotoTargetsRequest: { value: true, requests: ['gotoTargets', 'goto'] },
  supportsEvaluateForHovers: { value: true, requests: ['evaluate'] },
  supportsClipboardContext: { value: true, requests: ['evaluate'] },
  supportsSetVariable: { value: true, requests: ['setVariable'] },
  supportsSetExpression: { value: true, requests: ['setExpression'] },
  supportsValueFormattingOptions: { value: true, requests: ['variables', 'evaluate', 'stackTrace'] },
  supportsCompletionsRequest: { value: true, requests: ['completions'] },
  completionTriggerCharacters: { value: ['.', '[', '_'], requests: ['completions'] },
  supportsModulesRequest: { value: true, requests: ['modules'] },
  supportsLoadedSourcesRequest: { value: true, requests: ['loadedSources', 'source'] },
  supportsDelayedStackTraceLoading: { value: true, requests: ['stackTrace'] },
  supportsReadMemoryRequest: { value: true, requests: ['readMemory'] },
  supportsWriteMemoryRequest: { value: true, requests: ['writeMemory'] },
  supportsDisassembleRequest: { value: true, requests: ['disassemble'] },
  supportsTerminateRequest: { value: true, requests: ['terminate'] },
  supportsRestartRequest: { value: true, requests: ['restart'] },
  supportsCancelRequest: { value: true, requests: ['cancel'] },
} as const satisfies { readonly [K in keyof DebugProtocol.Capabilities]?: CapabilityRow };

/** The answer to `initialize`. */
export const CAPABILITIES: DebugProtocol.Capabilities = Object.fromEntries(
  Object.entries(CAPABILITY_ROWS).map(([name, { value }]) => [name, value]),
);
