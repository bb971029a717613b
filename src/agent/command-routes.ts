/** What the commands that look at an edit ask a running collector. */
import type { Graph } from '../pipeline/graph.ts';
import type { Route } from '../telemetry/admin.ts';
import type { Variables } from './loading.ts';
import { planRoute } from './plan-route.ts';
import { tapRoute } from './tap.ts';

export function commandRoutes(graph: Graph, env: Variables): Route[] {
  return [planRoute(() => graph.configuration, env), windowsRoute(graph), tapRoute(graph)];
}

/** `GET /-/windows`: what processors remember, by key: `explain` judges a line with it, without touching it. */
function windowsRoute(graph: Graph): Route {
  return {
    method: 'GET',
    path: '/-/windows',
    handle() {
      const snapshots = [...graph.nodes.stages].flatMap(([key, { processor }]) => {
        const snapshot = processor.snapshot?.();
        return snapshot === undefined ? [] : [[key, snapshot] as const];
      });
      return { status: 200, body: Object.fromEntries(snapshots) };
    },
  };
}
