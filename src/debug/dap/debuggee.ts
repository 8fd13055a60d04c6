/** What was launched: the session, and what the client was told of its present stop. */
import type { Result } from '../../util/problem.ts';
import { explainProblem } from '../../util/problem.ts';
import { Shell } from '../commands/shell.ts';
import { digestOf } from '../replayFile/digest.ts';
import { Knowing } from '../session/knowing.ts';
import type { Session } from '../session/session.ts';
import type { Edit, Motion, Stop } from '../session/types.ts';
import type { Desk } from './desk.ts';
import { type ExceptionNow, exceptionOf, rejectionException } from './exceptions.ts';
import { Handles } from './handles.ts';
import type { LaunchArguments, Recorded } from './host.ts';
import { Outputs } from './outputs.ts';
import type { Rejection } from './rejection.ts';
import { Runner } from './runner.ts';
import { Sources } from './sources.ts';
import { AIMS, type Aim, stoppedBody, THREAD } from './stops.ts';
import { type Children, referenceOf } from './variables.ts';

/** What a frame's number stands for. */
export interface FrameRef {
  /** Of the program that runs; undefined where nothing does. */
  readonly depth: number | undefined;
}

export class Debuggee {
  readonly args: LaunchArguments;
  readonly session: Session;
  readonly rejection: Rejection | undefined;
  readonly runner: Runner;
  readonly outputs: Outputs;
  readonly sources: Sources;
  /** What the verifier knew of the moment. */
  readonly knowing: Knowing;
  /** The debugger's command line, for the console. */
  readonly shell: Shell;
  /** Of the present stop. */
  readonly variables = new Handles<Children>();
  readonly frames = new Handles<FrameRef>();
  readonly targets = new Handles<Motion>();
  exception: ExceptionNow | undefined;
  readonly #desk: Desk;
  readonly #recorded: Recorded | undefined;
  #begun = false;
  #over = false;

  constructor(
    desk: Desk,
    args: LaunchArguments,
    session: Session,
    rejection: Rejection | undefined,
    recorded: Recorded | undefined,
  ) {
    this.#desk = desk;
    this.args = args;
    this.session = session;
    this.rejection = rejection;
    this.#recorded = recorded;
    this.outputs = new Outputs(session, desk.client);
    this.knowing = new Knowing(session);
    this.shell = new Shell(session, { knowing: this.knowing });
    this.sources = new Sources(session, desk.client, desk.host);
    const later = (work: () => void): void => desk.host.later(work);
    this.runner = new Runner(session, desk.client, later, (lines) => this.outputs.log(lines));
  }

  /** The client's configuration is done. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Stops where it stands, goes to the moment of a recording, or runs. */
  begin(): void {
    this.#begun = true;
    const { rejection, args } = this;
    if (rejection) {
      if (this.#desk.filters.has('rejected') && args.noDebug !== true) this.#reject(rejection);
      else this.end(1);
    } else if (this.#recorded) this.#resume(this.#recorded);
    else if (args.stopOnEntry && args.noDebug !== true) this.#settle(this.session.stop, { kind: 'continue' }, 'entry');
    else this.go({ kind: 'continue', here: true });
  }

  /**
   * Moves, and tells the client where that ended. `request` is the number of the request that asked for it, `aim`
   * what a stop at its aim is called.
   */
  go(motion: Motion, request?: number, aim?: Aim): void {
    if (this.rejection) {
      this.end(1);
      return;
    }
    if (this.session.over && isForward(motion)) {
      this.end(this.#exitCode());
      return;
    }
    this.runner.start(
      motion,
      request,
      () => this.outputs.tell(),
      (stop) => this.#settle(stop, motion, aim),
    );
  }

  /** Changes something now; the client is told by `edited`, once it has its answer. */
  edit(edit: Edit): Result<void> {
    const done = this.session.edit(edit);
    if (done.ok) this.outputs.edited();
    return done;
  }

  /** What the client shows may be old. */
  edited(edit: Edit): void {
    const { client } = this.#desk;
    if (edit.kind === 'memory' && client.can('supportsMemoryEvent')) {
      client.event('memory', { memoryReference: referenceOf(edit.address), offset: 0, count: edit.bytes.length });
    }
    this.outdated();
  }

  /** Variables may have changed while the session stands where it stood. */
  outdated(): void {
    const { client } = this.#desk;
    if (client.can('supportsInvalidatedEvent')) client.event('invalidated', { areas: ['variables'], threadId: THREAD });
  }

  /** A command of the console has moved the session. */
  moved(): void {
    this.#settle(this.session.stop, { kind: 'goto', tick: this.session.tick });
  }

  /** The debuggee is gone; the adapter stays until `disconnect`. */
  end(exitCode: number): void {
    if (this.#over) return;
    this.#over = true;
    this.runner.drop();
    this.#forget();
    this.#desk.book.release();
    this.#desk.debuggee = undefined;
    const { client } = this.#desk;
    if (this.rejection && this.#begun) {
      client.say('stderr', `${this.rejection.prog}: rejected by the verifier: ${this.rejection.said}`);
      client.say('stderr', 'It does not run. Launch it with "noVerify": true to run it all the same.');
    }
    client.event('exited', { exitCode });
    client.event('terminated', {});
  }

  /** The session stands somewhere, and the client is told. */
  #settle(stop: Stop, motion: Motion, aim?: Aim): void {
    const { client, book, filters } = this.#desk;
    this.#forget();
    this.outputs.tell();
    this.outputs.log(stop.log);
    for (const problem of this.session.problems) client.say('stderr', explainProblem(problem));
    const { noDebug, stopAtEnd } = this.args;
    const isFault = stop.reason === 'fault';
    if (isFault && stop.hits.length === 0 && motion.kind === 'continue' && (noDebug || !filters.has('fault'))) {
      this.go(motion);
      return;
    }
    if (stop.reason === 'end' && (noDebug || stopAtEnd === false)) {
      this.end(this.#exitCode());
      return;
    }
    this.exception = exceptionOf(this.session, stop);
    const body = stoppedBody(stop, book, this.exception);
    const atAim = aim !== undefined && (stop.reason === 'step' || stop.reason === 'goto') && stop.hits.length === 0;
    client.event('stopped', atAim ? { ...body, ...AIMS[aim] } : body);
  }

  /** Goes to where a recording stands, and says when it is not as it was. */
  #resume({ tick, digest }: Recorded): void {
    const motion: Motion = { kind: 'goto', tick };
    const stopped = (stop: Stop): void => {
      if (stop.tick !== tick || digestOf(this.session.view()) !== digest) {
        this.#desk.client.say(
          'important',
          'This is not what was recorded: another version of bpflab may have made it.',
        );
      }
      this.#settle(stop, motion, 'recorded');
    };
    this.runner.start(motion, undefined, () => this.outputs.tell(), stopped);
  }

  #reject(rejection: Rejection): void {
    this.#forget();
    this.exception = rejectionException(rejection);
    this.#desk.client.event('stopped', {
      reason: 'exception',
      description: 'Rejected by the verifier',
      text: rejection.said,
      threadId: THREAD,
      allThreadsStopped: true,
    });
  }

  /** What was handed out at the last stop is no longer valid. */
  #forget(): void {
    this.variables.clear();
    this.frames.clear();
    this.targets.clear();
    this.exception = undefined;
  }

  #exitCode(): number {
    return this.session.results().some((r) => r.fault || r.errno !== 0) ? 1 : 0;
  }
}

const isForward = (motion: Motion): boolean => motion.kind !== 'goto' && motion.back !== true;
