import type { Nodes } from './nodes.ts';
import type { Watcher } from './watcher.ts';

/** Tells every part of a graph who watches; after a reload, the new parts too. */
export function watchNodes({ receivers, pipelines, exporters }: Nodes, watcher: Watcher | undefined): void {
  for (const { sink } of receivers.values()) sink.watcher = watcher;
  for (const pipeline of pipelines.values()) {
    pipeline.watcher = watcher;
    pipeline.stages.watcher = watcher;
  }
  for (const [id, { outlet, delivery }] of exporters) {
    outlet.watcher = watcher;
    outlet.door.watcher = watcher;
    delivery.followers.onEnded = watcher && ((events, fate) => watcher.ended(id, events, fate));
  }
}
