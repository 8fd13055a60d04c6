/** Moves a session in slices, so that `pause`, `cancel` and `terminate` are heard in between. */
import type { MoveRun } from '../session/moveRun.ts';
import type { Session } from '../session/session.ts';
import type { Motion, Stop } from '../session/types.ts';
import type { Client } from './client.ts';

/** Ticks of one slice: some milliseconds. */
const SLICE = 100_000;
/** Slices after which a motion counts as long, and between two words about it. */
const LONG = 10;

export class Runner {
  readonly #session: Session;
  readonly #client: Client;
  readonly #later: (work: () => void) => void;
  readonly #log: (lines: readonly string[]) => void;
  #motion: Motion | undefined;
  #move: MoveRun | undefined;
  #stopped: ((stop: Stop) => void) | undefined;
  #request: number | undefined;
  #progress: string | undefined;
  #moves = 0;
  #slices = 0;

  /** `log` hears what log points say between the slices of a motion. */
  constructor(
    session: Session,
    client: Client,
    later: (work: () => void) => void,
    log: (lines: readonly string[]) => void,
  ) {
    this.#session = session;
    this.#log = log;
    this.#client = client;
    this.#later = later;
  }

  get moving(): boolean {
    return this.#move !== undefined;
  }

  /** The id that progress of the motion is told by. */
  get progressId(): string | undefined {
    return this.#progress;
  }

  /** The request that asked for the motion. */
  get requestId(): number | undefined {
    return this.#move && this.#request;
  }

  /** Begins; `stopped` hears how it ended, `slice` is called while it does not. `request` is the one that asked for it. */
  start(motion: Motion, request: number | undefined, slice: () => void, stopped: (stop: Stop) => void): void {
    this.#motion = motion;
    this.#request = request;
    this.#move = this.#session.move(motion);
    this.#stopped = stopped;
    this.#slices = 0;
    this.#moves++;
    this.#go(this.#moves, slice);
  }

  /** Ends the motion where it is. */
  pause(): void {
    const move = this.#move;
    if (move) this.#end(move.pause());
  }

  /** Breakpoints have changed: a motion that runs on to the next one takes notice. Others end as they began. */
  again(): void {
    const motion = this.#motion;
    if (!this.#move || motion?.kind !== 'continue' || motion.back) return;
    this.#log(this.#move.pause().log);
    // The insn at hand has not been looked at yet.
    this.#move = this.#session.move({ ...motion, here: true });
  }

  /** Forgets the motion: nobody wants to know where it ends. */
  drop(): void {
    this.#move?.pause();
    this.#move = undefined;
    this.#endProgress();
  }

  #go(number: number, slice: () => void): void {
    if (!this.#move || number !== this.#moves) return;
    const stop = this.#move.advance(SLICE);
    if (stop) {
      this.#end(stop);
      return;
    }
    this.#slices++;
    this.#log(this.#move.said());
    if (this.#slices % LONG === 0) this.#tell();
    slice();
    this.#later(() => this.#go(number, slice));
  }

  #end(stop: Stop): void {
    const stopped = this.#stopped;
    this.#move = undefined;
    this.#stopped = undefined;
    this.#endProgress();
    stopped?.(stop);
  }

  #tell(): void {
    if (!this.#client.can('supportsProgressReporting')) return;
    const message = `at insn ${this.#session.tick.toLocaleString('en-US')} of the session`;
    if (this.#progress !== undefined) {
      this.#client.event('progressUpdate', { progressId: this.#progress, message });
      return;
    }
    this.#progress = `motion ${this.#moves}`;
    const motion = this.#motion;
    const title = motion && 'back' in motion && motion.back ? 'Running backwards' : 'Running';
    this.#client.event('progressStart', {
      progressId: this.#progress,
      title,
      cancellable: true,
      message,
      ...(this.#request !== undefined && { requestId: this.#request }),
    });
  }

  #endProgress(): void {
    if (this.#progress !== undefined) this.#client.event('progressEnd', { progressId: this.#progress });
    this.#progress = undefined;
  }
}
