/** What a client is told of a stop at a fault, a verdict or a rejection. */
import { renderExplanation } from '../../explain/index.ts';
import { explainProblem, problemText } from '../../util/problem.ts';
import type { Session } from '../session/session.ts';
import type { Stop } from '../session/types.ts';
import type { Rejection } from './rejection.ts';

/** In the shape of `exceptionInfo`. */
export interface ExceptionNow {
  readonly exceptionId: string;
  /** In one line. */
  readonly description: string;
  readonly breakMode: 'always' | 'unhandled';
  readonly details: { readonly message: string; readonly typeName: string; readonly stackTrace?: string };
}

/** The exception that a session stands at. */
export function exceptionOf(session: Session, stop: Stop): ExceptionNow | undefined {
  const places = stop.hits.map((hit) => ({
    hit,
    place: session.breakpoints.list.find((b) => b.number === hit.breakpoint)?.place,
  }));
  if (stop.reason === 'fault' || places.some(({ place }) => place?.kind === 'fault')) return faultException(session);
  const verdict = places.find(({ place }) => place?.kind === 'verdict');
  if (!verdict) return undefined;
  const description = verdict.hit.detail ?? 'a verdict';
  return {
    exceptionId: 'verdict',
    description,
    breakMode: 'always',
    details: { message: description, typeName: 'verdict' },
  };
}

function faultException(session: Session): ExceptionNow {
  const problem = session.fault;
  const description = problem ? problemText(problem) : 'the next insn faults';
  const [frame] = session.frames();
  const where = frame ? `${frame.func.name}, insn ${frame.slot}: ${frame.text}` : undefined;
  return {
    exceptionId: problem?.code ?? 'fault',
    description,
    breakMode: 'unhandled',
    details: {
      message: problem ? explainProblem(problem) : description,
      typeName: 'fault',
      ...(where !== undefined && { stackTrace: where }),
    },
  };
}

/** The rejection of a program that is not run. */
export function rejectionException(rejection: Rejection): ExceptionNow {
  const { explanation, said, prog, log } = rejection;
  return {
    exceptionId: explanation?.id ?? 'rejected',
    description: explanation?.headline ?? said,
    breakMode: 'unhandled',
    details: {
      message: said,
      typeName: explanation?.name ?? 'rejected',
      stackTrace: explanation ? renderExplanation(explanation).join('\n') : `${prog}:\n${log}`,
    },
  };
}
