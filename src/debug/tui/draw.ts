/** The whole screen: title, panes, prompt, keys. */
import type { App } from './app.ts';
import { APP_KEYS } from './appKeys.ts';
import { type Content, linesContent } from './face.ts';
import { helpPage, keyLabel } from './helpPage.ts';
import { layout, type Place, paneArea, type Rect } from './layout.ts';
import { line, over, type Span, type StyledLine, span } from './line.ts';
import type { Pane } from './pane.ts';
import { promptLine } from './prompt.ts';
import { Screen } from './screen.ts';
import { BOLD, LOOK, PLAIN, REVERSE, UNDERLINE } from './style.ts';
import { fitted, widthOf } from './text.ts';

export function drawApp(app: App): Screen {
  const screen = new Screen(app.rows, app.columns);
  const { rows, columns } = screen;
  const area = paneArea(columns, rows);
  if (app.help) drawHelp(screen, app, app.help, area);
  else for (const place of layout(app.face.layouts, columns, rows, app.panes.zoomed)) drawPlace(screen, app, place);
  if (area.row > 0) {
    const where = app.face.where();
    const name = fitted(` ${app.face.name}`, Math.max(0, columns - widthOf(where) - 2)).trimEnd();
    screen.write(0, 0, columns, [span(name === '' ? ' ' : `${name}  `, REVERSE), span(where, BOLD | REVERSE)], REVERSE);
    screen.write(rows - 1, 0, columns, bottomLine(app, columns));
  }
  const prompt = promptLine(app);
  const row = area.row > 0 ? rows - 2 : rows - 1;
  screen.write(row, 0, columns, prompt.spans);
  screen.cursor = prompt.cursor === undefined ? undefined : { row, column: prompt.cursor };
  return screen;
}

/** The keys that one needs most, as many as there is room for; or a notice. */
function bottomLine(app: App, columns: number): StyledLine {
  if (app.notice !== '') return [span(` ! ${app.notice}`, LOOK.warning)];
  const named = app.face.keys.filter((key) => key.rank !== undefined).sort((a, b) => a.rank! - b.rank!);
  const all = [
    { keys: ['?'], label: 'help' },
    ...named,
    { keys: ['tab'], label: 'pane' },
    { keys: ['q'], label: 'quit' },
  ];
  const spans: Span[] = [];
  let room = columns;
  for (const { keys, label } of all) {
    const key = ` ${keyLabel(keys[0]!)}`;
    const text = ` ${label} `;
    room -= key.length + text.length;
    if (room < 0) break;
    spans.push(span(key, LOOK.key), span(text));
  }
  return spans;
}

/** The titles of panes that share a place: what is seen first, then the others. */
function titleLine(app: App, place: Place, front: string, content: Content, pane: Pane, width: number): StyledLine {
  const { rows, focus } = app.panes;
  const number = (id: string): number => rows.findIndex((row) => row.id === id) + 1;
  const name = (id: string): string => `${number(id)} ${app.panes.row(id)?.title ?? id}`;
  const own = focus === front;
  const detail = content.title === undefined || content.title === '' ? '' : `: ${content.title}`;
  const end = pane.position === '' ? '' : ` ${pane.position} `;
  const spans: Span[] = [span(`${own ? '>' : ' '}${name(front)}${detail} `, own ? LOOK.focus : BOLD | UNDERLINE)];
  let room = width - widthOf(spans[0]!.text) - end.length;
  const others = place.panes.filter((id) => id !== front);
  const long = others.reduce((sum, id) => sum + name(id).length + 2, 0) <= room;
  for (const id of others) {
    const text = long ? ` ${name(id)} ` : ` ${number(id)}`;
    if (text.length > room) break;
    spans.push(span(text, LOOK.faint));
    room -= text.length;
  }
  if (room > 0) spans.push(span('─'.repeat(room), LOOK.border));
  if (room >= 0) spans.push(span(end, LOOK.faint));
  return spans;
}

function drawPlace(screen: Screen, app: App, place: Place): void {
  const front = app.panes.front(place.panes);
  const row = app.panes.row(front);
  const pane = app.panes.get(front);
  if (!row || !pane) return;
  const columns = place.columns - (place.border ? 1 : 0);
  const rows = place.rows - 1;
  const focused = app.panes.focus === front;
  const content = row.content({ columns, rows, focused });
  pane.place(content, rows);
  screen.write(place.row, place.column, columns, titleLine(app, place, front, content, pane, columns));
  drawContent(screen, { ...place, row: place.row + 1, rows, columns }, content, pane, focused && row.choose === true);
  if (!place.border) return;
  for (let r = place.row; r < place.row + place.rows; r++) {
    screen.write(r, place.column + columns, 1, line('│', LOOK.border));
  }
}

function drawContent(screen: Screen, rect: Rect, content: Content, pane: Pane, choosing: boolean): void {
  for (let i = 0; i < rect.rows; i++) {
    const index = pane.top + i;
    const spans = index < content.count ? content.line(index) : [];
    const chosen = choosing && index === pane.chosen && index < content.count;
    const shown = chosen ? over(spans, UNDERLINE | BOLD) : spans;
    screen.write(rect.row + i, rect.column, rect.columns, shown, chosen ? UNDERLINE : PLAIN, pane.skip);
  }
}

function drawHelp(screen: Screen, app: App, pane: Pane, area: Rect): void {
  const content = linesContent(helpPage(app.face, APP_KEYS, app.panes.rows));
  pane.place(content, area.rows - 1);
  screen.write(area.row, area.column, area.columns, [
    span(' help: arrows scroll, any other key goes back ', LOOK.focus),
    span(` ${pane.position}`),
  ]);
  drawContent(screen, { ...area, row: area.row + 1, rows: area.rows - 1 }, content, pane, false);
}
