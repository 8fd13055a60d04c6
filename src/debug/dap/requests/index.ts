/** The requests that are answered, by name. */
import * as breakpoints from './breakpoints.ts';
import * as data from './dataBreakpoints.ts';
import { completions, evaluate, setExpression } from './evaluate.ts';
import { exceptionInfo } from './exceptions.ts';
import * as lifecycle from './lifecycle.ts';
import { disassemble, readMemory, writeMemory } from './memory.ts';
import * as motions from './motions.ts';
import { loadedSources, modules, source } from './sources.ts';
import * as stack from './stack.ts';

export const REQUESTS = {
  initialize: lifecycle.initialize,
  launch: lifecycle.launch,
  configurationDone: lifecycle.configurationDone,
  restart: lifecycle.restart,
  terminate: lifecycle.terminate,
  disconnect: lifecycle.disconnect,
  cancel: lifecycle.cancel,
  setBreakpoints: breakpoints.setBreakpoints,
  setFunctionBreakpoints: breakpoints.setFunctionBreakpoints,
  setInstructionBreakpoints: breakpoints.setInstructionBreakpoints,
  dataBreakpointInfo: data.dataBreakpointInfo,
  setDataBreakpoints: data.setDataBreakpoints,
  setExceptionBreakpoints: breakpoints.setExceptionBreakpoints,
  breakpointLocations: breakpoints.breakpointLocations,
  continue: motions.goOn,
  reverseContinue: motions.reverseContinue,
  next: motions.next,
  stepIn: motions.stepIn,
  stepOut: motions.stepOut,
  stepBack: motions.stepBack,
  restartFrame: motions.restartFrame,
  gotoTargets: motions.gotoTargets,
  goto: motions.goTo,
  pause: motions.pause,
  threads: stack.threads,
  stackTrace: stack.stackTrace,
  scopes: stack.scopes,
  variables: stack.variables,
  setVariable: stack.setVariable,
  evaluate,
  setExpression,
  completions,
  exceptionInfo,
  readMemory,
  writeMemory,
  disassemble,
  loadedSources,
  source,
  modules,
} as const;
