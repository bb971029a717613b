import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../scripts/ready.mjs', import.meta.url));

test('says what to do on a Node that is too old', () => {
  const older =
    'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.18.3"}})';
  const { status, stderr } = spawnSync(process.execPath, ['--import', older, script], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^lnmt-collector: this needs Node 20\.19 or newer, and runs on Node 20\.18\.3\. Install a newer one .*\n$/,
  );
});
