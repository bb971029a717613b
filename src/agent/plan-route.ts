/**
 * `POST /-/plan`: what this collector would do with another file. It is asked with the file's text,
 * and reads it with its own environment: only it knows what its secrets are.
 *
 * Of a file that is not valid here it says where, and no more: what stands there may be a secret.
 */
import type { Configuration } from '../component/configuration.ts';
import { planOf } from '../pipeline/plan.ts';
import type { Route } from '../telemetry/admin.ts';
import { jsonOf, RequestError } from '../telemetry/admin-http.ts';
import { load, type Variables } from './loading.ts';
import { serviceChanges, type ServiceChange } from './service-changes.ts';
import type { PlanEntry } from '../pipeline/plan.ts';

/** What is asked. */
export interface PlanQuestion {
  /** Absolute path the text is read as. */
  readonly file: string;
  /** The file and its fragments, by absolute path. */
  readonly texts: Readonly<Record<string, string>>;
}

/** What is answered: of a file that is not valid in the collector's environment, `invalid` alone. */
export interface PlanAnswer {
  readonly plan?: readonly PlanEntry[];
  readonly service?: readonly ServiceChange[];
  readonly invalid?: readonly { readonly file: string; readonly line: number; readonly column: number }[];
}

export function planRoute(running: () => Configuration | undefined, env: Variables): Route {
  return {
    method: 'POST',
    path: '/-/plan',
    async handle({ body }) {
      const { file, texts } = questionOf(jsonOf(body));
      const { configuration, problems } = await load(file, { env, files: new Map(Object.entries(texts)) });
      if (!configuration) {
        const errors = problems.filter(({ severity }) => severity === 'error');
        const invalid = errors.map((problem) => ({ file: problem.file, line: problem.line, column: problem.column }));
        return { status: 422, body: { invalid } satisfies PlanAnswer };
      }
      const now = running();
      const service = now ? serviceChanges(now, configuration, env) : [];
      return { status: 200, body: { plan: planOf(now, configuration).entries, service } satisfies PlanAnswer };
    },
  };
}

function questionOf(asked: unknown): PlanQuestion {
  const { file, texts } = (asked ?? {}) as Partial<Record<keyof PlanQuestion, unknown>>;
  const right =
    typeof file === 'string' &&
    typeof texts === 'object' &&
    texts !== null &&
    Object.values(texts).every((text) => typeof text === 'string');
  if (!right) throw new RequestError(400, 'ask with {"file": …, "texts": {path: text}}');
  return { file, texts: texts as PlanQuestion['texts'] };
}
