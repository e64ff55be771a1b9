import { bounds } from './script.ts'
import { describe, tokensOf, type Fail, type Mark, type Token } from './tokens.ts'

export interface StringNode {
  at: number
  text: string
}

export type ArgumentNode =
  | { kind: 'tag'; at: number; name: string }
  | { kind: 'number'; at: number; value: number }
  | { kind: 'strings'; at: number; strings: StringNode[]; isList: boolean }

/** A command or a test as the grammar has it, before anybody asks whether there is one of that name. */
export interface Node {
  at: number
  name: string
  args: ArgumentNode[]
  tests: Node[]
  /** Where the parenthesis of a list of tests stands. */
  listAt?: number
  /** What follows arguments and tests. */
  next: Token
  block?: Node[]
}

/**
 * Reads the commands of a script one after the other, each with all that is within it (RFC 5228 §8.2). A command is given before
 * the next one is read, so that of several errors the first one is told.
 */
export function* readCommands(text: string, fail: Fail): Generator<Node> {
  const next = tokensOf(text, fail)
  let token = next()
  let count = 0

  const isMark = (mark: Mark): boolean => token.kind === 'mark' && token.text === mark

  const stringList = (): ArgumentNode => {
    const { at } = token
    token = next()
    const strings: StringNode[] = []
    for (;;) {
      if (token.kind !== 'string') fail(token.at, `Expected a string, found ${describe(token)}.`)
      strings.push({ at: token.at, text: token.text })
      token = next()
      if (isMark(']')) break
      if (!isMark(',')) fail(token.at, `Expected “,” or “]”, found ${describe(token)}.`)
      token = next()
    }
    token = next()
    return { kind: 'strings', at, strings, isList: true }
  }

  const argument = (): ArgumentNode | undefined => {
    if (isMark('[')) return stringList()
    const { at } = token
    let found: ArgumentNode
    if (token.kind === 'tag') found = { kind: 'tag', at, name: token.text }
    else if (token.kind === 'number') found = { kind: 'number', at, value: token.value }
    else if (token.kind === 'string')
      found = { kind: 'strings', at, strings: [{ at, text: token.text }], isList: false }
    else return undefined
    token = next()
    return found
  }

  /** Name, arguments and tests: a test, or a command up to its end. */
  const head = (depth: number, what: string): Node => {
    if (token.kind !== 'word') return fail(token.at, `Expected ${what}, found ${describe(token)}.`)
    if (++count > bounds.commands) fail(token.at, `A script may have ${bounds.commands} commands and tests at most.`)
    if (depth > bounds.nesting) fail(token.at, `Commands and tests may be nested ${bounds.nesting} deep at most.`)
    const node: Node = { at: token.at, name: token.text, args: [], tests: [], next: token }
    token = next()
    for (let found = argument(); found !== undefined; found = argument()) node.args.push(found)
    if (token.kind === 'word') node.tests.push(head(depth + 1, 'a test'))
    else if (isMark('(')) {
      node.listAt = token.at
      do {
        token = next()
        node.tests.push(head(depth + 1, 'a test'))
      } while (isMark(','))
      if (!isMark(')')) fail(token.at, `Expected “,” or “)”, found ${describe(token)}.`)
      token = next()
    }
    node.next = token
    return node
  }

  const command = (depth: number): Node => {
    const node = head(depth, 'a command')
    if (isMark('{')) {
      token = next()
      node.block = []
      while (!isMark('}')) {
        if (token.kind === 'end') fail(token.at, 'Expected “}”, found the end of the script.')
        node.block.push(command(depth + 1))
      }
      token = next()
    } else {
      if (!isMark(';')) {
        const wanted = node.tests.length > 0 ? '“{” or “;”' : '“;”'
        fail(token.at, `Expected ${wanted}, found ${describe(token)}.`)
      }
      token = next()
    }
    return node
  }

  while (token.kind !== 'end') yield command(1)
}
