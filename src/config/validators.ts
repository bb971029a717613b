/**
 * The checks of options: generated when the collector is built, compiled by Ajv where there is no
 * generated one (plugins, tests). Ajv costs 50 MB and half a second, so it is loaded only then.
 */
import type { ConfigSchema } from '../component/schema.ts';

/** What an Ajv validation function is to us. It fills defaults in. */
export interface Validator {
  (data: unknown): boolean | Promise<unknown>;
  errors?: readonly SchemaError[] | null;
}

export interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

const compiled = new WeakMap<ConfigSchema, Validator>();
let compiling: Promise<(schema: ConfigSchema) => Validator> | undefined;

/** Compiled once per schema object. */
export async function validatorOf(schema: ConfigSchema): Promise<Validator> {
  const known = compiled.get(schema);
  if (known) return known;
  compiling ??= loadAjv();
  const validator = (await compiling)(schema);
  compiled.set(schema, validator);
  return validator;
}

async function loadAjv(): Promise<(schema: ConfigSchema) => Validator> {
  // By its default: a bundle gives a CommonJS module no other names.
  const { default: module } = await import('ajv');
  const ajv = new module.Ajv(AJV_OPTIONS);
  ajv.addKeyword('orOne');
  return (schema) => ajv.compile(schema);
}

/** The dialect of `component/schema.ts`. Formats are checked by the catalog, with their places. */
export const AJV_OPTIONS = {
  strict: true,
  strictRequired: false,
  allowUnionTypes: true,
  allErrors: true,
  useDefaults: true,
  validateFormats: false,
} as const;
