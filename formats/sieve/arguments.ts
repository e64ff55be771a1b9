import { decodeCharacters } from './encoded.ts'
import { alwaysThere } from './language/extensions.ts'
import type { Kind, ReadTags, Row, TagRow } from './language/row.ts'
import { isVariableName, parseReferences } from './references.ts'
import { MOST_GROUPS } from './regex/pattern.ts'
import type { Argument, Place } from './script.ts'
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

/** The namespaces of variables, and the extensions they come with. */
const NAMESPACES: Readonly<Record<string, string>> = { global: 'include' }

/** Refuses what comes with an extension that the script does not require. */
export function need(what: string, extension: string, at: number, known: Known): void {
  if (!known.requires.has(extension)) known.fail(at, `${what} needs “${extension}”, which is not required.`)
}

/** Reads the tags and arguments of a command or test by its row. @throws SieveError, by `fail` */
export function checkArguments(node: Node, row: Row, known: Known): { tags: ReadTags; args: Argument[] } {
  const tags: ReadTags = { ...row.defaults }
  const { positional, written } = readTags(node, row, tags, known)
  const refused = row.refuse?.(tags, written)
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

/**
 * Reads the tags of a command or test into `tags`.
 * @returns the arguments after them (RFC 5228 §2.6.2); which tag was written, by its group
 */
function readTags(
  node: Node,
  row: Row,
  tags: ReadTags,
  known: Known,
): { positional: ArgumentNode[]; written: ReadonlyMap<string, string> } {
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
  return { positional, written }
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
