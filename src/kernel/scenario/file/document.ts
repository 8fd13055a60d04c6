/** The tables of docs/scenario.md: every key of a scenario file with its type, its default and its meaning. */
import type { LayerName } from '../../../net/proto/protocols.ts';
import type { Kind } from '../../net/file/kinds.ts';
import { tablesBelow } from '../../net/file/schema.ts';
import type { Table } from '../../net/file/shape.ts';
import { LAYERS } from './packet.ts';
import { scenario } from './steps.ts';

const isLayer = (name: string): boolean => LAYERS.includes(name as LayerName);

/** What a value is, with links to the tables of records. */
function typeText({ word, wanted, tables = [] }: Kind<unknown>): string {
  const text = word ?? wanted.replace(/^an? /, '').replace(/ \(.*\)$/, '');
  const cell = text.replace(/\|/g, '\\|');
  const title = tables.find((t) => new RegExp(`\\b${t.title}\\b`).test(cell))?.title;
  return title === undefined
    ? cell
    : cell.replace(new RegExp(`\\b${title}\\b(?!.*\\b${title}\\b)`), `[${title}](#${title})`);
}

function row(name: string, kind: Kind<unknown>, needed: boolean): string {
  const preset = needed ? '**needed**' : (kind.preset ?? '');
  return `| \`${name}\` | ${typeText(kind)} | ${preset} | ${(kind.help ?? '').replace(/\|/g, '\\|')} |`;
}

function tableText({ title, about, shape, needed }: Table): string {
  const rows: string[] = [];
  for (const [name, kind] of Object.entries(shape)) {
    if (!isLayer(name)) rows.push(row(name, kind, needed.includes(name)));
    else if (name === LAYERS[0])
      rows.push(
        '| `eth`, `ipv4`, `tcp` … | [layers](#layers) | | The headers in the order of the file, the outermost first; `payload` is data. |',
      );
  }
  return [`### ${title}`, '', about, '', '| key | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

/** Fields of the headers, a row each. */
function layersText(tables: readonly Table[]): string {
  const rows = tables.map(
    ({ title, shape }) =>
      `| \`${title}\` | ${Object.keys(shape)
        .map((n) => `\`${n}\``)
        .join(', ')} |`,
  );
  return [
    '### layers',
    '',
    'Headers and their fields. Numbers are in host order, addresses are text, flags are numbers or text (`S.`, `DF`), bytes are',
    'hexadecimal. Lengths, types and checksums are computed unless they are given; `cut: N` keeps N bytes of a header.',
    '`payload` and `padding` may be a text.',
    '',
    '| layer | fields |',
    '|---|---|',
    ...rows,
  ].join('\n');
}

/** All tables as Markdown. */
export function scenarioTables(): string {
  const below = tablesBelow(scenario.tables![0]!.shape);
  const headers = below.filter((t) => isLayer(t.title));
  const records = [...scenario.tables!, ...below].filter((t) => !isLayer(t.title) && t.title !== 'other_packet');
  return [...records.map(tableText), layersText(headers)].join('\n\n');
}
