import type { Event } from '../component/event.ts';

/** One text for destinations that have no place for a title: the message, after the title unless it begins with that. */
export function titledMessage({ title, message }: Event): string {
  if (message === '') return title;
  return message.startsWith(title) ? message : `${title}: ${message}`;
}
