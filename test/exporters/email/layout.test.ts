import { describe, expect, test } from 'vitest';
import { factsOf } from '../../../src/exporters/email/facts.ts';
import { htmlOfMany, htmlOfOne } from '../../../src/exporters/email/html.ts';
import { textOfMany, textOfOne } from '../../../src/exporters/email/text.ts';
import { diskLow, hostile, sshLogin, stackTrace } from '../../support/sample-events.ts';

describe('layout', () => {
  const zone = 'Europe/Berlin';
  test.for(Object.entries({ diskLow, sshLogin, stackTrace, hostile }))('%s', async ([name, one]) => {
    const facts = factsOf(one, zone, 'alone');
    await expect(htmlOfOne(facts)).toMatchFileSnapshot(`../../golden/email/${name}.html`);
    await expect(textOfOne(facts)).toMatchFileSnapshot(`../../golden/email/${name}.txt`);
  });

  test('digest', async () => {
    const all = [stackTrace, diskLow, sshLogin].map((one) => factsOf(one, zone, 'among'));
    await expect(htmlOfMany('3 events: 1 critical, 1 warning, 1 info', all, 4)).toMatchFileSnapshot(
      '../../golden/email/digest.html',
    );
    await expect(textOfMany('3 events: 1 critical, 1 warning, 1 info', all, 4)).toMatchFileSnapshot(
      '../../golden/email/digest.txt',
    );
  });

  test('nothing in an event becomes markup', () => {
    const html = htmlOfOne(factsOf(hostile, zone, 'alone'));
    expect(html).not.toMatch(/<script|<img|<svg|<b>|\u001b|\u0000|\u202e/);
  });
});
