import { isExpanded, type Action, type Condition, type Rule } from './rule.ts'
import { actions, tests, type Row } from './sieve.ts'
import { isSame, tokensOf, type Token } from './tokens.ts'
import { expanding, head, writeRule, type Part, type RuleSet } from './write.ts'

const NAME = /^# rule:\[(.*)\]\s*$/

/**
 * The rules of a script, and byte for byte what is none of ours between them; undefined where it cannot be divided so. Exactly
 * what `writeRule` writes is a rule, however it is laid out.
 */
export function readScript(script: string): RuleSet | undefined {
  const tokens = tokensOf(script)
  if (!tokens) return undefined
  const statements = divide(tokens)
  if (!statements) return undefined
  const requires = new Set<string>()
  const begun = statements.findIndex(({ first }) => first?.text.toLowerCase() !== 'require')
  const requiring = begun === -1 ? statements.length : begun
  for (const { own } of statements.slice(0, requiring))
    for (const { kind, text } of own) if (kind === 'string') requires.add(text)

  const isExpanding = expanding.some((one) => requires.has(one))
  const parts: Part[] = []
  /** Up to here the text is told. */
  let told = 0
  const tellText = (to: number): void => {
    const text = tidyEnds(script.slice(told, to))
    if (text !== '') parts.push({ text })
  }
  for (const [at, { comments, own, first }] of statements.entries()) {
    const ours = comments.find(({ text }) => text.trim() === head)
    if (ours) {
      tellText(ours.start)
      told = ours.end
    }
    if (first && at < requiring) {
      tellText(first.start)
      told = own.at(-1)?.end ?? told
      continue
    }
    const following = statements[at + 1]?.first?.text.toLowerCase()
    const isWhole = following !== 'elsif' && following !== 'else'
    const name = comments.at(-1)
    const rule = isWhole && name ? readRule(name, own, isExpanding) : undefined
    if (!rule || !name) continue
    tellText(name.start)
    parts.push({ rule })
    told = own.at(-1)?.end ?? told
  }
  tellText(script.length)
  return { parts, requires: parts.some((part) => 'text' in part) ? [...requires] : [] }
}

/** Without empty lines before it and blanks behind it. */
const tidyEnds = (text: string): string => text.replace(/^(?:[ \t]*\r?\n)+/, '').trimEnd()

interface Statement {
  /** Comments before it. */
  comments: Token[]
  /** With the comments inside it. At the end of a script it may be empty. */
  own: Token[]
  first: Token | undefined
}

/** Statements of the top level: each ends with its semicolon or its block. */
function divide(tokens: readonly Token[]): Statement[] | undefined {
  const statements: Statement[] = []
  let comments: Token[] = []
  let own: Token[] = []
  let depth = 0
  for (const token of tokens) {
    if (token.kind === 'comment' && own.length === 0) {
      comments.push(token)
      continue
    }
    own.push(token)
    const mark = token.kind === 'mark' ? token.text : ''
    if ('([{'.includes(mark) && mark) depth++
    if (')]}'.includes(mark) && mark) depth--
    if (depth < 0) return undefined
    if (depth === 0 && (mark === ';' || mark === '}')) {
      statements.push({ comments, own, first: own[0] })
      comments = []
      own = []
    }
  }
  if (own.length > 0) return undefined
  return comments.length > 0 ? [...statements, { comments, own, first: undefined }] : statements
}

function readRule(comment: Token, tokens: readonly Token[], isExpanding: boolean): Rule | undefined {
  const name = NAME.exec(comment.text)?.[1]
  if (name === undefined) return undefined
  if (isExpanding && tokens.some(({ text }) => isExpanded(text))) return undefined
  const rule = understand(name, tokens)
  // What would be written in another way has been understood in another way.
  const written = rule && tokensOf(writeRule(rule))
  return written && isSame(written.slice(1), tokens) ? rule : undefined
}

function understand(name: string, tokens: readonly Token[]): Rule | undefined {
  const open = tokens.findIndex(({ kind, text }) => kind === 'mark' && text === '{')
  const test = tokens.slice(1, open)
  const isOn = !says(test, 0, 'allof', '(', 'false')
  // "allof ( false ," before it, and ")" behind it.
  const asked = isOn ? test : test.slice(4, -1)
  const match = says(asked, 0, 'true') ? 'every' : says(asked, 0, 'anyof') ? 'any' : 'all'
  const conditions = match === 'every' ? [] : readConditions(asked.slice(2, -1))
  const acts = readActions(tokens.slice(open + 1, -1))
  if (!conditions || !acts || open === -1) return undefined
  return { name, isOn, match, conditions, ...acts }
}

const says = (tokens: readonly Token[], at: number, ...words: string[]): boolean =>
  words.every((word, index) => {
    const token = tokens[at + index]
    return token?.kind !== 'string' && token?.text.toLowerCase() === word
  })

function readConditions(tokens: readonly Token[]): Condition[] | undefined {
  const found: Condition[] = []
  for (let at = 0; at < tokens.length;) {
    const isNot = says(tokens, at, 'not')
    if (isNot) at++
    const one = readRow(tests, tokens, at)
    if (!one) return undefined
    found.push({ ...one.of, isNot })
    // And the comma behind it.
    at = one.end + 1
  }
  return found
}

function readActions(tokens: readonly Token[]): Pick<Rule, 'actions' | 'stops'> | undefined {
  const found: Action[] = []
  const stops = says(tokens, tokens.length - 2, 'stop', ';')
  const end = stops ? tokens.length - 2 : tokens.length
  for (let at = 0; at < end;) {
    const one = readRow(actions, tokens, at)
    if (!one) return undefined
    found.push(one.of)
    at = one.end
  }
  return { actions: found, stops }
}

function readRow<Of>(
  rows: readonly Row<Of>[],
  tokens: readonly Token[],
  at: number,
): { of: Of; end: number } | undefined {
  for (const row of rows) {
    const pattern = patternOf(row.sieve)
    const holes: Record<string, string> = {}
    const fits = pattern.every((wanted, index) => {
      const token = tokens[at + index]
      if (!token || token.kind !== wanted.kind) return false
      if (wanted.hole !== undefined) holes[wanted.hole] = token.text
      return wanted.hole !== undefined || token.text.toLowerCase() === wanted.text.toLowerCase()
    })
    if (fits) return { of: row.make(holes), end: at + pattern.length }
  }
  return undefined
}

type Wanted = Pick<Token, 'kind' | 'text'> & { hole: string | undefined }

const patterns = new Map<string, Wanted[]>()

/** A row's Sieve as tokens, its holes among them. */
function patternOf(sieve: string): Wanted[] {
  const known = patterns.get(sieve)
  if (known) return known
  const filled = sieve.replace(/\$(\w+)/g, (_, hole: string) => (hole === 'size' ? '0' : `"$${hole}"`))
  const made = (tokensOf(filled) ?? []).map(({ kind, text }) => {
    const hole = kind === 'number' ? 'size' : text.startsWith('$') ? text.slice(1) : undefined
    return { kind, text, hole }
  })
  patterns.set(sieve, made)
  return made
}
