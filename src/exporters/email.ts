/**
 * email: sends each event as a mail, in plain text and HTML; with `batch`, several events in one.
 *
 * With use_tls no mail and no password ever leaves in clear text: where the server offers no
 * encryption, nothing is sent and the operator is told.
 */
import { defineExporter, type Exporter, type OptionProblem } from '../component/component.ts';
import { ConfigError } from '../component/errors.ts';
import type { ConfigOf, ConfigSchema } from '../component/schema.ts';
import { compileTemplate } from '../lib/template.ts';
import { trustProperties } from '../lib/trust-options.ts';
import { addressProblems, parseAddress, type Address } from './email/addresses.ts';
import { mailOf, type Mail } from './email/mail.ts';
import { Mailer } from './email/mailer.ts';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['smtp_host', 'from_email', 'to_emails'],
  properties: {
    smtp_host: { type: 'string', minLength: 1, description: 'Name or address of the mail server.' },
    smtp_port: {
      type: 'integer',
      minimum: 1,
      maximum: 65_535,
      default: 587,
      description: 'Its port: 587 for STARTTLS, 465 for TLS at once, 25 between servers.',
    },
    use_tls: {
      type: 'boolean',
      default: true,
      description: 'true: encrypted, or not at all (STARTTLS; TLS at once on port 465). false: in the clear.',
    },
    username: { type: 'string', minLength: 1, description: 'User to log in as; without one, there is no login.' },
    password: { type: 'string', writeOnly: true, description: 'Password, or app password. A secret: use ${env:…}.' },
    from_email: {
      type: 'string',
      minLength: 3,
      description: 'Sender: an address, or Name <address>.',
      examples: ['lnmt@example.com'],
    },
    to_emails: {
      type: 'array',
      items: { type: 'string' },
      orOne: true,
      minItems: 1,
      description: 'Recipients, each an address or Name <address>.',
      examples: [['admin@example.com', 'ops@example.com']],
    },
    reply_to: { type: 'string', description: 'Where answers go, if not to the sender.' },
    subject_template: {
      type: 'string',
      format: 'template',
      minLength: 1,
      default: 'LNMT Alert: {level} - {title}',
      description: 'Subject. Of several events in one mail, that of the gravest.',
    },
    template: {
      type: 'string',
      format: 'template',
      minLength: 1,
      description: 'Body, as plain text, in place of the usual layout.',
    },
    ...trustProperties,
  },
} as const satisfies ConfigSchema;

type Options = ConfigOf<typeof schema>;

export default defineExporter({
  type: 'email',
  stability: 'stable',
  summary: 'Sends events by mail, through an SMTP server.',
  audience: 'people',
  batch: 'optional',
  schema,
  example: {
    smtp_host: 'smtp.example.com',
    username: 'lnmt@example.com',
    password: '${env:SMTP_PASSWORD}',
    from_email: 'lnmt@example.com',
    to_emails: ['admin@example.com', 'ops@example.com'],
  },
  check: problems,
  create(options, { id, clock, log, counter, batched = false }): Exporter<Mail> {
    const { smtp_port: port, use_tls: encrypted, username: user, password: pass = '' } = options;
    const from = addressOf(options.from_email, ['from_email']);
    const layout = {
      id,
      subject: compileTemplate(options.subject_template),
      body: options.template === undefined ? undefined : compileTemplate(options.template),
      domain: from.address.slice(from.address.lastIndexOf('@') + 1),
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    };
    const mailer = new Mailer(
      {
        smtp: {
          host: options.smtp_host,
          port,
          security: !encrypted ? 'none' : port === 465 ? 'tls' : 'starttls',
          credentials: user === undefined ? undefined : { user, pass },
          tls: { rejectUnauthorized: options.verify_ssl },
        },
        caFile: options.ca_file,
        from,
        to: options.to_emails.map((text, index) => addressOf(text, ['to_emails', index])),
        replyTo: options.reply_to === undefined ? undefined : addressOf(options.reply_to, ['reply_to']),
        secrets: secretsOf(user, pass),
      },
      clock,
      log,
      counter('refused_recipients', 'Recipients that a mail server refused while others took the mail.'),
    );
    return {
      encode(events) {
        if (batched) return events.length === 0 ? [] : [{ request: mailOf(events, layout), events: events.length }];
        return events.map((event) => ({ request: mailOf([event], layout), events: 1 }));
      },
      send: (mail, signal) => mailer.send(mail, signal),
      stop: async () => mailer.stop(),
    };
  },
});

function addressOf(text: string, path: readonly (string | number)[]): Address {
  const address = parseAddress(text);
  if (!address) throw new ConfigError('this is not one mail address', { path });
  return address;
}

/** The forms in which a server could echo a login. */
function secretsOf(user: string | undefined, pass: string): string[] {
  if (user === undefined || pass === '') return [];
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return [pass, base64(pass), base64(`\0${user}\0${pass}`), base64(user)];
}

function problems(options: Options): OptionProblem[] {
  const found = [
    ...addressProblems(options.from_email, ['from_email']),
    ...options.to_emails.flatMap((text, index) => addressProblems(text, ['to_emails', index])),
    ...addressProblems(options.reply_to, ['reply_to']),
  ];
  const { username, password, use_tls: encrypted, smtp_port: port } = options;
  if (username !== undefined && password === undefined) {
    found.push({ severity: 'error', message: 'username needs a password', path: ['username'] });
  }
  if (username === undefined && password !== undefined) {
    found.push({ severity: 'error', message: 'password needs a username', path: ['password'] });
  }
  if (!encrypted && port === 465) {
    found.push({
      severity: 'hint',
      message: 'port 465 speaks TLS: use_tls: true is probably meant',
      path: ['use_tls'],
    });
  } else if (!encrypted && username !== undefined) {
    found.push({ severity: 'hint', message: 'use_tls: false sends the password in clear text', path: ['use_tls'] });
  }
  if (encrypted && !options.verify_ssl) {
    const message = 'verify_ssl: false lets anybody on the way read the mails and the password; set ca_file instead';
    found.push({ severity: 'hint', message, path: ['verify_ssl'] });
  }
  return found;
}
