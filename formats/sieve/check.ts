import { checkArguments, need, type Known } from './arguments.ts'
import { commands } from './language/commands.ts'
import { alwaysThere, implied, onlyRequired } from './language/extensions.ts'
import type { Row, Table } from './language/row.ts'
import { tests } from './language/tests.ts'
import type { Argument, Command, Test } from './script.ts'
import type { Node } from './syntax.ts'
import { describe, quoted } from './tokens.ts'

/** What is said of a script before it runs: undefined where only running it can tell. */
type Truth = boolean | undefined

/**
 * Checks commands of a script against the tables of the language. What RFC 5463 §4 lets a script ask for with `ihave`, and this server
 * does not have, is not looked at: it never runs, and is left out.
 * @throws SieveError, by `fail`
 */
export function checkCommands(nodes: Iterable<Node>, known: Known, depth = 0): Command[] {
  const checked: Command[] = []
  let previous: string | undefined
  /** One of the branches so far is always taken, so that no later one is. */
  let isDecided = false
  let isOver = false
  for (const node of nodes) {
    // What follows is read, for it has to be well-formed.
    if (isOver) continue
    const row = rowOf(commands, node, known)
    if (row.after === undefined) isDecided = false
    else if (previous === undefined || !row.after.includes(previous))
      known.fail(node.at, `“${node.name}” may only follow “if” or “elsif”.`)
    if (node.name === 'require') {
      if (depth > 0 || (previous !== undefined && previous !== 'require'))
        known.fail(node.at, '“require” may only stand before all other commands.')
      checkRequire(node, row, known)
    } else if (!isDecided) {
      const { command, truth } = checkCommand(node, row, known, depth)
      checked.push(command)
      isDecided = truth === true
      isOver = isDecided && isEnd(command.block)
    }
    previous = node.name
  }
  return checked
}

/** Whether nothing that follows these commands ever runs. */
function isEnd(block: readonly Command[]): boolean {
  return ['stop', 'return', 'error'].includes(block.at(-1)?.name ?? '')
}

function checkRequire(node: Node, row: Row, known: Known): void {
  checkArguments(node, row, known)
  checkTests(node, row, known, endOf(row))
  checkBlock(node, row, known)
  for (const argument of node.args) {
    if (argument.kind !== 'strings') continue
    for (const { at, text } of argument.strings) {
      if (!isOffered(text, known)) known.fail(at, `The extension ${quoted(text, 'of this name')} is not known here.`)
      addExtension(text, known)
    }
  }
}

function isOffered(extension: string, known: Known): boolean {
  return known.allowed.has(extension) || alwaysThere.has(extension)
}

function addExtension(extension: string, known: Known): void {
  known.requires.add(extension)
  if (Object.hasOwn(implied, extension)) known.requires.add(implied[extension]!)
}

function checkCommand(node: Node, row: Row, known: Known, depth: number): { command: Command; truth: Truth } {
  const { tags, args } = checkArguments(node, row, known)
  const { checked, truths } = checkTests(node, row, known, endOf(row))
  checkBlock(node, row, known)
  const truth = node.name === 'else' ? undefined : truths[0]
  // What ihave has found missing is not looked into.
  const block = truth === false ? [] : checkCommands(node.block ?? [], known, depth + 1)
  if (node.name === 'set') known.set.add(String(args[0]).toLowerCase())
  if (node.name === 'global') checkGlobal(node, args, known)
  const command: Command = { name: node.name, place: known.placeOf(node.at), tags, args, block, tests: checked }
  if (checked[0] !== undefined) command.test = checked[0]
  return { command, truth }
}

/** RFC 6609 §3.4.1: what was set before is a variable of this script alone. */
function checkGlobal(node: Node, args: readonly Argument[], known: Known): void {
  for (const name of args[0] as string[]) {
    if (known.set.has(name.toLowerCase()))
      known.fail(node.at, `The variable ${quoted(name, 'here')} was set before it became global.`)
  }
}

/**
 * RFC 5463 §4: of tests that `ihave` decides no further one is looked at.
 * @param end  what may follow where there is no test, for sentences
 */
function checkTests(node: Node, row: Row, known: Known, end: string): { checked: Test[]; truths: Truth[] } {
  const first = node.tests[0]
  if (row.tests === undefined) {
    // Most often a semicolon was forgotten, and this is the next command.
    if (node.listAt !== undefined) known.fail(node.listAt, `Expected ${end}, found “(”.`)
    if (first !== undefined) known.fail(first.at, `Expected ${end}, found ${quoted(first.name, 'a word')}.`)
    return { checked: [], truths: [] }
  }
  if (first === undefined) return known.fail(node.next.at, `Expected a test, found ${describe(node.next)}.`)
  if (row.tests === 'list' && node.listAt === undefined)
    known.fail(first.at, `Expected “(”, found ${quoted(first.name, 'a word')}.`)
  if (row.tests === 'one' && node.listAt !== undefined)
    known.fail(node.listAt, `“${node.name}” has one test, without parentheses.`)
  const checked: Test[] = []
  const truths: Truth[] = []
  for (const one of node.tests) {
    const { test, truth } = checkTest(one, known)
    checked.push(test)
    truths.push(truth)
    if ((node.name === 'allof' && truth === false) || (node.name === 'anyof' && truth === true)) break
  }
  return { checked, truths }
}

function checkTest(node: Node, known: Known): { test: Test; truth: Truth } {
  const row = rowOf(tests, node, known)
  const { tags, args } = checkArguments(node, row, known)
  const { checked, truths } = checkTests(node, row, known, `the end of the test “${node.name}”`)
  const test = { name: node.name, place: known.placeOf(node.at), tags, args, tests: checked }
  return { test, truth: truthOf(node.name, args, truths, known) }
}

function truthOf(name: string, args: readonly Argument[], truths: readonly Truth[], known: Known): Truth {
  if (name === 'ihave') {
    const names = args[0] as string[]
    const hasAll = names.every(
      (extension) => known.requires.has(extension) || (isOffered(extension, known) && !onlyRequired.has(extension)),
    )
    if (hasAll) for (const extension of names) addExtension(extension, known)
    return hasAll
  }
  if (name === 'not') return truths[0] === undefined ? undefined : !truths[0]
  if (name !== 'allof' && name !== 'anyof') return undefined
  const decisive = name === 'anyof'
  if (truths.includes(decisive)) return decisive
  return truths.includes(undefined) ? undefined : !decisive
}

function checkBlock(node: Node, row: Row, known: Known): void {
  if (row.hasBlock === true && node.block === undefined)
    known.fail(node.next.at, `Expected “{”, found ${describe(node.next)}.`)
  if (row.hasBlock !== true && node.block !== undefined) known.fail(node.next.at, 'Expected “;”, found “{”.')
}

function endOf(row: Row): string {
  return row.hasBlock === true ? '“{”' : '“;”'
}

function rowOf(table: Table, node: Node, known: Known): Row {
  const [what, other] = table === commands ? ['command', tests] : ['test', commands]
  if (!Object.hasOwn(table, node.name)) {
    const name = quoted(node.name, 'This')
    if (Object.hasOwn(other, node.name))
      known.fail(node.at, `${name} is a ${table === commands ? 'test' : 'command'}, and a ${what} is expected here.`)
    known.fail(node.at, `${name} is no ${what} that is known here.`)
  }
  const row = table[node.name]!
  for (const extension of row.needs ?? []) need(`“${node.name}”`, extension, node.at, known)
  return row
}
