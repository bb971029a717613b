/** A report in Slack: the period, the short lists side by side, and the commonest titles over the whole width. */
import type { ReportList, ReportParts } from '../../lib/report-parts.ts';
import { cutMrkdwn, escapeMrkdwn } from './mrkdwn.ts';

/** Of one list; three short ones and the titles stay far below what a message may have. */
const MAX_LIST = 1_500;
const MAX_ROW = 200;
const MAX_INTRO = 500;

export interface ReportTexts {
  readonly intro: string;
  /** Side by side, where there is room. */
  readonly short: readonly string[];
  readonly long: readonly string[];
}

export function reportTexts({ intro, lists }: ReportParts): ReportTexts {
  const long = lists.filter(({ heading }) => heading === 'Most often');
  return {
    intro: cutMrkdwn(escapeMrkdwn(intro.join('\n')), MAX_INTRO),
    // A report has three; a message has room for them.
    short: lists
      .filter((list) => !long.includes(list))
      .slice(0, 3)
      .map(listText),
    long: long.slice(0, 1).map(listText),
  };
}

function listText({ heading, rows }: ReportList): string {
  let text = `*${cutMrkdwn(escapeMrkdwn(heading), MAX_ROW)}*`;
  for (const [index, [count, what]] of rows.entries()) {
    const line = `\n*${count}*  ${cutMrkdwn(escapeMrkdwn(what), MAX_ROW)}`;
    if (text.length + line.length > MAX_LIST) return `${text}\n… and ${rows.length - index} more`;
    text += line;
  }
  return text;
}
