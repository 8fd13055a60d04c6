/** Expectations as they would be met: what `--update` writes into a scenario's file. */
import { toHex } from '../../util/hex.ts';
import type { Kernel } from '../kernel.ts';
import { mapNamed } from '../mapNames.ts';
import { ctList } from '../replay/report.ts';
import { LINES, type SocketState } from './check.ts';
import { MapView } from './mapView.ts';
import type { Expect, MapExpect, OutExpect } from './model.ts';
import type { Observed, OutPacket } from './observed.ts';
import { fieldValue, outDifferences, placeText } from './outMatch.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * The value of `expect` that holds for what was seen. Keys that are there keep their form: of a packet of `out` the same
 * fields, of a map its count and its changes; `has` and `lacks`, which say what somebody means, stay. `record` becomes all
 * that was seen of verdicts, path, out, maps, changes, log, drops and received, where there is any, and a result other than ok.
 */
export function recordExpect(kernel: Kernel, observed: Observed, expect: Expect, sockets: SocketState): Json {
  if (expect.record) return everything(observed);
  const json: Record<string, unknown> = {};
  const { out, maps, received, sockets: states } = expect;
  for (const key of LINES) if (expect[key]) json[key] = observed[key];
  if (out) json.out = observed.out.map((packet, i) => outJson(packet, out[i] ?? out.at(-1)));
  if (maps) json.maps = Object.fromEntries(maps.map((map) => [map.map, mapJson(kernel, observed, map)]));
  if (expect.ct) json.ct = ctList(kernel);
  if (received) {
    json.received = Object.fromEntries(
      Object.keys(received).map((name) => [
        name,
        Object.hasOwn(observed.received, name) ? observed.received[name] : '',
      ]),
    );
  }
  if (states) json.sockets = Object.fromEntries(Object.keys(states).map((name) => [name, sockets(name)]));
  if (expect.result !== undefined) json.result = observed.result;
  return json;
}

/** All that was seen, without what is empty. */
function everything(observed: Observed): Json {
  const { verdicts, path, changes, log, drops, received, result } = observed;
  const maps = Object.entries(observed.maps).flatMap(([name, lines]) =>
    lines.length > 0 ? [[name, { changes: lines }] as const] : [],
  );
  const json: Record<string, unknown> = {
    verdicts,
    path,
    out: observed.out.map((packet) => outJson(packet, undefined)),
    changes,
    maps: Object.fromEntries(maps),
    log,
    drops,
    received: Object.fromEntries(Object.entries(received).filter(([, text]) => text !== '')),
    result: result === 'ok' ? [] : result,
  };
  return Object.fromEntries(
    Object.entries(json).filter(([, value]) => typeof value === 'string' || Object.keys(value as object).length > 0),
  );
}

/** A packet: the fields that were asked for, or its bytes. */
function outJson(packet: OutPacket, expected: OutExpect | undefined): Json {
  if (expected && outDifferences(expected, packet).length === 0) {
    const { fields, bytes } = expected;
    return { dev: placeText(packet), ...fields, ...(bytes && { bytes: toHex(bytes) }) };
  }
  const fields = Object.entries(expected?.fields ?? {}).flatMap(([name]) => {
    const value = fieldValue(name, packet.bytes);
    return value === undefined ? [] : [[name, value] as const];
  });
  const bytes = !expected || expected.bytes || fields.length < Object.keys(expected.fields).length;
  return { dev: placeText(packet), ...Object.fromEntries(fields), ...(bytes && { bytes: toHex(packet.bytes) }) };
}

function mapJson(kernel: Kernel, observed: Observed, expect: MapExpect): Json {
  const { map, count, has, lacks, changes } = expect;
  const record = mapNamed(kernel.world, map);
  const seen = Object.hasOwn(observed.maps, map) ? observed.maps[map] : [];
  return {
    ...(count !== undefined && { count: record ? new MapView(kernel, record).elements.length : count }),
    ...(has.length > 0 && { has }),
    ...(lacks.length > 0 && { lacks }),
    ...(changes && { changes: seen }),
  };
}
