/** The only list of component types. A new one is a line here, and in nothing else. */
import type { Catalog } from './component/catalog.ts';
import type { ExporterDefinition } from './component/component.ts';
import { batchProperty, deliveryProperties } from './component/delivery-options.ts';
import console from './exporters/console.ts';
import discord from './exporters/discord.ts';
import elasticsearch from './exporters/elasticsearch.ts';
import email from './exporters/email.ts';
import fileExporter from './exporters/file.ts';
import httpExporter from './exporters/http.ts';
import loki from './exporters/loki.ts';
import otlphttp from './exporters/otlphttp.ts';
import pagerduty from './exporters/pagerduty.ts';
import slack from './exporters/slack.ts';
import splunkHec from './exporters/splunk_hec.ts';
import syslogExporter from './exporters/syslog.ts';
import teams from './exporters/teams.ts';
import telegram from './exporters/telegram.ts';
import { checkExpression } from './expression/expression.ts';
import { checkRegex } from './expression/regex.ts';
import { checkFieldPath } from './lib/field-path.ts';
import { checkTemplate } from './lib/template.ts';
import { checkUrl } from './lib/url.ts';
import dedupe from './processors/dedupe.ts';
import enrich from './processors/enrich.ts';
import filter from './processors/filter.ts';
import parse from './processors/parse.ts';
import ratelimit from './processors/ratelimit.ts';
import redact from './processors/redact.ts';
import report from './processors/report.ts';
import sample from './processors/sample.ts';
import fileReceiver from './receivers/file/file.ts';
import health from './receivers/health.ts';
import httpReceiver from './receivers/http/http.ts';
import internal from './receivers/internal.ts';
import journald from './receivers/journald/journald.ts';
import stdin from './receivers/stdin.ts';
import syslogReceiver from './receivers/syslog/syslog.ts';

const RECEIVERS = [syslogReceiver, httpReceiver, fileReceiver, stdin, journald, health, internal];
const PROCESSORS = [filter, ratelimit, enrich, parse, dedupe, redact, sample, report];
const EXPORTERS = [
  console,
  discord,
  elasticsearch,
  email,
  fileExporter,
  httpExporter,
  loki,
  otlphttp,
  pagerduty,
  slack,
  splunkHec,
  syslogExporter,
  teams,
  telegram,
];

export const catalog: Catalog = {
  receivers: byType(RECEIVERS),
  processors: byType(PROCESSORS),
  exporters: byType(EXPORTERS.map(withDelivery)),
  formats: {
    expression: checkExpression,
    regex: checkRegex,
    field: checkFieldPath,
    template: checkTemplate,
    uri: checkUrl,
  },
};

function byType<D extends { readonly type: string }>(definitions: readonly D[]): ReadonlyMap<string, D> {
  return new Map(definitions.map((definition) => [definition.type, definition]));
}

/** An exporter with the options that every exporter has: its queue, its retries, and the two processors at its door. */
export function withDelivery(definition: ExporterDefinition): ExporterDefinition {
  const { schema, batch } = definition;
  return {
    ...definition,
    schema: {
      ...schema,
      properties: {
        ...schema.properties,
        filters: { ...filter.schema, description: 'Which events this exporter gets, as the processor filter.' },
        rate_limit: {
          ...ratelimit.schema,
          description: 'How many events it gets in a window, as the processor ratelimit.',
        },
        ...deliveryProperties,
        ...(batch ? { batch: batchProperty } : {}),
      },
    },
  };
}
