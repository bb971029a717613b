/** Where a thread of exporters begins: a program of its own in the build, started by `exporter-thread.ts`. */
import { parentPort } from 'node:worker_threads';
import { catalog } from '../catalog.ts';
import type { Context, Logger } from '../component/component.ts';
import { systemClock } from '../lib/clock.ts';
import { loadLiquid, needsLiquid } from '../lib/template.ts';
import { HostedExporter } from './hosted-exporter.ts';
import type { FromThread, ToThread } from './messages.ts';
import { Outbox } from './outbox.ts';

if (!parentPort) throw new Error('this is a thread of the collector, not a program');
const port = parentPort;

const outbox = new Outbox<FromThread>((messages) => port.postMessage(messages));
const answer = (message: FromThread): void => outbox.add(message);
const exporters = new Map<number, HostedExporter>();

/** What an exporter's templates need is loaded before it is made; what comes meanwhile waits. */
let work: Promise<void> | undefined;

port.on('message', (messages: readonly ToThread[]) => {
  if (work ?? messages.some(needsLoading)) work = (work ?? Promise.resolve()).then(() => loadAndFollow(messages));
  else for (const message of messages) follow(message);
});

async function loadAndFollow(messages: readonly ToThread[]): Promise<void> {
  const mine = work;
  if (messages.some(needsLoading)) await loadLiquid();
  for (const message of messages) follow(message);
  if (work === mine) work = undefined;
}

function needsLoading(message: ToThread): boolean {
  return message.kind === 'create' && needsLiquid(JSON.stringify(message.options));
}

function follow(message: ToThread): void {
  const hosted = exporters.get(message.instance);
  switch (message.kind) {
    case 'create':
      return create(message);
    case 'send':
      return void hosted!.send(message.request, message.events);
    case 'abort':
      return hosted?.abort(message.request);
    case 'stop':
      exporters.delete(message.instance);
      return void stop(message.instance, hosted);
  }
}

function create({ instance, id, type, options, batched }: Extract<ToThread, { kind: 'create' }>): void {
  const say =
    (level: keyof Logger): Logger['info'] =>
    (message, fields) =>
      answer({ kind: 'said', instance, level, message, fields });
  const context: Context = {
    id,
    batched,
    clock: systemClock,
    log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
    counter: (name, description, labels) => ({
      add: (count) => answer({ kind: 'counted', instance, name, description, labels, count }),
    }),
  };
  const exporter = catalog.exporters.get(type)!.create(options as never, context);
  exporters.set(instance, new HostedExporter(exporter, answer));
}

async function stop(instance: number, hosted: HostedExporter | undefined): Promise<void> {
  try {
    await hosted?.stop();
  } finally {
    answer({ kind: 'stopped', instance });
  }
}
