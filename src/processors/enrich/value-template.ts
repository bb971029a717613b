/**
 * Values of `set`, of whatever YAML, in which texts with `{{` or `{%` are templates.
 *
 * A text that is nothing but `{{ path }}` copies the value as it is, a number as a number.
 */
import { newMetadata, type Event } from '../../component/event.ts';
import { fieldReader, isFieldPath } from '../../lib/field-path.ts';
import { checkTemplate, compileTemplate } from '../../lib/template.ts';

export type ValueOf = (event: Event) => unknown;

export interface TemplateProblem {
  readonly message: string;
  /** From the value down. */
  readonly path: readonly (string | number)[];
}

const COPY = /^\s*\{\{\s*([A-Za-z_][\w.]*)\s*\}\}\s*$/;

export function isTemplate(value: unknown): value is string {
  return typeof value === 'string' && (value.includes('{{') || value.includes('{%'));
}

/** Whether there is a template anywhere in the value. */
export function hasTemplate(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isTemplate(value);
  return Object.values(value).some(hasTemplate);
}

/** The value for an event. What holds no template is one frozen value for all of them. */
export function compileValue(value: unknown): ValueOf {
  if (!hasTemplate(value)) {
    const constant = frozen(value);
    return () => constant;
  }
  if (isTemplate(value)) return compileText(value);
  if (Array.isArray(value)) {
    const items = value.map(compileValue);
    return (event) => items.map((item) => item(event));
  }
  const entries = Object.entries(value as object).map(([key, item]): [string, ValueOf] => [key, compileValue(item)]);
  return (event) => {
    const made = newMetadata();
    for (const [key, item] of entries) made[key] = item(event);
    return made;
  };
}

/** What is wrong with the templates in a value. */
export function problemsWith(value: unknown, path: readonly (string | number)[] = []): TemplateProblem[] {
  if (isTemplate(value)) {
    const problem = checkTemplate(value);
    return problem ? [{ message: problem.message, path }] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => problemsWith(item, [...path, index]));
  return Object.entries(value).flatMap(([key, item]) => problemsWith(item, [...path, key]));
}

function compileText(text: string): ValueOf {
  const path = COPY.exec(text)?.[1];
  // `{{ tags.size }}` and the like are Liquid's to answer.
  if (
    path !== undefined &&
    isFieldPath(path) &&
    (!path.includes('.') || path.startsWith('metadata.')) &&
    !/\.(?:size|first|last)$/.test(path)
  ) {
    if (path !== 'timestamp' && path !== 'metadata') {
      const read = fieldReader(path);
      return (event) => read(event) ?? '';
    }
  }
  return compileTemplate(text);
}

function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(frozen));
  const copy = newMetadata();
  for (const [key, item] of Object.entries(value)) copy[key] = frozen(item);
  return Object.freeze(copy);
}
