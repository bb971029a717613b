/**
 * Lets `${env:NAME}` stand unquoted wherever YAML has a value, also between `{ }` and `[ ]`, where
 * its braces would be structure: while YAML is parsed, the characters that mean something to it are
 * exchanged for private ones. Each for one, so that every position stays.
 */
const REFERENCE = /\$\{(?:env|file):[^}\r\n]*\}/g;
const SPECIAL = '{}[],:#&*!|>%@`?';
const FIRST = 0xf500;
const PRIVATE = /[\uF500-\uF50F]/;
const ALL_PRIVATE = new RegExp(PRIVATE.source, 'g');

export function maskReferences(text: string): string {
  if (!text.includes('${') || PRIVATE.test(text)) return text;
  return text.replace(REFERENCE, (reference) =>
    reference.replace(/[{}[\],:#&*!|>%@`?]/g, (character) => String.fromCharCode(FIRST + SPECIAL.indexOf(character))),
  );
}

export function unmaskReferences(value: string): string {
  return PRIVATE.test(value)
    ? value.replace(ALL_PRIVATE, (character) => SPECIAL[character.charCodeAt(0) - FIRST]!)
    : value;
}
