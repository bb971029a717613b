/**
 * Sends mails over one connection that is kept for the next, one more for each that is under way.
 *
 * A mail that only some recipients were given for now is sent again to the others only: who still
 * waits is remembered by Message-ID, in memory; after a restart all of them get it again.
 */
import type { Clock, Counter, Logger, Verdict } from '../../component/component.ts';
import { codeOf } from '../../component/errors.ts';
import { trusted } from '../../lib/trust.ts';
import type { Address } from './addresses.ts';
import { answerOf, isLost, verdictOfSmtp } from './failure.ts';
import type { Mail } from './mail.ts';
import { loadNodemailer, type SentMessageInfo } from './nodemailer.ts';
import { SmtpSession, type SmtpOptions } from './smtp-session.ts';

/** Servers close a silent connection after minutes; ours goes before. */
const IDLE_MS = 30_000;
const MAX_REMEMBERED = 1_000;
/** Refused recipients that the log names at the most. */
const MAX_NAMED = 5;
const WARN_EVERY_MS = 60_000;

export interface MailerOptions {
  readonly smtp: SmtpOptions;
  readonly caFile: string | undefined;
  readonly from: Address;
  readonly to: readonly Address[];
  readonly replyTo: Address | undefined;
  readonly secrets: readonly string[];
}

export class Mailer {
  readonly #options: MailerOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #refusals: Counter;
  readonly #waiting = new Map<string, readonly string[]>();
  #idle: { readonly session: SmtpSession; readonly cancel: () => void } | undefined;
  #stopped = false;
  #warnAgainAt = -Infinity;

  constructor(options: MailerOptions, clock: Clock, log: Logger, refusals: Counter) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.#refusals = refusals;
  }

  async send(mail: Mail, signal: AbortSignal): Promise<Verdict> {
    signal.throwIfAborted();
    let smtp: SmtpOptions;
    try {
      smtp = await this.#smtpOptions();
    } catch (error) {
      return { kind: 'misconfigured', reason: `cannot read the certificates of ca_file: ${codeOf(error)}` };
    }
    const message = await this.#compose(mail);
    signal.throwIfAborted();
    const idle = this.#takeIdle();
    try {
      if (idle) return await this.#sendOver(idle, mail, message, signal);
    } catch (error) {
      signal.throwIfAborted();
      // The server may close an idle connection at any time: that says nothing about a fresh one.
      if (!isLost(error)) return verdictOfSmtp(error, this.#options.secrets);
    }
    try {
      return await this.#sendOver(await SmtpSession.open(smtp, signal), mail, message, signal);
    } catch (error) {
      signal.throwIfAborted();
      return verdictOfSmtp(error, this.#options.secrets);
    }
  }

  async #sendOver(session: SmtpSession, mail: Mail, message: Buffer, signal: AbortSignal): Promise<Verdict> {
    try {
      const to = this.#waiting.get(mail.messageId) ?? this.#options.to.map(({ address }) => address);
      const sent = await session.send(this.#options.from.address, to, message, signal);
      this.#keep(session);
      return this.#verdictOf(mail, sent);
    } catch (error) {
      session.close();
      throw error;
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#takeIdle()?.quit();
  }

  async #smtpOptions(): Promise<SmtpOptions> {
    const { smtp, caFile } = this.#options;
    const ca = await trusted(caFile);
    return ca ? { ...smtp, tls: { ...smtp.tls, ca } } : smtp;
  }

  async #compose(mail: Mail): Promise<Buffer> {
    const { MailComposer } = await loadNodemailer();
    const { from, to, replyTo } = this.#options;
    const urgent = mail.level === 'critical' && { Importance: 'high', 'X-Priority': '1' };
    const composer = new MailComposer({
      from,
      to: [...to],
      ...(replyTo && { replyTo }),
      subject: mail.subject,
      text: mail.text,
      html: mail.html,
      messageId: mail.messageId,
      date: new Date(this.#clock.now()),
      // RFC 3834: no holiday notice answers it; the second says so to Exchange.
      headers: {
        'Auto-Submitted': 'auto-generated',
        'X-Auto-Response-Suppress': 'All',
        'X-LNMT-Level': mail.level,
        ...urgent,
      },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    return composer.compile().build();
  }

  /** Some got it; those who did not: for now, or for good. */
  #verdictOf(mail: Mail, { accepted, rejectedErrors = [] }: NonNullable<SentMessageInfo>): Verdict {
    const deferred: string[] = [];
    let reason = '';
    const refused: string[] = [];
    for (const error of rejectedErrors) {
      const { recipient, responseCode = 0 } = error;
      if (typeof recipient === 'string' && responseCode < 500) deferred.push(recipient);
      else refused.push(typeof recipient === 'string' ? recipient : 'one of them');
      reason = answerOf(error, this.#options.secrets);
    }
    const all = accepted.length + rejectedErrors.length;
    if (refused.length > 0) {
      const names = refused.length > MAX_NAMED ? `${refused.slice(0, MAX_NAMED).join(', ')}, …` : refused.join(', ');
      this.#warn(`the mail went out, but not to ${refused.length} of ${all} recipients (${names}): ${reason}`);
    }
    this.#refusals.add(refused.length);
    if (deferred.length === 0) {
      this.#waiting.delete(mail.messageId);
      return { kind: 'sent' };
    }
    if (this.#waiting.size >= MAX_REMEMBERED) this.#waiting.delete(this.#waiting.keys().next().value!);
    this.#waiting.set(mail.messageId, deferred);
    return {
      kind: 'later',
      reason: `${deferred.length} of ${all} recipients have to wait, the others have the mail: ${reason}`,
    };
  }

  #warn(message: string): void {
    if (this.#clock.monotonic() < this.#warnAgainAt) return;
    this.#warnAgainAt = this.#clock.monotonic() + WARN_EVERY_MS;
    this.#log.warn(message);
  }

  #takeIdle(): SmtpSession | undefined {
    const idle = this.#idle;
    this.#idle = undefined;
    idle?.cancel();
    idle?.session.hold(true);
    return idle?.session.alive ? idle.session : undefined;
  }

  #keep(session: SmtpSession): void {
    if (this.#stopped || this.#idle || !session.alive) return session.quit();
    const cancel = this.#clock.schedule(IDLE_MS, () => this.#takeIdle()?.quit());
    session.hold(false);
    this.#idle = { session, cancel };
  }
}
