import type { Event } from '../../src/component/event.ts';

/** Reads every field of an event, as an exporter would; what is wrong with them, if anything is. */
export function troubleIn(event: Event): string | undefined {
  const { eventId, timestamp, eventType, level, source, title, message, metadata, tags } = event;
  if (!Number.isFinite(timestamp) || Number.isNaN(new Date(timestamp).getTime())) return `timestamp ${timestamp}`;
  if ([eventId, eventType, level, source].some((text) => text === '')) return 'an empty field';
  if (title.length > 120 || !message.startsWith(title)) return `title ${title}`;
  if (tags.length > 0) return 'tags';
  JSON.stringify(metadata);
  return metadata['parse_error'] !== undefined && typeof metadata['raw'] !== 'string' ? 'no raw' : undefined;
}
