/** The `webhooks` option: paths of the user's own, and what is found where in what is sent there. */

const text = <const D extends string>(description: D) => ({ type: 'string', minLength: 1, description }) as const;

export const webhookField = {
  type: 'object',
  description:
    'Paths of your own, and for each of them CEL expressions that make events of what is sent there: over body (the JSON), headers (names in lower case) and, with each, item.',
  examples: [
    {
      '/v1/statuspage': {
        title: '"Incident: " + body.incident.name',
        level: 'body.incident.impact == "critical" ? "critical" : "warning"',
        message: 'body.incident.incident_updates[0].body',
        metadata: { status: 'body.incident.status' },
      },
    },
  ],
  additionalProperties: {
    type: 'object',
    additionalProperties: false,
    properties: {
      each: text('A list, such as body.items: one event for each item. Without it, the body is one event.'),
      when: text('Only what this is true for becomes an event.'),
      title: text('The title. A title or a message is needed.'),
      message: text('The message; by default the title.'),
      level: text('The level: a level, or a name or number of one. What is none is info, and kept as metadata.level.'),
      source: text('The source; by default webhook.'),
      event_type: text('The event type, a lower-case word; by default custom.'),
      event_id: text('The event’s id; by default a new one.'),
      timestamp: text('The time, as RFC 3339 or a Unix time; by default that of arrival.'),
      tags: text('A list of tags, or one.'),
      metadata: {
        type: 'object',
        additionalProperties: { type: 'string', minLength: 1 },
        description: 'Metadata keys and their values. Without it, the metadata is the whole body or item.',
      },
    },
  },
} as const;
