/** The commands but `run`, loaded when one of them is called: together, since each part of its own costs every start a file more. */
export { alert } from './alert.ts';
export { check } from './check.ts';
export { candidates, completionScript } from './completion.ts';
export { listLetters, purgeLetters, replayLetters, showLetters } from './dead-letters.ts';
export { explain } from './explain.ts';
export { monitor } from './monitor.ts';
export { plan } from './plan.ts';
export { components, list, schema } from './print.ts';
export { replay } from './replay.ts';
export { SAMPLE_CONFIG } from './sample-config.ts';
export { tap } from './tap.ts';
export { test, testAll } from './test.ts';
export { top } from './top.ts';
export { validate } from './validate.ts';
