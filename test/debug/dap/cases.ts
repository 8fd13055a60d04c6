/** What each announced capability promises, tried on the real adapter: one case a capability. */
import { expect } from 'vitest';
import type { CAPABILITY_ROWS } from '../../../src/debug/dap/capabilities.ts';
import type { CheckedClient } from './processClient.ts';
import { lineOf, PACKET, TOUR } from './programs.ts';

/** Paths of the programs. */
export interface Files {
  readonly tour: string;
  readonly faulty: string;
  readonly long: string;
  readonly raw: string;
}

type Case = (client: CheckedClient, files: Files) => Promise<void>;

const THREAD = { threadId: 1 };
const line = (text: string): number => lineOf(TOUR, text);

/** Launched and standing before the first insn. */
async function atEntry(client: CheckedClient, files: Files): Promise<void> {
  await client.begin({ program: files.tour, packet: PACKET, stopOnEntry: true });
  expect(await client.stopped()).toMatchObject({ reason: 'entry' });
}

/** Standing at a line of the tour. */
async function at(client: CheckedClient, files: Files, text: string): Promise<void> {
  await client.begin({ program: files.tour, packet: PACKET }, () =>
    client.setBreakpointsRequest({ source: { path: files.tour }, breakpoints: [{ line: line(text) }] }),
  );
  await client.stopped();
  expect((await client.frame()).line).toBe(line(text));
}

async function register(client: CheckedClient, name: string): Promise<string | undefined> {
  return (await client.scope('Registers')).variables.find((v) => v.name === name)?.value;
}

async function step(client: CheckedClient, command: string, args: object = {}): Promise<number> {
  await client.send(command, { ...THREAD, ...args });
  await client.stopped();
  return (await client.frame()).line;
}

