import { inOrder, type Action, type Condition, type Rule } from './rule.ts'
import { actions, tests, type Holes, type Row } from './sieve.ts'

/** The script of the rules: rules, and between them what somebody has written by hand, in their order. */
export interface RuleSet {
  parts: Part[]
  /** What the script requires beyond its rules, for what is written by hand. */
  requires: string[]
}

export type Part = { rule: Rule } | { text: string }

/** What the script begins with. */
export const head =
  '# Rules, as the page "Rules" of Zegel shows them. What it does not know of this text it keeps as it stands.'

/** Extensions that change what strings mean (RFC 5229 §3, RFC 5228 §2.4.2.4). */
export const expanding: readonly string[] = ['variables', 'encoded-character']

/** The text of the script. Each rule in it is an `if` below a line with its name, in the form that other programs know too. */
export function writeScript(set: RuleSet): string {
  const requires = requiresOf(set)
  const blocks = set.parts.map((part) => ('rule' in part ? writeRule(part.rule) : part.text))
  const required = requires.length === 0 ? [] : [`require [${requires.map(quote).join(', ')}];`]
  return `${[[head, ...required].join('\r\n'), ...blocks].join('\r\n\r\n')}\r\n`
}

function requiresOf({ parts, requires }: RuleSet): string[] {
  const all = new Set(parts.some((part) => 'text' in part) ? requires : [])
  for (const part of parts) if ('rule' in part) for (const one of needsOf(part.rule)) all.add(one)
  return [...all].sort()
}

/** Whether "${" in a rule of this script would stand for something else. */
export const expands = ({ parts, requires }: RuleSet): boolean =>
  parts.some((part) => 'text' in part) && requires.some((one) => expanding.includes(one))

function needsOf({ conditions, actions: acts }: Rule): string[] {
  return [
    ...conditions.flatMap((one) => rowOf(tests, one).row.needs),
    ...acts.flatMap((one) => rowOf(actions, one).row.needs),
  ]
}

export function writeRule({ name, isOn, match, conditions, actions: acts, stops }: Rule): string {
  const test = match === 'every' ? 'true' : group(match === 'all' ? 'allof' : 'anyof', conditions.map(writeTest))
  const lines = [...inOrder(acts).map((one) => write(actions, one)), ...(stops ? ['stop;'] : [])]
  return [
    `# rule:[${name}]`,
    `if ${isOn ? test : group('allof', ['false', test])} {`,
    ...lines.map((one) => `    ${one}`),
    '}',
  ].join('\r\n')
}

/** One test stands in the line of its `if`, more below one another. */
function group(word: string, all: readonly string[]): string {
  const isShort = all.length === 1 || (all[0] === 'false' && !all.some((one) => one.includes('\r\n')))
  if (isShort) return `${word} (${all.join(', ')})`
  return `${word} (\r\n${all.map((one) => `    ${one.replaceAll('\r\n', '\r\n    ')}`).join(',\r\n')}\r\n)`
}

const writeTest = (condition: Condition): string => `${condition.isNot ? 'not ' : ''}${write(tests, condition)}`

function write<Of extends Condition | Action>(rows: readonly Row<Of>[], of: Of): string {
  const { row, holes } = rowOf(rows, of)
  return row.sieve.replace(/\$(\w+)/g, (_, name: string) => fill(name, holes[name] ?? ''))
}

function rowOf<Of>(rows: readonly Row<Of>[], of: Of): { row: Row<Of>; holes: Holes } {
  for (const row of rows) {
    const holes = row.take(of)
    if (holes) return { row, holes }
  }
  throw new Error('a rule has a part that no row writes')
}

function fill(hole: string, value: string): string {
  if (hole === 'size') return value
  return hole === 'words' && value.includes('\n') ? textBlock(value) : quote(value)
}

/** RFC 5228 §2.4.2. */
export const quote = (text: string): string => `"${text.replace(/["\\]/g, String.raw`\$&`)}"`

/** For words of several lines, so that people can read them in their script. RFC 5228 §2.4.2. */
function textBlock(text: string): string {
  return `text:\r\n${text.replace(/^\./gm, '..')}\r\n.\r\n`
}
