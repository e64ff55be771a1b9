import { hash } from 'node:crypto'

/** A piece of SQL with its values, to be spliced into a statement: `sql\`… where ${condition}\``. */
export class Fragment {
  readonly strings: readonly string[]
  readonly values: readonly unknown[]
  constructor(strings: readonly string[], values: readonly unknown[]) {
    this.strings = strings
    this.values = values
  }
}

export const fragment = (strings: TemplateStringsArray, ...values: unknown[]): Fragment => new Fragment(strings, values)

/** Joins conditions by `and`. */
export function every(conditions: Fragment[]): Fragment {
  const strings = ['']
  const values: unknown[] = []
  for (const [index, condition] of conditions.entries()) {
    strings[strings.length - 1] += index === 0 ? '(' : ' and ('
    append(condition, strings, values)
    strings[strings.length - 1] += ')'
  }
  return conditions.length === 0 ? new Fragment(['true'], []) : new Fragment(strings, values)
}

export interface Statement {
  /** The same text has the same name everywhere, so that PostgreSQL prepares it once a connection. Without a name it is not kept. */
  name: string | undefined
  text: string
  values: unknown[]
}

interface Prepared {
  name: string | undefined
  text: string
}

/** Texts put together from fragments that get a name. What somebody asks for in ever new forms must not stay prepared. */
const MOST_PUT_TOGETHER = 200
const putTogether = new Set<string>()

const prepared = new WeakMap<readonly string[], Prepared>()

/** Turns a template into a named prepared statement. Values never become part of the text. */
export function statement(strings: TemplateStringsArray, values: unknown[]): Statement {
  if (values.some((value) => value instanceof Fragment)) {
    const flat = ['']
    const flatValues: unknown[] = []
    append(new Fragment(strings, values), flat, flatValues)
    const made = prepare(flat)
    if (putTogether.size < MOST_PUT_TOGETHER) putTogether.add(made.text)
    return { text: made.text, name: putTogether.has(made.text) ? made.name : undefined, values: flatValues }
  }
  let known = prepared.get(strings)
  if (known === undefined) prepared.set(strings, (known = prepare(strings)))
  return { name: known.name, text: known.text, values }
}

function prepare(strings: readonly string[]): Prepared {
  let text = strings[0] ?? ''
  for (let i = 1; i < strings.length; i++) text += `$${i}${strings[i]}`
  return { text, name: hash('sha256', text, 'base64url').slice(0, 24) }
}

function append(piece: Fragment, strings: string[], values: unknown[]): void {
  piece.strings.forEach((text, i) => {
    strings[strings.length - 1] += text
    if (i >= piece.values.length) return
    const value = piece.values[i]
    if (value instanceof Fragment) append(value, strings, values)
    else {
      values.push(value)
      strings.push('')
    }
  })
}