export const CASES: Readonly<Record<keyof typeof CAPABILITY_ROWS, Case>> = {
  async supportsConfigurationDoneRequest(client, files) {
    await client.initializeRequest();
    await client.send('launch', { program: files.tour, packet: PACKET });
    await client.next('initialized');
    // Nothing runs before the configuration is done.
    expect(client.messages.some((m) => m.event === 'stopped')).toBe(false);
    await client.configurationDoneRequest();
    expect(await client.stopped()).toMatchObject({ reason: 'end' });
    await expect(client.configurationDoneRequest()).rejects.toThrow('has been sent before');
  },
  async supportsFunctionBreakpoints(client, files) {
    await client.begin({ program: files.tour, packet: PACKET }, async () => {
      const names = ['twice', 'bpf_map_update_elem', 'update counts', 'nowhere', 'twixe'];
      const { body } = await client.setFunctionBreakpointsRequest({ breakpoints: names.map((name) => ({ name })) });
      expect(body.breakpoints.map((b) => b.verified)).toEqual([true, true, true, false, false]);
      expect(body.breakpoints[4]!.message).toContain("did you mean 'twice'?");
    });
    expect(await client.stopped()).toMatchObject({ reason: 'function breakpoint' });
    expect(await client.frame()).toMatchObject({ name: 'twice', line: line('r0 = r1') });
    await client.continueRequest(THREAD);
    expect((await client.stopped()).hitBreakpointIds).toHaveLength(2);
    expect((await client.frame()).line).toBe(line('call bpf_map_update_elem'));
  },
  async supportsConditionalBreakpoints(client, files) {
    await client.begin({ program: files.tour, packet: [PACKET, PACKET] }, async () => {
      const breakpoints = [
        { line: line('r8 = r0'), condition: 'r0 == 43' },
        { line: line('r4 = 0'), condition: 'r8 == 42' },
        { line: line('r4 = 0'), condition: 'r8 ==' },
      ];
      const { body } = await client.setBreakpointsRequest({ source: { path: files.tour }, breakpoints });
      expect(body.breakpoints.map((b) => b.verified)).toEqual([true, true, false]);
      expect(body.breakpoints[2]!.message).toMatch(/\w/);
    });
    expect(await client.stopped()).toMatchObject({ reason: 'breakpoint' });
    expect((await client.frame()).line).toBe(line('r4 = 0'));
  },
  async supportsHitConditionalBreakpoints(client, files) {
    await client.begin({ program: files.tour, packet: [PACKET, PACKET, PACKET] }, async () => {
      const breakpoints = [
        { line: line('r8 = r0'), hitCondition: '3' },
        { line: line('r4 = 0'), hitCondition: 'often' },
      ];
      const { body } = await client.setBreakpointsRequest({ source: { path: files.tour }, breakpoints });
      expect(body.breakpoints.map((b) => b.verified)).toEqual([true, false]);
    });
    await client.stopped();
    const moment = (await client.scope('Moment')).variables;
    expect(moment.find((v) => v.name === 'packet')?.value).toBe('3');
  },
  async supportsLogPoints(client, files) {
    await client.begin({ program: files.tour, packet: PACKET }, () =>
      client.setBreakpointsRequest({
        source: { path: files.tour },
        breakpoints: [{ line: line('r8 = r0'), logMessage: 'twice gave {r0}' }],
      }),
    );
    expect(await client.stopped()).toMatchObject({ reason: 'end' });
    expect(client.output('console')).toContain('twice gave 42\n');
  },
  async supportsInstructionBreakpoints(client, files) {
    await atEntry(client, files);
    const { instructionPointerReference } = await client.frame();
    const breakpoints = [
      { instructionReference: instructionPointerReference!, offset: 16 },
      { instructionReference: '0x1', offset: 0 },
      { instructionReference: 'nothing' },
    ];
    const { body } = await client.send('setInstructionBreakpoints', { breakpoints });
    expect(body.breakpoints).toMatchObject([{ verified: true }, { verified: false }, { verified: false }]);
    await client.continueRequest(THREAD);
    expect(await client.stopped()).toMatchObject({ reason: 'instruction breakpoint' });
    expect((await client.frame()).line).toBe(line('r2 = r6'));
  },
  async supportsDataBreakpoints(client, files) {
    await at(client, files, 'r1 = 21');
    const watched: string[] = [];
    for (const [scope, name] of [
      ['Registers', 'R8'],
      ['Context', 'rx_queue_index'],
    ] as const) {
      const { reference } = await client.scope(scope);
      const { body } = await client.dataBreakpointInfoRequest({ variablesReference: reference, name });
      expect(body).toMatchObject({ accessTypes: ['write'] });
      watched.push(body.dataId!);
    }
    for (const name of ['*(u64 *)(r10 - 16)', 'eth.dst', 'counts[42]']) {
      watched.push((await client.dataBreakpointInfoRequest({ name })).body.dataId!);
    }
    expect((await client.dataBreakpointInfoRequest({ name: 'r1 +' })).body.dataId).toBeNull();
    const { reference } = await client.scope('Registers');
    expect(
      (await client.dataBreakpointInfoRequest({ variablesReference: reference, name: 'R10' })).body.dataId,
    ).toBeNull();
    const { body } = await client.setDataBreakpointsRequest({ breakpoints: watched.map((dataId) => ({ dataId })) });
    expect(body.breakpoints.map((b) => b.verified)).toEqual(watched.map(() => true));
    const texts: string[] = [];
    for (;;) {
      await client.continueRequest(THREAD);
      const stop = await client.stopped();
      if (stop.reason === 'end') break;
      expect(stop.reason).toBe('data breakpoint');
      texts.push(`${line2text((await client.frame()).line)} ${stop.text}`);
    }
    expect(texts).toHaveLength(4);
    expect(texts[0]).toMatch(/-> 42/);
  },
  async supportsDataBreakpointBytes(client, files) {
    await at(client, files, 'r1 = 21');
    const { reference, variables } = await client.scope('Packet');
    const { memoryReference } = variables.find((v) => v.name === 'bytes')!;
    const info = await client.send('dataBreakpointInfo', { name: memoryReference, asAddress: true, bytes: 4 });
    expect(info.body.dataId).not.toBeNull();
    const tooMany = await client.send('dataBreakpointInfo', { name: memoryReference, asAddress: true, bytes: 100_000 });
    expect(tooMany.body.dataId).toBeNull();
    const ofChild = await client.send('dataBreakpointInfo', { variablesReference: reference, name: 'bytes', bytes: 3 });
    expect(ofChild.body).toHaveProperty('description');
    const { body } = await client.setDataBreakpointsRequest({ breakpoints: [{ dataId: info.body.dataId }] });
    expect(body.breakpoints[0]).toMatchObject({ verified: true });
    await client.continueRequest(THREAD);
    expect(await client.stopped()).toMatchObject({ reason: 'data breakpoint' });
    expect((await client.frame()).line).toBe(line('r1 = 0x0a6968'));
  },
  async supportsBreakpointLocationsRequest(client, files) {
    await atEntry(client, files);
    const { body } = await client.send('breakpointLocations', {
      source: { path: files.tour },
      line: line('main:'),
      endLine: line('r2 = r6'),
    });
    expect(body.breakpoints.map((b: { line: number }) => b.line)).toEqual([
      line('r6 = *'),
      line('r7 = *'),
      line('r2 = r6'),
    ]);
  },
  async exceptionBreakpointFilters(client, files) {
    await client.begin({ program: files.faulty, packet: PACKET, noVerify: true }, async () => {
      const { body } = await client.setExceptionBreakpointsRequest({ filters: ['fault', 'verdict', 'other'] });
      expect(body!.breakpoints!.map((b) => b.verified)).toEqual([true, true, false]);
    });
    expect(await client.stopped()).toMatchObject({ reason: 'exception' });
    // Without the filter the fault is passed.
    await client.setExceptionBreakpointsRequest({ filters: [] });
    await client.send('restart', {});
    expect(await client.stopped()).toMatchObject({ reason: 'end' });
    expect(client.output('stderr')).toContain('fault at insn');
  },
  async supportsExceptionFilterOptions(client, files) {
    const filters = (condition: string) => ({ filters: [], filterOptions: [{ filterId: 'verdict', condition }] });
    await client.begin({ program: files.tour, packet: PACKET }, () =>
      client.setExceptionBreakpointsRequest(filters('XDP_DROP')),
    );
    expect(await client.stopped()).toMatchObject({ reason: 'end' });
    await client.setExceptionBreakpointsRequest(filters('XDP_PASS'));
    await client.send('restart', {});
    expect(await client.stopped()).toMatchObject({ reason: 'exception', text: 'main: XDP_PASS' });
    expect((await client.frame()).line).toBe(lineOf(TOUR, 'r0 = XDP_PASS') + 1);
  },
  async supportsExceptionInfoRequest(client, files) {
    await client.begin({ program: files.faulty, packet: PACKET });
    expect(await client.stopped()).toMatchObject({ reason: 'exception', description: 'Rejected by the verifier' });
    expect(await client.frame()).toMatchObject({ name: 'faulty (rejected)', line: 4 });
    const rejected = (await client.exceptionInfoRequest(THREAD)).body;
    expect(rejected.exceptionId).toMatch(/^BPF-E\d+$/);
    expect(rejected.details?.message).toContain('invalid access to packet');
    expect(rejected.details?.stackTrace).toContain('Reason:');
    await client.continueRequest(THREAD);
    await client.next('terminated');
    expect(client.output('stderr')).toContain('rejected by the verifier');
    await client.send('launch', { program: files.faulty, packet: PACKET, noVerify: true });
    await client.configurationDoneRequest();
    await client.stopped();
    const fault = (await client.exceptionInfoRequest(THREAD)).body;
    expect(fault.description).toMatch(/1-byte read at packet/);
  },
  async supportsStepBack(client, files) {
    await at(client, files, 'r8 = r0');
    expect(await step(client, 'stepBack')).toBe(line('call twice'));
    expect(await step(client, 'stepBack')).toBe(line('r1 = 21'));
    // By insns it goes back into what was called.
    await client.continueRequest(THREAD);
    await client.stopped();
    expect(await step(client, 'stepBack', { granularity: 'instruction' })).toBe(line('r0 += r1') + 1);
    expect(await register(client, 'R0')).toBe('42');
    await client.reverseContinueRequest(THREAD);
    expect(await client.stopped()).toMatchObject({ reason: 'entry' });
    expect((await client.frame()).line).toBe(line('main:') + 1);
    // From the end the last breakpoint is met backwards.
    await client.setBreakpointsRequest({ source: { path: files.tour }, breakpoints: [] });
    await client.continueRequest(THREAD);
    expect(await client.stopped()).toMatchObject({ reason: 'end' });
    await client.setBreakpointsRequest({ source: { path: files.tour }, breakpoints: [{ line: line('r4 = 0') }] });
    await client.reverseContinueRequest(THREAD);
    expect(await client.stopped()).toMatchObject({ reason: 'breakpoint' });
    expect((await client.frame()).line).toBe(line('r4 = 0'));
  },
  async supportsSteppingGranularity(client, files) {
    await at(client, files, 'call twice');
    expect(await step(client, 'next', { granularity: 'line' })).toBe(line('r8 = r0'));
    await step(client, 'stepBack', { granularity: 'statement' });
    expect(await step(client, 'stepIn', { granularity: 'instruction' })).toBe(line('r0 = r1'));
    expect(await step(client, 'next', { granularity: 'instruction' })).toBe(line('r0 += r1'));
    expect(await step(client, 'stepOut', { granularity: 'instruction' })).toBe(line('r8 = r0'));
    await expect(client.send('next', { ...THREAD, granularity: 'mile' })).rejects.toThrow('granularity');
    expect(client.wrong.splice(0)).toHaveLength(1);
  },
  async supportsSingleThreadExecutionRequests(client, files) {
    await atEntry(client, files);
    expect((await client.threadsRequest()).body.threads).toEqual([{ id: 1, name: 'main' }]);
    expect(await step(client, 'next', { singleThread: true })).toBe(line('main:') + 2);
    const { body } = await client.send('continue', { ...THREAD, singleThread: true });
    expect(body).toEqual({ allThreadsContinued: true });
    await client.stopped();
  },
  async supportsRestartFrame(client, files) {
    await at(client, files, 'call twice');
    expect(await step(client, 'stepIn')).toBe(line('r0 = r1'));
    await step(client, 'next');
    const { body } = await client.stackTraceRequest(THREAD);
    const [inner, outer] = body.stackFrames;
    await client.restartFrameRequest({ frameId: inner!.id });
    expect(await client.stopped()).toMatchObject({ reason: 'restart' });
    expect((await client.frame()).line).toBe(line('r0 = r1'));
    await expect(client.restartFrameRequest({ frameId: outer!.id })).rejects.toThrow('no longer valid');
    const again = (await client.stackTraceRequest(THREAD)).body.stackFrames[1]!;
    await client.restartFrameRequest({ frameId: again.id });
    await client.stopped();
    expect((await client.frame()).line).toBe(line('main:') + 1);
  },
  async supportsGotoTargetsRequest(client, files) {
    await atEntry(client, files);
    const targets = async (text: string) => {
      const { body } = await client.gotoTargetsRequest({ source: { path: files.tour }, line: line(text) });
      return body.targets;
    };
    const [forward] = await targets('r4 = 0');
    await client.gotoRequest({ ...THREAD, targetId: forward!.id });
    expect(await client.stopped()).toMatchObject({ reason: 'goto' });
    expect((await client.frame()).line).toBe(line('r4 = 0'));
    const [, back] = await targets('r1 = 21');
    await client.gotoRequest({ ...THREAD, targetId: back!.id });
    await client.stopped();
    expect((await client.frame()).line).toBe(line('r1 = 21'));
    await expect(client.gotoRequest({ ...THREAD, targetId: back!.id })).rejects.toThrow('no longer valid');
  },
  async supportsEvaluateForHovers(client, files) {
    await at(client, files, 'r8 = r0');
    const { id } = await client.frame();
    const value = async (expression: string, context: string) =>
      (await client.evaluateRequest({ expression, context, frameId: id })).body.result;
    expect(await value('r0', 'hover')).toBe('42');
    expect(await value('r0 + 1', 'watch')).toBe('43');
    expect(await value('ipv4.src', 'variables')).toBe('10.0.0.1');
    expect(await value('pkt[12:2]', 'hover')).toContain('2048');
    await expect(value('r0 +', 'hover')).rejects.toThrow();
    await expect(value('s', 'hover')).rejects.toThrow();
    // The console knows the debugger's commands too.
    expect(await value('info registers', 'repl')).toContain('R0');
    expect(await value('s', 'repl')).toBeTypeOf('string');
    await client.stopped();
    expect((await client.frame()).line).toBe(line('r8 = r0') + 1);
  },
  async supportsClipboardContext(client, files) {
    await at(client, files, 'r8 = r0');
    const { body } = await client.evaluateRequest({ expression: 'r0', context: 'clipboard' });
    expect(body.result).toBe('42');
  },
  async supportsSetVariable(client, files) {
    await at(client, files, 'r8 = r0');
    const { reference } = await client.scope('Registers');
    const set = (name: string, value: string) =>
      client.setVariableRequest({ variablesReference: reference, name, value });
    expect((await set('R0', '7')).body.value).toBe('7');
    await client.next('invalidated');
    await expect(set('R10', '7')).rejects.toThrow('cannot be set');
    await expect(set('R0', '0x1ffffffffffffffff')).rejects.toThrow('no number that fits');
    await expect(set('R0', 'much')).rejects.toThrow();
    await expect(set('R11', '1')).rejects.toThrow('no variable');
    await step(client, 'next');
    expect(await register(client, 'R8')).toBe('7');
    // What was changed stays changed when time is turned.
    await step(client, 'stepBack');
    expect(await register(client, 'R0')).toBe('7');
    const packet = await client.scope('Packet');
    const { variablesReference } = packet.variables.find((v) => v.name === 'ipv4')!;
    const ttl = await client.setVariableRequest({ variablesReference, name: 'ttl', value: '9' });
    expect(ttl.body.value).toMatch(/^9/);
    expect((await client.evaluateRequest({ expression: 'ipv4.ttl' })).body.result).toBe('9');
  },
  async supportsSetExpression(client, files) {
    await at(client, files, 'r1 = 0x0a6968');
    const set = (expression: string, value: string) => client.send('setExpression', { expression, value });
    expect((await set('counts[42]', '99')).body.value).toBe('99');
    expect((await set('r3', 'r8 + 1')).body.value).toBe('43');
    await expect(set('r3 + 1', '2')).rejects.toThrow();
    const maps = await client.scope('Maps');
    const counts = maps.variables.find((v) => v.name === 'counts')!;
    expect(counts).toMatchObject({ value: 'hash, 1 of 64', indexedVariables: 1 });
    const { body } = await client.variablesRequest({
      variablesReference: counts.variablesReference,
      filter: 'indexed',
    });
    expect(body.variables).toMatchObject([{ name: '42', value: '99' }]);
  },
  async supportsValueFormattingOptions(client, files) {
    await at(client, files, 'r8 = r0');
    const { reference } = await client.scope('Registers');
    const { body } = await client.variablesRequest({ variablesReference: reference, format: { hex: true } });
    expect(body.variables[0]).toMatchObject({ name: 'R0', value: '0x2a' });
    const hex = await client.evaluateRequest({ expression: 'r0', format: { hex: true } });
    expect(hex.body.result).toBe('0x2a');
    const stack = await client.stackTraceRequest({ ...THREAD, format: { module: true, line: true } });
    expect(stack.body.stackFrames[0]!.name).toBe(`main!main+7, line ${line('r8 = r0')}`);
  },
  async supportsCompletionsRequest(client, files) {
    await at(client, files, 'r8 = r0');
    const complete = async (text: string) => {
      const { body } = await client.completionsRequest({ text, column: text.length + 1 });
      return body.targets.map((t) => t.label);
    };
    expect(await complete('cou')).toContain('counts');
    expect(await complete('ipv4.t')).toContain('ttl');
    expect(await complete('ctx.ing')).toContain('ingress_ifindex');
    expect(await complete('reverse-s')).toContain('reverse-step');
    expect(await complete('break tw')).toContain('twice');
    expect(await complete('@')).toEqual(expect.any(Array));
  },
  async completionTriggerCharacters(client, files) {
    const { body } = await client.initializeRequest();
    expect(body!.completionTriggerCharacters).toContain('.');
    await client.send('launch', { program: files.tour, packet: PACKET, stopOnEntry: true });
    await client.configurationDoneRequest();
    await client.stopped();
    const { body: after } = await client.completionsRequest({ text: 'ctx.', column: 5 });
    expect(after.targets.map((t) => t.label)).toContain('data_end');
  },
  async supportsModulesRequest(client, files) {
    await atEntry(client, files);
    const { body } = await client.modulesRequest({});
    expect(body.modules).toMatchObject([{ name: 'main', version: 'xdp', symbolStatus: 'Source lines' }]);
    expect((await client.frame()).moduleId).toBe(body.modules[0]!.id);
  },
  async supportsLoadedSourcesRequest(client, files) {
    await atEntry(client, files);
    const { body } = await client.send('loadedSources');
    expect(body.sources).toMatchObject([{ path: files.tour }]);
    await client.terminateRequest({});
    await client.next('terminated');
    // A program without text is shown as its disassembly.
    await client.send('launch', { program: files.raw, packet: PACKET, stopOnEntry: true });
    await client.configurationDoneRequest();
    await client.stopped();
    const { source, line: at } = await client.frame();
    const text = (await client.sourceRequest({ source: source!, sourceReference: source!.sourceReference! })).body
      .content;
    expect(text.split('\n')[at - 1]).toContain('r0 = 1');
    const set = await client.setBreakpointsRequest({ source: source!, breakpoints: [{ line: at + 1 }] });
    expect(set.body.breakpoints[0]).toMatchObject({ verified: true, line: at + 1 });
    await client.continueRequest(THREAD);
    expect(await client.stopped()).toMatchObject({ reason: 'breakpoint' });
    expect((await client.frame()).line).toBe(at + 1);
  },
  async supportsDelayedStackTraceLoading(client, files) {
    await at(client, files, 'r0 += r1');
    const part = async (startFrame: number) =>
      (await client.stackTraceRequest({ ...THREAD, startFrame, levels: 1 })).body;
    expect(await part(0)).toMatchObject({ totalFrames: 2, stackFrames: [{ name: 'twice+1' }] });
    expect(await part(1)).toMatchObject({ totalFrames: 2, stackFrames: [{ name: 'main+6' }] });
    expect(await part(2)).toMatchObject({ totalFrames: 2, stackFrames: [] });
  },
  async supportsReadMemoryRequest(client, files) {
    await at(client, files, 'r8 = r0');
    const { variables } = await client.scope('Registers');
    const { memoryReference } = variables.find((v) => v.name === 'R6')!;
    const { body } = await client.send('readMemory', { memoryReference, offset: 12, count: 2 });
    expect(Buffer.from(body.data, 'base64')).toEqual(Buffer.from([8, 0]));
    const beyond = await client.send('readMemory', { memoryReference: '0xffffff00', count: 16 });
    expect(beyond.body).toMatchObject({ unreadableBytes: 16 });
    await expect(client.send('readMemory', { memoryReference: 'R6', count: 2 })).rejects.toThrow('no address');
  },
  async supportsWriteMemoryRequest(client, files) {
    await at(client, files, 'r8 = r0');
    const { variables } = await client.scope('Packet');
    const { memoryReference } = variables.find((v) => v.name === 'bytes')!;
    const { body } = await client.send('writeMemory', { memoryReference, offset: 1, data: 'qrs=' });
    expect(body).toEqual({ bytesWritten: 2 });
    expect(await client.next('memory')).toMatchObject({ count: 2 });
    const back = await client.send('readMemory', { memoryReference, offset: 1, count: 2 });
    expect(back.body.data).toBe('qrs=');
    const write = (reference: string, data: string) => client.send('writeMemory', { memoryReference: reference, data });
    await expect(write('0x0', 'AA==')).rejects.toThrow();
    await expect(write(memoryReference!, '!')).rejects.toThrow('base64');
  },
  async supportsDisassembleRequest(client, files) {
    await atEntry(client, files);
    const { instructionPointerReference } = await client.frame();
    const ask = async (args: object) =>
      (await client.send('disassemble', { memoryReference: instructionPointerReference, ...args })).body.instructions;
    const rows = await ask({ instructionOffset: -2, instructionCount: 6 });
    expect(rows).toHaveLength(6);
    expect(rows.slice(0, 2)).toMatchObject([{ presentationHint: 'invalid' }, { presentationHint: 'invalid' }]);
    expect(rows[2]).toMatchObject({ address: instructionPointerReference, symbol: 'main', line: line('main:') + 1 });
    expect(rows[2].instruction).toContain('r6 = *(u32 *)(r1 +0)');
    expect(await ask({ instructionCount: 500 })).toHaveLength(500);
    expect(await ask({ offset: -100_000, instructionCount: 3 })).toHaveLength(3);
  },
  async supportsTerminateRequest(client, files) {
    await client.begin({ program: files.long, packet: PACKET, noVerify: true });
    await client.terminateRequest({});
    await client.next('terminated');
    await expect(client.continueRequest(THREAD)).rejects.toThrow('nothing is launched');
  },
  async supportsRestartRequest(client, files) {
    await at(client, files, 'r8 = r0');
    await client.send('restart', {});
    expect(await client.stopped()).toMatchObject({ reason: 'breakpoint' });
    expect((await client.frame()).line).toBe(line('r8 = r0'));
    await client.send('restart', { arguments: { program: files.tour, packet: PACKET, stopOnEntry: true } });
    expect(await client.stopped()).toMatchObject({ reason: 'entry' });
  },
  async supportsCancelRequest(client, files) {
    // The verifier would walk a million insns.
    await client.initializeRequest({ adapterID: 'bpflab', supportsProgressReporting: true });
    const launch = client.send('launch', { program: files.long, packet: PACKET });
    const refused = expect(launch).rejects.toThrow('cancelled');
    await client.send('cancel', { requestId: 2 });
    await refused;
    await client.send('launch', { program: files.long, packet: PACKET, noVerify: true });
    await client.configurationDoneRequest();
    const { progressId } = await client.next<{ progressId: string }>('progressStart');
    await client.next('progressUpdate');
    await client.send('cancel', { progressId });
    expect(await client.stopped()).toMatchObject({ reason: 'pause' });
    expect(client.messages.filter((m) => m.event === 'progressEnd')).toHaveLength(1);
    // It goes on from there, and `pause` is heard as well.
    await client.continueRequest(THREAD);
    await client.pauseRequest(THREAD);
    expect(await client.stopped()).toMatchObject({ reason: 'pause' });
    expect((await client.frame()).line).toBeGreaterThan(3);
  },
};

const line2text = (at: number): string => TOUR.split('\n')[at - 1]!.trim();
