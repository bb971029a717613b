/** Whether a text is a URL that an HTTP destination can have. Says nothing of what is in it: it may be a secret. */
export function checkUrl(text: string): { readonly message: string } | undefined {
  if (text.trim() === '') return { message: 'it is empty; it takes a URL such as https://example.com/path' };
  if (URL.canParse(text)) {
    const { protocol } = new URL(text);
    if (protocol === 'http:' || protocol === 'https:') return undefined;
    if (!text.includes('://')) return { message: 'this is no URL; write it whole, with https:// in front' };
    return { message: `this is a URL of ${protocol.slice(0, -1)}; it takes http:// or https://` };
  }
  const variable = /^\$(\w+)$/.exec(text)?.[1];
  if (variable !== undefined) return { message: `this is no URL; a variable is written \${env:${variable}}` };
  return { message: 'this is no URL; write it whole, such as https://example.com/path' };
}
