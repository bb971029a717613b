/**
 * What GitHub's webhooks tell, as events: a failed workflow is an error, a leaked secret critical, a
 * push for information. Set `auth: {type: hmac, secret: …}` to the secret of the webhook.
 *
 * https://docs.github.com/en/webhooks/webhook-events-and-payloads
 */
import { randomUUID } from 'node:crypto';
import { newMetadata, type Event, type Level } from '../../../component/event.ts';
import { titleOf } from '../../../lib/title.ts';
import { Refusal } from '../answer.ts';
import { asObject, door, textAt, type Delivery } from './door.ts';

type Json = Readonly<Record<string, unknown>>;

export const githubRoute = door('/v1/github', 'POST GitHub’s webhooks: one event for each delivery', (delivery) => [
  eventOf(delivery),
]);

/** Which key of the body holds what an event is about, where it is not the event's own name. */
const SUBJECTS: Readonly<Record<string, string>> = {
  issues: 'issue',
  issue_comment: 'issue',
  pull_request_review: 'pull_request',
  deployment_status: 'deployment_status',
  dependabot_alert: 'alert',
  code_scanning_alert: 'alert',
  secret_scanning_alert: 'alert',
  repository_vulnerability_alert: 'alert',
};

const SECURITY = new Set([
  'dependabot_alert',
  'code_scanning_alert',
  'secret_scanning_alert',
  'repository_vulnerability_alert',
  'repository_advisory',
  'security_advisory',
]);

/** Conclusions and states of runs, checks and deployments that want somebody's attention. */
const FAILURES = new Set(['failure', 'timed_out', 'startup_failure', 'error']);

const SEVERITIES: Readonly<Record<string, Level>> = {
  critical: 'critical',
  high: 'error',
  error: 'error',
  moderate: 'warning',
  medium: 'warning',
  warning: 'warning',
  low: 'info',
  note: 'info',
};

function eventOf({ body, headers, now }: Delivery): Event {
  const payload = asObject(body);
  const kind = header(headers['x-github-event']);
  if (!/^[a-z_]{1,64}$/.test(kind)) throw new Refusal(400, 'this is no delivery of GitHub: X-GitHub-Event is missing');
  const subject = asObject(payload[SUBJECTS[kind] ?? kind]);
  const action = textAt(payload, 'action');
  const repository = textAt(asObject(payload['repository']), 'full_name');
  const sender = textAt(asObject(payload['sender']), 'login');
  const outcome = textAt(subject, 'conclusion') || textAt(subject, 'state');
  const url = textAt(subject, 'html_url') || textAt(payload, 'compare') || textAt(subject, 'target_url');
  const delivery = header(headers['x-github-delivery']);
  const metadata = newMetadata();
  const said = { event: kind, action, repository, sender, outcome, url, delivery, ref: textAt(payload, 'ref') };
  for (const [key, value] of Object.entries(said)) if (value !== '') metadata[key] = value;
  const title = titleOf(titleFor(kind, action || outcome, payload, subject));
  return {
    // A delivery that is sent again has the same id.
    eventId: /^[\w-]{1,64}$/.test(delivery) ? delivery : randomUUID(),
    timestamp: now,
    eventType: SECURITY.has(kind) ? 'security_event' : 'custom',
    level: levelFor(kind, action, outcome, subject),
    source: repository || textAt(asObject(payload['organization']), 'login') || 'github',
    title,
    message: messageFor(title, kind, payload, subject, url),
    metadata,
    tags: [],
  };
}

/** `Pull request opened: Fix the leak`, `Workflow run failure: CI`, `Push to main: 3 commits`. */
function titleFor(kind: string, happened: string, payload: Json, subject: Json): string {
  if (kind === 'ping') return 'GitHub’s webhook is connected';
  const { commits } = payload;
  if (kind === 'push' && Array.isArray(commits)) {
    const branch = textAt(payload, 'ref').replace(/^refs\/(?:heads|tags)\//, '');
    return `Push to ${branch}: ${commits.length} ${commits.length === 1 ? 'commit' : 'commits'}`;
  }
  const words = kind.replaceAll('_', ' ');
  const outcome = textAt(subject, 'conclusion');
  const what = `${words.charAt(0).toUpperCase()}${words.slice(1)} ${outcome || happened.replaceAll('_', ' ')}`.trim();
  const name = nameOf(subject);
  return name === '' ? what : `${what}: ${name}`;
}

function nameOf(subject: Json): string {
  const advisory = asObject(subject['security_advisory']);
  const rule = asObject(subject['rule']);
  return (
    textAt(subject, 'title') ||
    textAt(subject, 'name') ||
    textAt(subject, 'tag_name') ||
    textAt(subject, 'environment') ||
    textAt(advisory, 'summary') ||
    textAt(rule, 'description') ||
    textAt(subject, 'secret_type_display_name')
  );
}

function messageFor(title: string, kind: string, payload: Json, subject: Json, url: string): string {
  const comment = textAt(asObject(payload['comment']), 'body') || textAt(asObject(payload['review']), 'body');
  const text =
    kind === 'push'
      ? commitsText(payload['commits'])
      : comment || textAt(subject, 'body') || textAt(subject, 'description');
  return [title, text, url].filter((part) => part !== '').join('\n');
}

function commitsText(commits: unknown): string {
  if (!Array.isArray(commits)) return '';
  return commits
    .slice(0, 20)
    .map((commit) => {
      const json = asObject(commit);
      return `${textAt(json, 'id').slice(0, 7)} ${titleOf(textAt(json, 'message'))}`;
    })
    .join('\n');
}

function levelFor(kind: string, action: string, outcome: string, subject: Json): Level {
  if (SECURITY.has(kind)) {
    if (!['created', 'reopened', 'appeared_in_branch', 'create', 'published', 'reintroduced'].includes(action))
      return 'info';
    if (kind === 'secret_scanning_alert') return 'critical';
    const rule = asObject(subject['rule']);
    const severity =
      textAt(asObject(subject['security_advisory']), 'severity') ||
      textAt(rule, 'security_severity_level') ||
      textAt(rule, 'severity') ||
      textAt(subject, 'severity');
    return Object.hasOwn(SEVERITIES, severity) ? SEVERITIES[severity]! : 'warning';
  }
  return FAILURES.has(outcome) ? 'error' : 'info';
}

function header(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}
