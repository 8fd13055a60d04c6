import type { MapFormat } from './mapFiles.ts';

/** The options of `bpflab run` as commander hands them over. */
export interface RunOptions {
  readonly prog?: string;
  readonly on?: readonly string[];
  readonly type?: string;
  readonly packet?: readonly string[];
  readonly pcap?: string;
  readonly pcapOut?: string;
  readonly ctx?: string;
  readonly node?: string;
  readonly repeat?: number;
  readonly engine?: 'interp' | 'jit';
  readonly mapInit?: readonly string[];
  readonly mapDump?: string | true;
  readonly mapFormat: MapFormat;
  readonly mapName?: string;
  readonly mapShow?: boolean;
  readonly maps: 'changed' | 'all' | 'none';
  readonly ct?: boolean;
  readonly define?: readonly string[];
  readonly seed?: number;
  readonly cpus?: number;
  readonly clock?: bigint;
  readonly time: 'capture' | 'fixed';
  readonly insnLimit?: number;
  readonly verify?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}
