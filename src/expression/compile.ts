/**
 * Makes a JavaScript closure of each node of a checked expression.
 *
 * Nothing is allocated per event and no field is read that the expression does not mention. What
 * is not there is `undefined`, and the answer to whatever is asked of it is no: a comparison with
 * it is false, a search in it is false, and `!` of it true. Nothing throws at run time.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import { metadataOf } from '../component/event.ts';
import { compileCall, compileMethod } from './calls.ts';
import { compileComparison, compileIn } from './comparisons.ts';
import { constant, folded, type Cell, type Compiled, type Run, type Scope } from './compiled.ts';
import { compileMacro } from './macros.ts';
import { checker, libraryCall, plainInteger, type Variable } from './environment.ts';
import { ExpressionError } from './expression-error.ts';
import { levelValue } from './level-value.ts';
import { needlesOfAll, needlesOfAny, withNeedles } from './needles.ts';
import { at, compute, isObject, type Arithmetic } from './values.ts';

/** Deeper trees could overflow the stack, here or at run time. */
const MAX_DEPTH = 500;

const VARIABLES: Readonly<Record<Variable, Run>> = {
  event_id: (event) => event.eventId,
  event_type: (event) => event.eventType,
  level: (event) => levelValue(event.level),
  source: (event) => event.source,
  title: (event) => event.title,
  message: (event) => event.message,
  metadata: (event) => event.metadata,
  tags: (event) => event.tags,
  timestamp: (event) => new Date(event.timestamp),
};

/** `cells`: names that stand for what is in a cell at the time, before those of the event's fields. */
export function compileTree(tree: ASTNode, cells: ReadonlyMap<string, Cell>): Compiled {
  return new Compiler(cells, 0).compile(tree);
}

class Compiler implements Scope {
  readonly #cells: ReadonlyMap<string, Cell>;
  #depth: number;

  constructor(cells: ReadonlyMap<string, Cell>, depth: number) {
    this.#cells = cells;
    this.#depth = depth;
  }

  compile(node: ASTNode): Compiled {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new ExpressionError('the expression is nested too deeply', node.start);
    const compiled = this.#compile(node);
    this.#depth -= 1;
    return compiled;
  }

  compileWith(name: string, cell: Cell, node: ASTNode): Compiled {
    return new Compiler(new Map(this.#cells).set(name, cell), this.#depth).compile(node);
  }

  #compile(node: ASTNode): Compiled {
    switch (node.op) {
      case 'value':
        return constant(plainInteger(node.args));
      case 'id':
        return this.#name(node.args);
      case '.':
        return this.#access(this.compile(node.args[0]), constant(node.args[1]));
      case '[]':
        return this.#access(this.compile(node.args[0]), this.compile(node.args[1]));
      case '&&':
        return both(this.#terms(node, '&&'));
      case '||':
        return either(this.#terms(node, '||'));
      case '!_': {
        const { run } = this.compile(node.args);
        return { run: (event) => run(event) !== true };
      }
      case '-_':
        return this.#negate(this.compile(node.args));
      case '?:': {
        const [condition, yes, no] = node.args.map((part) => this.compile(part).run);
        return { run: (event) => (condition!(event) === true ? yes!(event) : no!(event)) };
      }
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return compileComparison(node.op, node.args, this);
      case 'in':
        return compileIn(node.args, this);
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
        return this.#arithmetic(node.op, this.compile(node.args[0]), this.compile(node.args[1]));
      case 'list':
        return this.#list(node.args.map((item) => this.compile(item)));
      case 'map':
        return this.#map(node.args.map(([key, value]) => [this.compile(key).run, this.compile(value).run]));
      case 'call':
        return compileMacro(node, this) ?? compileCall(node.args[0], node.args[1], this);
      case 'rcall':
        return compileMacro(node, this) ?? compileMethod(node.args[0], node.args[1], node.args[2], this);
      default:
        throw new ExpressionError(`${node.op} is not supported`, node.start, node.end);
    }
  }

  #name(name: string): Compiled {
    const cell = this.#cells.get(name);
    if (cell) return { run: () => cell.value };
    if (isVariable(name)) return { run: VARIABLES[name], variable: name };
    // Levels, and the names of types.
    return constant(checker().evaluate(name, {}));
  }

  #access(holder: Compiled, key: Compiled): Compiled {
    const { run } = holder;
    if (!key.constant) return { run: (event) => at(run(event), key.run(event)) };
    const name = key.constant.value;
    if (typeof name !== 'string' || name in Object.prototype) return { run: (event) => at(run(event), name) };
    if (holder.variable === 'metadata') return { run: (event) => metadataOf(event, name) };
    return {
      run: (event) => {
        const value = run(event);
        return isObject(value) ? value[name] : undefined;
      },
    };
  }

  /** A chain of the same operator as one list, so that a hundred terms are not a hundred levels deep. */
  #terms(node: ASTNode, operator: '&&' | '||'): Compiled[] {
    const terms: ASTNode[] = [];
    let rest = node;
    while (rest.op === operator) {
      terms.unshift(rest.args[1]);
      rest = rest.args[0];
    }
    return [rest, ...terms].map((term) => this.compile(term));
  }

