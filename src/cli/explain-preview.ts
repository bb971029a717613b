/** `explain --preview FILE.html`: writes the page. */
import { writeFile } from 'node:fs/promises';
import { codeOf } from '../component/errors.ts';
import { systemClock } from '../lib/clock.ts';
import { previewPage } from '../preview/page.ts';
import type { Reading } from '../simulation/explain.ts';

/** Resolves with a sentence that says what came of it. Readable for its owner only: messages hold what was logged. */
export async function writePreview(
  readings: readonly Reading[],
  file: string,
  mask: (text: string) => string,
): Promise<string> {
  const parts = readings.map(({ receiver, format, refused, requests, events }) => ({
    title:
      refused === undefined
        ? `${receiver}: ${format ?? ''}${events.length > 1 ? `, ${events.length} events` : ''}`
        : `${receiver} refuses it: ${refused}`,
    messages: requests,
  }));
  const messages = parts.reduce((sum, part) => sum + part.messages.length, 0);
  try {
    await writeFile(file, mask(previewPage(parts, systemClock.now())), { mode: 0o600 });
    return `wrote ${file}: ${messages === 1 ? '1 message' : `${messages} messages`} as people will see them; open it in a browser`;
  } catch (error) {
    return `the preview cannot be written to ${file}: ${codeOf(error)}`;
  }
}
