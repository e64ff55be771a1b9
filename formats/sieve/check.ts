import { decodeCharacters } from './encoded.ts'
import { commands } from './language/commands.ts'
import { alwaysThere, implied, onlyRequired } from './language/extensions.ts'
import type { Kind, ReadTags, Row, Table, TagRow } from './language/row.ts'
import { tests } from './language/tests.ts'
import { isVariableName, parseReferences } from './references.ts'
import { MOST_GROUPS } from './regex/pattern.ts'
import type { Argument, Command, Place, Test } from './script.ts'
import type { ArgumentNode, Node, StringNode } from './syntax.ts'
import { describe, quoted, type Fail } from './tokens.ts'

/** What is known of a script while its commands are checked one after the other. */
export interface Known {
  /** The extensions that the server offers. */
  allowed: ReadonlySet<string>
  /** Those that the script has required so far. */
  requires: Set<string>
  /** Variables that were set so far. */
  set: Set<string>
  placeOf(at: number): Place
  fail: Fail
}

/** What is said of a script before it runs: undefined where only running it can tell. */
type Truth = boolean | undefined

/** The namespaces of variables, and the extensions they come with. */
const NAMESPACES: Readonly<Record<string, string>> = { global: 'include' }

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

function need(what: string, extension: string, at: number, known: Known): void {
  if (!known.requires.has(extension)) known.fail(at, `${what} needs “${extension}”, which is not required.`)
}

function checkArguments(node: Node, row: Row, known: Known): { tags: ReadTags; args: Argument[] } {
  const tags: ReadTags = { ...row.defaults }
  const positional = readTags(node, row, tags, known)
  const refused = row.refuse?.(tags)
  if (refused !== undefined) known.fail(node.at, refused)
  const args = positionalKinds(row, positional.length).map((kind, index) => {
    const argument = positional[index]
    if (argument === undefined)
      return known.fail(node.tests[0]?.at ?? node.next.at, `Expected ${kind.what}, found ${foundAfter(node)}.`)
    return valueOf(argument, kind, tags, known)
  })
  const surplus = positional[args.length]
  if (surplus !== undefined) known.fail(surplus.at, `“${node.name}” takes no further argument.`)
  if (row.optional?.needs !== undefined && args.length > (row.args ?? []).length)
    need('A variable', row.optional.needs, positional[0]!.at, known)
  return { tags, args }
}

function foundAfter(node: Node): string {
  return node.tests[0] === undefined ? describe(node.next) : quoted(node.tests[0].name, 'a word')
}

/** The kinds of `count` arguments: with those that may be left out when there are more than there must be. */
function positionalKinds(row: Row, count: number): readonly Kind[] {
  const args = row.args ?? []
  if (count <= args.length) return args
  if (row.optional !== undefined) return [row.optional, ...args]
  return row.trailing === undefined ? args : [...args, row.trailing]
}

/** Reads the tags of a command or test into `tags`. @returns the arguments after them (RFC 5228 §2.6.2) */
function readTags(node: Node, row: Row, tags: ReadTags, known: Known): ArgumentNode[] {
  const written = new Map<string, string>()
  const positional: ArgumentNode[] = []
  for (let index = 0; index < node.args.length; index++) {
    const argument = node.args[index]!
    if (argument.kind !== 'tag') {
      positional.push(argument)
      continue
    }
    const { name, at } = argument
    const shown = quoted(`:${name}`, 'This tag')
    const tagRow = row.tags !== undefined && Object.hasOwn(row.tags, name) ? row.tags[name]! : undefined
    if (tagRow === undefined) return known.fail(at, `${shown} is no tag of “${node.name}”.`)
    if (positional.length > 0) known.fail(at, `${shown} has to stand before the arguments without tag.`)
    if (tagRow.needs !== undefined) need(shown, tagRow.needs, at, known)
    const group = tagRow.group ?? name
    const rival = written.get(group)
    if (rival === name) known.fail(at, `${shown} stands here twice.`)
    if (rival !== undefined) known.fail(at, `${shown} and “:${rival}” exclude each other.`)
    written.set(group, name)
    let value: Argument | true = true
    if (tagRow.value !== undefined) {
      const next = node.args[++index]
      if (next === undefined)
        return known.fail(
          node.tests[0]?.at ?? node.next.at,
          `Expected ${tagRow.value.what}, found ${foundAfter(node)}.`,
        )
      value = valueOf(next, tagRow.value, tags, known)
    }
    addTag(tags, name, tagRow, value)
    if (name === 'comparator') checkComparator(value, node.args[index]!.at, tags, known)
  }
  for (const [group, tag] of Object.entries(row.otherwise ?? {})) if (!written.has(group)) tags[tag] = true
  for (const [name, tagRow] of Object.entries(row.tags ?? {})) {
    if (tags[name] === true && tagRow.with !== undefined && tags[tagRow.with] === undefined)
      known.fail(node.at, `“:${name}” needs “:${tagRow.with}”.`)
  }
  return positional
}

