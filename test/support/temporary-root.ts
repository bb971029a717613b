/** A folder for everything that a run of the tests writes, and a failure where one of them leaves something behind. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** For `globalSetup`: what it returns is called when all tests have ended. */
export default function setUp(): () => void {
  const root = mkdtempSync(join(tmpdir(), 'lnmt-tests-'));
  process.env['TMPDIR'] = root;
  // From Node 22 on, programs such as tsc leave what they compiled there.
  process.env['NODE_DISABLE_COMPILE_CACHE'] = '1';
  return () => {
    const left = readdirSync(root);
    rmSync(root, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`tests left temporary files behind: ${left.join(', ')}`);
  };
}
