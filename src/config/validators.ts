/**
 * The checks of options. Schemas of our own are walked; a plugin's may say whatever JSON Schema can,
 * and is compiled by Ajv, which costs 50 MB and half a second and is loaded only then.
 */
import type { ConfigSchema } from '../component/schema.ts';
import { schemaErrors, type SchemaError } from './schema-check.ts';

/** What an Ajv validation function is to us. It fills defaults in. */
interface Validator {
  (data: unknown): boolean | Promise<unknown>;
  errors?: readonly SchemaError[] | null;
}

const compiled = new WeakMap<ConfigSchema, Validator>();
let compiling: Promise<(schema: ConfigSchema) => Validator> | undefined;

/** What is wrong with `value`, in which defaults are filled in. */
export function errorsOf(schema: ConfigSchema, value: unknown): readonly SchemaError[] {
  const validator = compiled.get(schema);
  if (!validator) return schemaErrors(schema, value);
  return validator(value) ? [] : (validator.errors ?? []);
}

/** Has a schema checked by Ajv from now on. Rejects with what Ajv has against it. */
export async function compileSchema(schema: ConfigSchema): Promise<void> {
  compiling ??= loadAjv();
  compiled.set(schema, (await compiling)(schema));
}

async function loadAjv(): Promise<(schema: ConfigSchema) => Validator> {
  // By its default: a bundle gives a CommonJS module no other names.
  const { default: module } = await import('ajv');
  const ajv = new module.Ajv(AJV_OPTIONS);
  ajv.addKeyword('orOne');
  return (schema) => ajv.compile(schema);
}

/** The dialect of `component/schema.ts`. Formats are checked by the catalog, with their places. */
const AJV_OPTIONS = {
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
  allErrors: true,
  useDefaults: true,
  validateFormats: false,
} as const;
