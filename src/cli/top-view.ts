/** One screen of `top`: pure, from two answers of `/status` and the time between them. */
import { table, type Paint } from './table.ts';

/** What of `/status` is shown. */
export interface StatusAnswer {
  readonly version: string;
  readonly uptime_seconds: number;
  readonly config: {
    readonly file: string;
    readonly state: string;
    readonly last_reload?: {
      readonly at: string;
      readonly trigger: string;
      readonly result: string;
      readonly took_ms: number;
      readonly plan?: readonly { readonly action: string }[];
      readonly problems?: readonly { readonly severity: string }[];
    };
  };
  readonly receivers: Readonly<Record<string, { readonly accepted: number; readonly refused: number }>>;
  readonly pipelines: Readonly<
    Record<
      string,
      { readonly accepted: number; readonly dropped: number; readonly suppressed: number; readonly passed: number }
    >
  >;
  readonly exporters: Readonly<
    Record<
      string,
      {
        readonly state: string;
        readonly last_error?: string;
        readonly queue: { readonly events: number; readonly bytes: number; readonly full: boolean };
        readonly sent: number;
        readonly failed_requests: number;
        readonly dead_lettered: number;
        readonly dropped: number;
      }
    >
  >;
}

export interface View {
  readonly paint: Paint;
  readonly width: number;
  readonly height: number;
}

/** `before` and `seconds` between the two are for the rates; without them there are none. */
export function topText(
  now: StatusAnswer,
  before: StatusAnswer | undefined,
  seconds: number,
  { paint, width, height }: View,
): string {
  const rate = (block: 'receivers' | 'pipelines' | 'exporters', id: string, name: string): string => {
    const from = (before?.[block][id] as Record<string, unknown> | undefined)?.[name];
    const to = (now[block][id] as unknown as Record<string, number>)[name]!;
    return typeof from === 'number' && seconds > 0 ? perSecond(Math.max(0, to - from) / seconds) : '·';
  };
  const head = (...names: readonly string[]): string[] => names.map((name) => paint('dim', name));
  const blocks = [
    [
      `${paint('bold', `lnmt-collector ${now.version}`)}  up ${uptime(now.uptime_seconds)}  ${now.config.file}: ${stateText(now.config.state, paint)}`,
      ...reloadText(now.config.last_reload, paint),
    ],
    table(
      [
        head('receiver', 'per second', 'accepted', 'refused'),
        ...Object.entries(now.receivers).map(([id, { accepted, refused }]) => [
          id,
          rate('receivers', id, 'accepted'),
          number(accepted),
          refused > 0 ? paint('yellow', number(refused)) : '0',
        ]),
      ],
      '',
    ),
    table(
      [
        head('pipeline', 'per second', 'accepted', 'dropped', 'held back', 'passed'),
        ...Object.entries(now.pipelines).map(([id, { accepted, dropped, suppressed, passed }]) => [
          id,
          rate('pipelines', id, 'accepted'),
          number(accepted),
          number(dropped),
          number(suppressed),
          number(passed),
        ]),
      ],
      '',
    ),
    table(
      [
        head('exporter', 'per second', 'sent', 'waiting', 'failed tries', 'dead', 'state'),
        ...Object.entries(now.exporters).map(([id, exporter]) => [
          id,
          rate('exporters', id, 'sent'),
          number(exporter.sent),
          waiting(exporter.queue, paint),
          exporter.failed_requests > 0 ? paint('yellow', number(exporter.failed_requests)) : '0',
          exporter.dead_lettered + exporter.dropped > 0
            ? paint('red', number(exporter.dead_lettered + exporter.dropped))
            : '0',
          exporter.state === 'ok'
            ? paint('green', 'ok')
            : `${paint('red', exporter.state)}${exporter.last_error === undefined ? '' : ` ${exporter.last_error}`}`,
        ]),
      ],
      '',
    ),
  ];
  const lines = blocks.flatMap((block, index) => (index === 0 ? block : ['', ...block]));
  const shown =
    lines.length > height
      ? [
          ...lines.slice(0, height - 1),
          paint('dim', `… ${lines.length - height + 1} more lines: make the window higher`),
        ]
      : lines;
  return shown.map((line) => clip(line, width)).join('\n');
}

function stateText(state: string, paint: Paint): string {
  return state === 'in effect' ? paint('green', state) : paint('red', state);
}

function reloadText(reload: StatusAnswer['config']['last_reload'], paint: Paint): string[] {
  if (!reload) return [];
  const { at, trigger, result, took_ms: took, plan = [], problems = [] } = reload;
  const counts = new Map<string, number>();
  for (const { action } of plan) counts.set(action, (counts.get(action) ?? 0) + 1);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const what =
    result === 'refused'
      ? paint('red', `refused, ${errors} ${errors === 1 ? 'problem' : 'problems'}`)
      : [...counts].map(([action, count]) => `${count} ${action}`).join(', ') || result;
  return [`last reload ${at.slice(0, 19).replace('T', ' ')} (${trigger}) in ${took} ms: ${what}`];
}

function waiting(
  { events, bytes, full }: { readonly events: number; readonly bytes: number; readonly full: boolean },
  paint: Paint,
): string {
  if (events === 0) return '0';
  const text = `${number(events)} (${size(bytes)})`;
  return full ? paint('red', `${text} full`) : text;
}

function perSecond(value: number): string {
  return value >= 100 ? number(Math.round(value)) : value >= 10 || value === 0 ? value.toFixed(0) : value.toFixed(1);
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function size(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1_024 ** power).toFixed(1)} ${units[power - 1]}`;
}

function uptime(seconds: number): string {
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days}d ${hours}h`;
  return hours > 0 ? `${hours}h ${minutes}m` : minutes > 0 ? `${minutes}m ${seconds % 60}s` : `${seconds}s`;
}

/** Cuts what is shown, not the colour codes in it. */
function clip(line: string, width: number): string {
  let shown = 0;
  let text = '';
  for (const piece of line.split(/(\u001B\[[0-9;]*m)/)) {
    if (piece.startsWith('\u001B')) text += piece;
    else {
      const room = width - shown;
      text += piece.length > room ? piece.slice(0, Math.max(0, room)) : piece;
      shown += piece.length;
    }
  }
  return text;
}
