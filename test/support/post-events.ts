/** Posts events to the collector's http receiver. */
export interface Posted {
  readonly status: number;
  /** How many the answer says were accepted; 0 where nothing was. */
  readonly accepted: number;
}

export async function postEvents(port: number, events: readonly object[]): Promise<Posted> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: events.map((event) => JSON.stringify(event)).join('\n'),
  });
  const text = await response.text();
  return {
    status: response.status,
    accepted: response.status === 202 ? (JSON.parse(text) as { accepted: number }).accepted : 0,
  };
}
