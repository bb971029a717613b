/** What a syslog event remembers once something but its level was asked for: what was read of it, and what was assigned. */
import type { Edits, Level, Metadata } from '../../component/event.ts';
import type { Header } from './header.ts';

/** What an event and its copies are one in, beside the id. */
class Identity {
  /** Whether its parse error was counted. */
  counted = false;
}

/** What is known of an event once something but its level was asked for. */
export class Detail {
  header: Header | undefined;
  /** The whole message as text, where a character is a byte; else undefined. */
  text: string | undefined;
  identity = new Identity();
  timestamp: number | undefined;
  eventType: string | undefined;
  level: Level | undefined;
  source: string | undefined;
  title: string | undefined;
  message: string | undefined;
  metadata: Metadata | undefined;
  tags: string[] | undefined;
  /** Those of them that were assigned. */
  assigned: Edits | undefined;
  /** The message was assigned: the bytes are no longer what the event says. */
  edited = false;
  truncated = false;
  decoded = false;
  /** The message's text has a replacement character. */
  doubtful = false;
}
