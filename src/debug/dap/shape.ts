/**
 * Shapes of requests' arguments. What a client sends is copied field by field into what handlers get, so that they meet
 * nothing of a kind that they do not expect.
 */

/** What a value must be. */
export type Check =
  | 'string'
  /** A whole number. */
  | 'number'
  | 'boolean'
  /** Taken as it is. */
  | 'any'
  | { readonly list: Check; readonly most: number }
  | { readonly oneOf: readonly string[] }
  | { readonly either: readonly Check[] }
  | { readonly fields: Shape<never> };

type RequiredKeys<T> = { [K in keyof T]-?: object extends Pick<T, K> ? never : K }[keyof T];

/** The fields of an object: those that must be there, and those that may. Others are left out. */
export interface Shape<T> {
  readonly need: { readonly [K in RequiredKeys<T> & string]: Check };
  readonly may: { readonly [K in Exclude<keyof T, RequiredKeys<T>> & string]?: Check };
}

export const listOf = (list: Check, most = 10_000): Check => ({ list, most });
export const oneOf = (...names: readonly string[]): Check => ({ oneOf: names });
export const fields = <T>(shape: Shape<T>): Check => ({ fields: shape as unknown as Shape<never> });

/** Longest text of an argument, in UTF-16 units. */
const MAX_TEXT = 1 << 20;

/** A value of the right shape, or where it is wrong and what is wanted there. */
export type Fit<T> = { readonly value: T } | { readonly where: string; readonly wanted: string };

/** Copies what is asked for out of a value. */
export function shaped<T>(value: unknown, shape: Shape<T>): Fit<T> {
  return fitFields(value, shape as unknown as AnyShape, 'arguments') as Fit<T>;
}

interface AnyShape {
  readonly need: Readonly<Record<string, Check>>;
  readonly may: Readonly<Record<string, Check | undefined>>;
}

function fitFields(value: unknown, shape: AnyShape, where: string): Fit<unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { where, wanted: 'an object is wanted' };
  const given = value as Readonly<Record<string, unknown>>;
  const copy: Record<string, unknown> = {};
  for (const [name, check] of [...Object.entries(shape.need), ...Object.entries(shape.may)]) {
    if (!check) continue;
    const one = Object.hasOwn(given, name) ? given[name] : undefined;
    // Some clients send null for what they do not have.
    if ((one === undefined || one === null) && !Object.hasOwn(shape.need, name)) continue;
    const fitted = fitOne(one, check, `${where}.${name}`);
    if (!('value' in fitted)) return fitted;
    copy[name] = fitted.value;
  }
  return { value: copy };
}

function fitOne(value: unknown, check: Check, where: string): Fit<unknown> {
  if (typeof check === 'string') return SIMPLE[check].is(value) ? { value } : { where, wanted: SIMPLE[check].wanted };
  if ('fields' in check) return fitFields(value, check.fields, where);
  if ('oneOf' in check) {
    const known = typeof value === 'string' && check.oneOf.includes(value);
    return known ? { value } : { where, wanted: `one of ${check.oneOf.join(', ')} is wanted` };
  }
  if ('either' in check) {
    const fits = check.either.map((one) => fitOne(value, one, where));
    return fits.find((f) => 'value' in f) ?? fits[0]!;
  }
  if (!Array.isArray(value)) return { where, wanted: 'a list is wanted' };
  if (value.length > check.most) return { where, wanted: `at most ${check.most} are possible` };
  const copy: unknown[] = [];
  for (const [index, one] of value.entries()) {
    const fitted = fitOne(one, check.list, `${where}[${index}]`);
    if (!('value' in fitted)) return fitted;
    copy.push(fitted.value);
  }
  return { value: copy };
}

const SIMPLE = {
  string: {
    is: (v: unknown) => typeof v === 'string' && v.length <= MAX_TEXT,
    wanted: `text of at most ${MAX_TEXT} characters is wanted`,
  },
  number: { is: (v: unknown) => Number.isSafeInteger(v), wanted: 'a whole number is wanted' },
  boolean: { is: (v: unknown) => typeof v === 'boolean', wanted: 'true or false is wanted' },
  any: { is: (v: unknown) => v !== undefined, wanted: 'a value is wanted' },
} as const;