  #negate({ run }: Compiled): Compiled {
    const negated: Run = (event) => {
      const value = run(event);
      return typeof value === 'number' || typeof value === 'bigint' ? -value : undefined;
    };
    return { run: negated };
  }

  #arithmetic(operator: Arithmetic, left: Compiled, right: Compiled): Compiled {
    const { run: first } = left;
    const { run: second } = right;
    const library = libraryCall(`a0 ${operator} a1`);
    const run: Run = (event) => {
      const a = first(event);
      const b = second(event);
      if ((typeof a === 'number' || typeof a === 'bigint') && (typeof b === 'number' || typeof b === 'bigint')) {
        return compute(operator, a, b);
      }
      if (operator === '+' && typeof a === 'string' && typeof b === 'string') return a + b;
      // Times, durations, lists; everything else is an error there, and nothing here.
      return library([a, b]);
    };
    return left.constant && right.constant ? constant(folded(run)) : { run };
  }

  #list(items: readonly Compiled[]): Compiled {
    if (items.every((item) => item.constant)) return constant(items.map((item) => item.constant?.value));
    return { run: (event) => items.map(({ run }) => run(event)) };
  }

  #map(entries: readonly (readonly [Run, Run])[]): Compiled {
    const run: Run = (event) => {
      const map = Object.create(null) as Record<string, unknown>;
      for (const [key, value] of entries) map[String(key(event))] = value(event);
      return map;
    };
    return { run };
  }
}

function isVariable(name: string): name is Variable {
  return Object.hasOwn(VARIABLES, name);
}

function both(terms: readonly Compiled[]): Compiled {
  return withNeedles(all(terms.map(({ run }) => run)), needlesOfAll(terms.map(({ needles }) => needles)));
}

function either(terms: readonly Compiled[]): Compiled {
  return withNeedles(any(terms.map(({ run }) => run)), needlesOfAny(terms.map(({ needles }) => needles)));
}

function all(terms: readonly Run[]): Run {
  const [first, second, third] = terms;
  if (terms.length === 2) return (event) => first!(event) === true && second!(event) === true;
  if (terms.length === 3) return (event) => first!(event) === true && second!(event) === true && third!(event) === true;
  return (event) => {
    for (let index = 0; index < terms.length; index += 1) if (terms[index]!(event) !== true) return false;
    return true;
  };
}

function any(terms: readonly Run[]): Run {
  const [first, second, third] = terms;
  if (terms.length === 2) return (event) => first!(event) === true || second!(event) === true;
  if (terms.length === 3) return (event) => first!(event) === true || second!(event) === true || third!(event) === true;
  return (event) => {
    for (let index = 0; index < terms.length; index += 1) if (terms[index]!(event) === true) return true;
    return false;
  };
}
