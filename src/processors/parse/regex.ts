/** A regular expression with named groups: each group that took part in the match is a key. */
import { newMetadata } from '../../component/event.ts';
import { compileRegex } from '../../expression/regex.ts';
import { numberOrText, textValue, type Parser } from './parsed.ts';

export function regexParser(pattern: string, numbers: boolean): Parser {
  const regex = compileRegex(pattern, ['pattern']);
  const groups = Object.entries(regex.namedGroups());
  const valueOf = numbers ? numberOrText : textValue;
  return (text) => {
    const matcher = regex.matcher(text);
    if (!matcher.find()) return 'no match of the pattern';
    const fields = newMetadata();
    for (let index = 0; index < groups.length; index += 1) {
      const [name, group] = groups[index]!;
      const value = matcher.group(group);
      if (value !== null) fields[name] = valueOf(value);
    }
    return { fields };
  };
}

/** The names of a pattern's groups; none for a pattern that is wrong. */
export function groupsOf(pattern: string): string[] {
  try {
    return Object.keys(compileRegex(pattern).namedGroups());
  } catch {
    return [];
  }
}
