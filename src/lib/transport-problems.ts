import type { OptionProblem } from '../component/component.ts';

interface HttpOptions {
  readonly url?: string;
  readonly endpoint?: string;
  readonly verify_ssl?: boolean;
  readonly ca_file?: string;
}

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Hints about an HTTP destination that is reached less safely than it could be. `secret` is what would be read on the way, if anything. */
export function transportProblems(options: HttpOptions, secret?: string): OptionProblem[] {
  const problems: OptionProblem[] = [];
  const option = options.url === undefined ? 'endpoint' : 'url';
  const text = options[option];
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' && !LOOPBACK.test(url.hostname)) {
    const what = secret === undefined ? 'the events' : `${secret} and the events`;
    problems.push({ severity: 'hint', message: `http sends ${what} in clear text: use https`, path: [option] });
  }
  if (options.verify_ssl === false) {
    const message =
      url?.protocol === 'http:'
        ? 'verify_ssl has no effect on an http URL'
        : 'verify_ssl: false lets anybody on the way read and change the events; set ca_file instead';
    problems.push({ severity: 'hint', message, path: ['verify_ssl'] });
  }
  return problems;
}

/** A hint where a URL that is shown wherever options are printed has a user and password in it. `instead` is the option for them. */
export function credentialProblems(url: string, option: 'url' | 'endpoint', instead: string): OptionProblem[] {
  if (!URL.canParse(url) || new URL(url).password === '') return [];
  return [
    { severity: 'hint', message: `a URL is not masked: put its user and password into ${instead}`, path: [option] },
  ];
}
