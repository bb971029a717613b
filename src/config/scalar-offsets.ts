/**
 * From a place in a value to the place in the file: past quotes, escapes, folded lines and the
 * indentation of block scalars. So an error in an expression points into the expression.
 */
import type { ScalarNode } from './tree.ts';

const ESCAPE = /^\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|\r?\n[ \t]*|[\s\S])/;

/** Where character `offset` of what YAML read is written. */
export function sourceOffset(node: ScalarNode, offset: number): number {
  const { source, start, end } = node.span;
  if (typeof node.value !== 'string') return start;
  const written = source.text.slice(start, end);
  const open = written[0];
  if (node.quoted && (open === '|' || open === '>')) return start + alongBlock(written, node.value, offset);
  if (!node.quoted && !written.includes('\n')) return start + Math.min(offset, written.length);
  return start + alongFlow(written, node.value, offset, node.quoted ? open : undefined);
}

/** Where character `offset` of the text with `${…}` filled in is written. */
export function writtenOffset(node: ScalarNode, offset: number): number {
  if (!node.substitution) return sourceOffset(node, offset);
  let before = 0;
  for (const { text, rawStart, fromOutside } of node.substitution.pieces) {
    if (offset < before + text.length) return sourceOffset(node, fromOutside ? rawStart : rawStart + offset - before);
    before += text.length;
  }
  return sourceOffset(node, String(node.value).length);
}

function alongFlow(written: string, value: string, offset: number, quote: string | undefined): number {
  let at = quote ? 1 : 0;
  for (let index = 0; at < written.length; index += 1) {
    const lineBreak = /^[ \t]*\r?\n\s*/.exec(written.slice(at, at + 400));
    if (index >= offset)
      return lineBreak && value[index] !== ' ' && value[index] !== '\n' ? at + lineBreak[0].length : at;
    if (lineBreak && (value[index] === ' ' || value[index] === '\n')) {
      // A folded line break is one space; n empty lines are n line feeds.
      const breaks = Math.max(1, lineBreak[0].split('\n').length - 2);
      index = Math.min(offset, index + breaks) - 1;
      at += lineBreak[0].length;
    } else if (quote === '"' && written[at] === '\\') {
      const [escape] = ESCAPE.exec(written.slice(at, at + 400)) ?? ['\\'];
      // An escaped line break is nothing at all.
      if (/^\\\r?\n/.test(escape)) index -= 1;
      // One escape, two UTF-16 units.
      else if (escape.startsWith('\\U') && Number.parseInt(escape.slice(2), 16) > 0xffff) index += 1;
      at += escape.length;
    } else {
      at += quote === "'" && written.startsWith("''", at) ? 2 : 1;
    }
  }
  return written.length;
}

function alongBlock(written: string, value: string, offset: number): number {
  let at = written.indexOf('\n') + 1;
  const indent = indentation(written, at);
  let atLineStart = true;
  for (let index = 0; index < value.length && at < written.length; index += 1) {
    if (atLineStart) at = pastIndent(written, at, indent);
    // Folding takes line breaks out that the value does not have.
    while (value[index] !== '\n' && value[index] !== ' ' && (written[at] === '\n' || written[at] === '\r')) {
      at = pastIndent(written, at + 1, indent);
    }
    if (value[index] === '\n' && written[at] === '\r') at += 1;
    if (index >= offset) return at;
    atLineStart = written[at] === '\n';
    at += 1;
  }
  return Math.min(at, written.length);
}

function indentation(written: string, from: number): number {
  const explicit = /^[|>][+-]?(\d)/.exec(written)?.[1];
  const first = /^(?:[ \t]*\r?\n)*( *)/.exec(written.slice(from))?.[1]?.length ?? 0;
  return explicit === undefined ? first : Math.max(Number(explicit), Math.min(first, Number(explicit)));
}

function pastIndent(written: string, from: number, indent: number): number {
  let at = from;
  while (at < from + indent && written[at] === ' ') at += 1;
  return at;
}
