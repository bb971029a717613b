import { expect, test } from 'vitest';
import { checkUrl } from '../../src/lib/url.ts';

test.each(['https://example.com/x', 'http://127.0.0.1:8080', 'https://user:pass@[::1]/'])('%s is one', (text) => {
  expect(checkUrl(text)).toBeUndefined();
});

test.each([
  ['', 'it is empty'],
  [' ', 'it is empty'],
  ['hello', 'no URL'],
  ['example.com:8080/x', 'with https:// in front'],
  ['ftp://example.com', 'a URL of ftp'],
  ['$SLACK_URL', '${env:SLACK_URL}'],
  ['https://', 'no URL'],
])('"%s" is none, and why is said without what may be secret in it', (text, why) => {
  expect(checkUrl(text)?.message).toContain(why);
  expect(checkUrl('https:// token-in-it')?.message).not.toContain('token');
});