function addTag(tags: ReadTags, name: string, row: TagRow, value: Argument | true): void {
  if (row.isChoice !== true) tags[name] = value
  else {
    tags[row.group!] = name
    if (row.valueAs !== undefined) tags[row.valueAs] = String(value).toLowerCase()
  }
}

const COMPARATORS = ['i;octet', 'i;ascii-casemap', 'i;ascii-numeric']

/** RFC 5228 §2.7.3: names of comparators are compared as they are; those that not everybody has are extensions. */
function checkComparator(value: Argument | true, at: number, tags: ReadTags, known: Known): void {
  if (typeof value !== 'string' || !COMPARATORS.includes(value))
    return known.fail(at, 'There is no comparator of this name.')
  if (!alwaysThere.has(`comparator-${value}`)) need(`“${value}”`, `comparator-${value}`, at, known)
  tags['comparator'] = value
}

function valueOf(argument: ArgumentNode, kind: Kind, tags: ReadTags, known: Known): Argument {
  if (argument.kind === 'number' && kind.type === 'number') {
    const wrong = kind.check?.(String(argument.value), tags)
    if (wrong !== undefined) known.fail(argument.at, wrong)
    return argument.value
  }
  if (argument.kind === 'strings' && kind.type === 'strings')
    return argument.strings.map((string) => stringOf(string, kind, tags, known))
  if (argument.kind === 'strings' && kind.type === 'string' && !argument.isList)
    return stringOf(argument.strings[0]!, kind, tags, known)
  return known.fail(argument.at, `Expected ${kind.what} (${TYPES[kind.type]}), found ${describeArgument(argument)}.`)
}

const TYPES: Readonly<Record<Kind['type'], string>> = {
  number: 'a number',
  string: 'a string',
  strings: 'strings',
}

function describeArgument(argument: ArgumentNode): string {
  if (argument.kind === 'tag') return quoted(`:${argument.name}`, 'a tag')
  if (argument.kind === 'number') return 'a number'
  return argument.isList ? 'a list of strings' : 'a string'
}

/** A string as the script means it, checked as far as it does not depend on variables. */
function stringOf({ at, text }: StringNode, kind: Kind, tags: ReadTags, known: Known): string {
  const value = known.requires.has('encoded-character') ? decodeCharacters(text) : text
  if (value === undefined) return known.fail(at, 'This string encodes a character that there is not.')
  if (known.requires.has('variables') && !checkReferences(value, at, known)) {
    if (kind.isConstant === true) known.fail(at, 'No variable may stand in this string.')
    return value
  }
  const wrong = kind.check?.(value, tags)
  if (wrong !== undefined) known.fail(at, wrong)
  if (kind.isVariable === true && value.includes('.')) checkNamespace(value.toLowerCase(), at, known)
  return value
}

/** @returns whether a string is constant */
function checkReferences(value: string, at: number, known: Known): boolean {
  if (!value.includes('${')) return true
  let isConstant = true
  for (const piece of parseReferences(value)) {
    if (typeof piece === 'string') continue
    isConstant = false
    // RFC 5229 §6.
    if ((piece.group ?? 0) > MOST_GROUPS) known.fail(at, `Match variables go up to ${MOST_GROUPS}.`)
    if (piece.name.includes('.')) checkNamespace(piece.name, at, known)
  }
  return isConstant
}

/** RFC 5229 §3: a namespace comes with its extension. Those there are have no namespaces within (RFC 6609 §3.4.2). */
function checkNamespace(name: string, at: number, known: Known): void {
  const namespace = name.slice(0, name.indexOf('.'))
  if (!Object.hasOwn(NAMESPACES, namespace) || !isVariableName(name.slice(namespace.length + 1)))
    known.fail(at, 'There is no such namespace of variables.')
  need(`“${namespace}”`, NAMESPACES[namespace]!, at, known)
}
