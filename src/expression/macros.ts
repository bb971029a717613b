/** `has`, `cel.bind`, and the loops: `exists`, `all`, `exists_one`, `filter` and `map`. */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { Cell, Compiled, Run, Scope } from './compiled.ts';
import { isObject } from './values.ts';

/** Undefined where `node` is a call like any other. */
export function compileMacro(node: ASTNode, scope: Scope): Compiled | undefined {
  if (node.op === 'call') return node.args[0] === 'has' ? compileHas(node.args[1][0]!, scope) : undefined;
  if (node.op !== 'rcall') return undefined;
  const [name, receiver, [variable, ...bodies]] = node.args;
  if (variable?.op !== 'id') return undefined;
  const cell: Cell = { value: undefined };
  const compileBody = (body: ASTNode): Run => scope.compileWith(variable.args, cell, body).run;
  if (name === 'bind' && receiver.op === 'id' && receiver.args === 'cel') {
    return { run: bind(cell, scope.compile(bodies[0]!).run, compileBody(bodies[1]!)) };
  }
  const loop = LOOPS.get(name);
  if (!loop || bodies.length < 1 || bodies.length > (name === 'map' ? 2 : 1)) return undefined;
  const { run } = scope.compile(receiver);
  const [first, second] = bodies.map(compileBody);
  return { run: loop(cell, (event) => itemsOf(run(event)), first!, second) };
}

function compileHas(node: ASTNode, scope: Scope): Compiled {
  const { run } = scope.compile(node);
  return { run: (event) => run(event) !== undefined };
}

function bind(cell: Cell, value: Run, body: Run): Run {
  return (event) => {
    cell.value = value(event);
    return body(event);
  };
}

/** The items of a list, the keys of an object; nothing of anything else. */
type Items = (event: Parameters<Run>[0]) => readonly unknown[] | undefined;

type Loop = (cell: Cell, items: Items, body: Run, second: Run | undefined) => Run;

const LOOPS: ReadonlyMap<string, Loop> = new Map<string, Loop>([
  ['exists', exists],
  ['all', all],
  ['exists_one', existsOne],
  ['filter', filter],
  ['map', map],
]);

function exists(cell: Cell, items: Items, body: Run): Run {
  return (event) => {
    const list = items(event);
    if (!list) return false;
    for (let index = 0; index < list.length; index += 1) {
      cell.value = list[index];
      if (body(event) === true) return true;
    }
    return false;
  };
}

function all(cell: Cell, items: Items, body: Run): Run {
  return (event) => {
    const list = items(event);
    if (!list) return false;
    for (let index = 0; index < list.length; index += 1) {
      cell.value = list[index];
      if (body(event) !== true) return false;
    }
    return true;
  };
}

function existsOne(cell: Cell, items: Items, body: Run): Run {
  return (event) => {
    let found = 0;
    for (const item of items(event) ?? []) {
      cell.value = item;
      if (body(event) === true) found += 1;
    }
    return found === 1;
  };
}

function filter(cell: Cell, items: Items, body: Run): Run {
  return (event) =>
    items(event)?.filter((item) => {
      cell.value = item;
      return body(event) === true;
    });
}

/** With three arguments the second one chooses, and the third is what becomes of the chosen. */
function map(cell: Cell, items: Items, body: Run, second: Run | undefined): Run {
  return (event) => {
    const list = items(event);
    if (!list) return undefined;
    const mapped: unknown[] = [];
    for (const item of list) {
      cell.value = item;
      if (!second) mapped.push(body(event));
      else if (body(event) === true) mapped.push(second(event));
    }
    return mapped;
  };
}

function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as readonly unknown[];
  return isObject(value) ? Object.keys(value) : undefined;
}
