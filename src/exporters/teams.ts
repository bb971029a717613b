/**
 * teams: posts each event to a Microsoft Teams channel or chat, as an Adaptive Card.
 *
 * Where do I get the URL? In the channel’s menu under Workflows: "Post to a channel when a webhook
 * request is received". The URLs of the older Incoming Webhook connector work too, as long as they last.
 */
import { defineExporter, type Exporter, type OptionProblem, type Verdict } from '../component/component.ts';
import type { ConfigSchema } from '../component/schema.ts';
import { excerpt, secretsOfUrl } from '../lib/excerpt.ts';
import { HttpClient, verdictOf, type Answer } from '../lib/http-client.ts';
import { compileTemplate } from '../lib/template.ts';
import { transportProblems } from '../lib/transport-problems.ts';
import { trustProperties } from '../lib/trust-options.ts';
import { messageOf } from './teams/card.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['webhook_url'],
  properties: {
    webhook_url: {
      type: 'string',
      format: 'uri',
      writeOnly: true,
      description: 'URL of the workflow. A secret: use ${env:…}.',
    },
    template: {
      type: 'string',
      format: 'template',
      minLength: 1,
      description: 'Text of the card, in place of the usual layout. It is shown as it is: no Markdown.',
      examples: ['{title} on {metadata.hostname}\n{message}'],
    },
    ...trustProperties,
  },
} as const satisfies ConfigSchema;

const HEADERS = { 'content-type': 'application/json; charset=utf-8' };

export default defineExporter({
  type: 'teams',
  stability: 'beta',
  summary: 'Posts events to a Microsoft Teams channel or chat.',
  audience: 'people',
  // https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using#rate-limiting-for-connectors:
  // four a second, 60 in half a minute, 100 in an hour; what is more answers 429.
  minIntervalMs: 500,
  schema,
  example: { webhook_url: '${env:TEAMS_WEBHOOK_URL}' },
  check: ({ webhook_url: url, verify_ssl }): OptionProblem[] =>
    transportProblems({ url, verify_ssl }).map((problem) =>
      problem.path[0] === 'url' ? { ...problem, path: ['webhook_url'] } : problem,
    ),
  create(options, { clock }): Exporter<string> {
    const { webhook_url: url, verify_ssl: verifySsl, ca_file: caFile } = options;
    const client = new HttpClient({ url, verifySsl, caFile });
    const secrets = secretsOfUrl(url);
    const template = options.template === undefined ? undefined : compileTemplate(options.template);
    return {
      encode: (events) => events.map((event) => ({ request: messageOf(event, template), events: 1 })),
      async send(body, signal) {
        const answer = await client.post(body, HEADERS, signal);
        return 'kind' in answer ? answer : verdictOfTeams(answer, clock.now(), secrets);
      },
      stop: () => client.close(),
    };
  },
});

/** Workflow codes of status 400 that mean that the workflow, not the card, is at fault. */
const WORKFLOW = /Workflow\w*(?:Disabled|NotEnabled|NotFound|Suspended)|InvalidFlowSig|DirectApiAuthorizationRequired/;

function verdictOfTeams(answer: Answer, now: number, secrets: readonly string[]): Verdict {
  // A connector takes a message with 200, and says in the text what Teams then answered.
  const behind = /returned HTTP error (\d{3})/.exec(answer.text)?.[1];
  const status = behind === undefined || answer.status >= 300 ? answer.status : Number(behind);
  const { code, message } = errorOf(answer.text);
  const said = message ?? code ?? answer.text;
  const verdict = verdictOf({ status, headers: answer.headers, text: said }, now, secrets);
  if (verdict.kind === 'refused' && code !== undefined && WORKFLOW.test(code)) {
    return {
      kind: 'misconfigured',
      reason: `answered ${status}: ${excerpt(said, secrets)}: switch the workflow on, or set its new URL`,
    };
  }
  return verdict;
}

function errorOf(text: string): { code?: string; message?: string } {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } };
    return {
      ...(typeof error?.code === 'string' && { code: error.code }),
      ...(typeof error?.message === 'string' && { message: error.message }),
    };
  } catch {
    return {};
  }
}
