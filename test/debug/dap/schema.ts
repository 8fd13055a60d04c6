/** The protocol's JSON schemas, made from its types, and messages held against them. */
import { join } from 'node:path';
import { Ajv, type AnySchemaObject, type ValidateFunction } from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';
import type { Protocol } from './protocolMessages.ts';

export interface AnyMessage {
  readonly seq: number;
  readonly type: string;
  readonly command?: string;
  readonly event?: string;
  readonly success?: boolean;
  readonly arguments?: unknown;
  readonly body?: unknown;
}

const path = join(import.meta.dirname, 'protocolMessages.ts');
const schema = createGenerator({ path, type: 'Protocol', skipTypeCheck: true, jsDoc: 'none' }).createSchema('Protocol');
const ajv = new Ajv({ strict: false, allErrors: true });
ajv.addSchema(schema as AnySchemaObject, 'protocol');

const compiled = new Map<string, ValidateFunction | undefined>();

/** The check of one property of `Protocol`; undefined where it has none of that name. */
function check(part: keyof Protocol, name?: string): ValidateFunction | undefined {
  const key = `${part} ${name}`;
  if (!compiled.has(key)) {
    const at = ['definitions', 'Protocol', 'properties', part, ...(name === undefined ? [] : ['properties', name])];
    const there = at.reduce<unknown>((node, step) => (node as Record<string, unknown> | undefined)?.[step], schema);
    compiled.set(key, there ? ajv.compile({ $ref: `protocol#/${at.join('/')}` }) : undefined);
  }
  return compiled.get(key);
}

function complaint(validate: ValidateFunction | undefined, value: unknown, what: string): string[] {
  if (!validate) return [`${what}: the protocol has no such message`];
  return validate(value) ? [] : [`${what}: ${ajv.errorsText(validate.errors)}: ${JSON.stringify(value)}`];
}

/** What is wrong with a message of the adapter; empty as a rule. */
export function wrongIn(message: AnyMessage): string[] {
  if (message.type === 'event') return complaint(check('events', message.event), message, `event ${message.event}`);
  if (message.type !== 'response') return [`a message of type ${message.type}`];
  if (message.success === false) return complaint(check('failed'), message, `failed ${message.command}`);
  return complaint(check('responses', message.command), message, `response ${message.command}`);
}

/** What is wrong with the arguments of a request. */
export function wrongArguments(command: string, args: unknown): string[] {
  if (['launch', 'restart', 'threads', 'loadedSources'].includes(command)) return [];
  return complaint(check('arguments', command), args ?? {}, `arguments of ${command}`);
}
