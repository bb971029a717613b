/** Whether every event is accounted for: what came in is what went out, was dropped by a rule or a limit, or is held. */
import type { Status } from './status.ts';

/** What does not add up, in words; nothing where the books balance. */
export function imbalancesOf({ receivers, pipelines, exporters, config }: Status): string[] {
  const wrong: string[] = [];
  const check = (what: string, isRight: boolean, books: object): void => {
    if (!isRight) wrong.push(`${what}: ${JSON.stringify(books)}`);
  };
  for (const [name, books] of Object.entries(pipelines)) {
    const { accepted, generated, dropped, suppressed, dead_lettered: dead, passed } = books;
    check(`pipeline ${name}`, dropped + suppressed + dead + passed === accepted + generated, books);
  }
  for (const [name, books] of Object.entries(exporters)) {
    const came = books.received + books.generated + books.recovered;
    const atDoor = books.dropped_at_door + books.suppressed_at_door;
    const ended = books.sent + books.dead_lettered + books.dropped + books.damaged;
    check(`exporter ${name}`, atDoor + ended + books.held === came, books);
  }
  // Where one pipeline has everything, and always had, nothing is lost between the three either. More comes of letters that are replayed.
  const [only, ...others] = Object.entries(pipelines);
  const isFirst = config.last_reload.plan?.every(({ action }) => action === 'added');
  if (!only || others.length > 0 || !isFirst) return wrong;
  const accepted = Object.values(receivers).reduce((sum, books) => sum + books.accepted, 0);
  check(`between the receivers and pipeline ${only[0]}`, only[1].accepted >= accepted, { came: accepted, ...only[1] });
  for (const id of only[1].exporters) {
    const { received } = exporters[id]!;
    check(`between pipeline ${only[0]} and exporter ${id}`, received >= only[1].passed, { came: received, ...only[1] });
  }
  return wrong;
}
