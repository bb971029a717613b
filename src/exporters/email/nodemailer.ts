/** The two parts of nodemailer that are used, loaded with the first mail: 30 ms that most files never need. */
import type MailComposerClass from 'nodemailer/lib/mail-composer';
import type SMTPConnectionClass from 'nodemailer/lib/smtp-connection';

export type { SMTPConnectionClass as SMTPConnection };
export type SentMessageInfo = Parameters<Parameters<SMTPConnectionClass['send']>[2]>[1];

export async function loadNodemailer(): Promise<{
  SMTPConnection: typeof SMTPConnectionClass;
  MailComposer: typeof MailComposerClass;
}> {
  const [connection, composer] = await Promise.all([
    import('nodemailer/lib/smtp-connection'),
    import('nodemailer/lib/mail-composer'),
  ]);
  return { SMTPConnection: connection.default, MailComposer: composer.default };
}
