import { expect, test } from 'vitest';
import { KnownSecrets } from '../../src/telemetry/known-secrets.ts';

function inEffect(...names: string[]): KnownSecrets {
  const secrets = new KnownSecrets();
  for (const name of names) {
    secrets.tried([name, 'shared']);
    secrets.tookEffect();
  }
  return secrets;
}

test('knows what is in effect and what was shortly before, not all that ever was', () => {
  const secrets = inEffect(...Array.from({ length: 100 }, (_, number) => `secret ${number}`));
  expect(secrets.list.length).toBeLessThan(12);
  expect(secrets.list).toEqual(expect.arrayContaining(['secret 99', 'secret 98', 'secret 95', 'shared']));
});

test('what is in effect stays known however many edits are refused, and so does what the next one follows', () => {
  const secrets = inEffect('running');
  for (let number = 0; number < 100; number += 1) secrets.tried([`refused ${number}`]);
  expect(secrets.list).toEqual(expect.arrayContaining(['running', 'refused 99']));
  expect(secrets.list.length).toBeLessThan(12);
  secrets.tried(['next']);
  secrets.tookEffect();
  expect(secrets.list).toEqual(expect.arrayContaining(['running', 'next']));
});

test('edits of something else push nothing out, and leave the list as it is', () => {
  const secrets = inEffect('old', 'new');
  const { list } = secrets;
  for (let count = 0; count < 100; count += 1) {
    secrets.tried(['new', 'shared']);
    secrets.tookEffect();
  }
  expect(secrets.list).toEqual(expect.arrayContaining(['old', 'new']));
  expect(secrets.list.toSorted()).toEqual(list.toSorted());
});
