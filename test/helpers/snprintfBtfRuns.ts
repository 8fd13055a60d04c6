import type { LoadRequest, LoadResult } from '../../src/spec/request.ts';

/** Bytes of the result before the text. */
const RESULT = 8;

/** What bpf_snprintf_btf left in the output map: its result, the text up to the last byte that is not zero. */
export interface ShownRun {
  readonly result: number;
  readonly text: string;
}

/** A run's answer; hashed pointers, which differ from boot to boot, by their first zeros only. */
export function shownRun({ name }: LoadRequest, answer: LoadResult): ShownRun | undefined {
  const [run] = answer.test_run ?? [];
  if (!run?.maps) return undefined;
  const value = run.maps.out?.[0]?.[1];
  const bytes = Buffer.from(typeof value === 'string' ? value : '00'.repeat(RESULT), 'hex');
  const text = bytes.subarray(RESULT).toString('latin1').replace(/\0+$/, '');
  return {
    result: Number(bytes.readBigInt64LE()),
    text: name?.startsWith('hashed') ? text.replace(/0x00000000[0-9a-f]{0,8}/g, '0x') : text,
  };
}
