/** `POST /-/dead-letters/replay`: what `dead-letters replay` asks a running collector, which has the queues. */
import type { Clock } from '../component/component.ts';
import type { Graph } from '../pipeline/graph.ts';
import type { Route } from '../telemetry/admin.ts';
import { jsonOf, RequestError } from '../telemetry/admin-http.ts';
import { intoGraph, replay, type Wanted } from './replay.ts';

/** `directory` is that of the dead letters. */
export function deadLetterRoute(graph: Graph, directory: string, clock: Clock): Route {
  // Two at once would both read a letter before either has removed it.
  let isUnderWay = false;
  return {
    method: 'POST',
    path: '/-/dead-letters/replay',
    async handle({ body }) {
      const wanted = wantedOf(jsonOf(body));
      if (isUnderWay)
        throw new RequestError(409, 'another replay is under way: ask again once its letters are in the queues');
      isUnderWay = true;
      const into = intoGraph(() => graph.nodes);
      const replayed = await replay(directory, wanted, clock.now(), into).finally(() => (isUnderWay = false));
      return { status: 200, body: replayed };
    },
  };
}

function wantedOf(value: unknown): Wanted {
  const { ids, exporter } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const isText = (one: unknown): one is string => typeof one === 'string';
  if (ids !== undefined && !(Array.isArray(ids) && ids.every(isText)))
    throw new RequestError(400, 'ids must be a list of strings');
  if (exporter !== undefined && !isText(exporter)) throw new RequestError(400, 'exporter must be a string');
  return { ids, exporter };
}
