/** A request as text: exactly what goes on the wire, as far as it is text. */

/** `pretty`: JSON is indented, for people. */
export function requestText(request: unknown, { pretty }: { readonly pretty: boolean }): string {
  if (typeof request === 'string') return pretty ? indented(request) : request;
  if (request instanceof Uint8Array) {
    const text = Buffer.from(request).toString('utf8');
    return text.includes('\ufffd')
      ? `${request.length} bytes: ${Buffer.from(request).toString('base64')}`
      : pretty
        ? indented(text)
        : text;
  }
  if (isMail(request)) return `Subject: ${request.subject}\n\n${request.text}`;
  // An exporter's own kind of request, such as a body and the headers that belong to it.
  return (
    JSON.stringify(
      request,
      (_, value: unknown) => (isBuffer(value) ? Buffer.from(value.data).toString('utf8') : value),
      pretty ? 2 : undefined,
    ) ?? ''
  );
}

interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export function isMail(request: unknown): request is Mail {
  const { subject, text, html } = (request ?? {}) as Partial<Record<keyof Mail, unknown>>;
  return typeof subject === 'string' && typeof text === 'string' && typeof html === 'string';
}

function indented(text: string): string {
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

/** What `JSON.stringify` makes of a Buffer before a replacer sees it. */
function isBuffer(value: unknown): value is { readonly data: number[] } {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as { type?: unknown }).type === 'Buffer' &&
    Array.isArray((value as { data?: unknown }).data)
  );
}
