import type { BaseSubject } from '#formats/message'
import type { Ids } from './derivations.ts'
import { Forest } from './forest.ts'

/** A message as threads are made of it. */
export interface Threaded {
  /** As it is told: a UID or a sequence number. */
  number: number
  /** Milliseconds since 1970. */
  sentAt: number
  subject: BaseSubject
  ids: Ids
}

/** A message in its thread, or the place of one that is not there. */
interface Node {
  message: Threaded | undefined
  parent: Node | undefined
  children: Node[]
}

/** Messages in the order of sequence numbers, which decides where nothing else does. */
type Threads = readonly Node[]

const nodeOf = (message: Threaded | undefined): Node => ({ message, parent: undefined, children: [] })

/**
 * ORDEREDSUBJECT: messages with one subject are a thread, all but its first being children of that. RFC 5256 §3.
 */
export function bySubject(messages: readonly Threaded[]): Threads {
  const threads = new Map<string, Node>()
  for (const message of sortedBySentAt(messages.map(nodeOf))) {
    const key = subjectOf(message).text
    const first = threads.get(key)
    if (first === undefined) threads.set(key, message)
    else first.children.push(message)
  }
  // Begun in the order of their first messages, as they are wanted.
  return [...threads.values()]
}

/** REFERENCES. RFC 5256 §3, step by step; of messages and references each costs a few steps. */
export function byReferences(messages: readonly Threaded[]): Threads {
  const pruned = prunedRoots(linked(messages))
  // (4)
  for (const root of pruned) if (root.message === undefined) root.children = sortedBySentAt(root.children)
  const gathered = gatheredBySubject(sortedBySentAt(pruned))
  // (6) Sorts each set of siblings; those without a message are at the top alone, and go by their first child.
  const nodes = [...all(gathered)]
  for (const node of nodes.reverse()) node.children = sortedBySentAt(node.children)
  return sortedBySentAt(gathered)
}

/** (1) and (2): who answers whom. @returns those that answer nobody */
function linked(messages: readonly Threaded[]): Node[] {
  const known = new Map<string, Node>()
  const nodes = messages.map((message) => {
    const node = nodeOf(message)
    // Of two with one Message-ID the second has none.
    const own = message.ids.own === undefined ? undefined : normalId(message.ids.own)
    if (own !== undefined && !known.has(own)) known.set(own, node)
    return node
  })
  const nodeOfId = (given: string): Node => {
    const id = normalId(given)
    const node = known.get(id) ?? nodeOf(undefined)
    known.set(id, node)
    return node
  }
  const forest = new Forest<Node>()
  const link = (parent: Node, child: Node): void => {
    if (forest.rootOf(parent) === child) return
    child.parent = parent
    forest.link(parent, child)
  }
  for (const [turn, { ids }] of messages.entries()) {
    // Without References the first of In-Reply-To.
    const chain = (ids.references.length > 0 ? ids.references : ids.inReplyTo.slice(0, 1)).map(nodeOfId)
    // (A) What a message says of those it refers to.
    for (const [index, child] of chain.entries())
      if (index > 0 && child.parent === undefined) link(chain[index - 1] as Node, child)
    // (B) It is the child of the last of them, whatever another has said before.
    const node = nodes[turn] as Node
    if (node.parent !== undefined) {
      node.parent = undefined
      forest.cut(node)
    }
    const last = chain.at(-1)
    if (last !== undefined) link(last, node)
  }
  const every = [...new Set([...nodes, ...known.values()])]
  for (const node of every) node.parent?.children.push(node)
  return every.filter(({ parent }) => parent === undefined)
}

/** A Message-ID in the one form that those written with and without quotes have in common. RFC 5256 §3. */
const normalId = (id: string): string =>
  id.replace(/^"((?:[^"\\]|\\[^])*)"(?=@)/, (_, quoted: string) => quoted.replace(/\\([^])/g, '$1'))

/** All nodes, each before its children. */
function* all(roots: Threads): Generator<Node> {
  const waiting = roots.toReversed()
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node
    for (let index = node.children.length - 1; index >= 0; index--) waiting.push(node.children[index] as Node)
  }
}

/** (3) Takes away places without a message: their children move up, to the top only where there is but one. */
function prunedRoots(roots: Threads): Node[] {
  // From the leaves: what is below is without gaps already.
  for (const node of [...all(roots)].reverse())
    node.children = node.children.flatMap((child) => (child.message === undefined ? child.children : [child]))
  return roots.flatMap((root) => (root.message !== undefined || root.children.length > 1 ? [root] : root.children))
}

/** Of a place without a message its first child, which is one: by it the thread is known. */
const firstOf = ({ message, children }: Node): Threaded => message ?? (children[0]?.message as Threaded)
const subjectOf = (node: Node): BaseSubject => firstOf(node).subject

/** (5) Puts threads at the top together that have one subject. */
function gatheredBySubject(roots: readonly Node[]): Node[] {
  const table = new Map<string, Node>()
  for (const root of roots) {
    const { text, isAnswer } = subjectOf(root)
    if (text === '') continue
    const there = table.get(text)
    const isBetter =
      there?.message !== undefined && (root.message === undefined || (there.message.subject.isAnswer && !isAnswer))
    if (there === undefined || isBetter) table.set(text, root)
  }
  const gone = new Set<Node>()
  const added = new Map<Node, Node>()
  for (const root of roots) {
    const { text, isAnswer } = subjectOf(root)
    const there = table.get(text)
    if (text === '' || there === undefined || there === root || added.has(root)) continue
    gone.add(root)
    if (there.message === undefined) {
      if (root.message === undefined) for (const child of root.children) there.children.push(child)
      else there.children.push(root)
    } else if (isAnswer && !there.message.subject.isAnswer) there.children.push(root)
    else {
      // Neither is above the other: both go below a place of their own, which takes that of the one.
      const both: Node = { message: undefined, parent: undefined, children: [there, root] }
      added.set(there, both)
      table.set(text, both)
    }
  }
  return roots.flatMap((root) => (gone.has(root) ? [] : [added.get(root) ?? root]))
}

/** By sent date, and then by number. The children of places without a message are sorted. */
function sortedBySentAt(nodes: readonly Node[]): Node[] {
  if (nodes.length < 2) return [...nodes]
  return nodes
    .map((node) => ({ node, by: firstOf(node) }))
    .sort((a, b) => a.by.sentAt - b.by.sentAt || a.by.number - b.by.number)
    .map(({ node }) => node)
}

/** `thread-list`s as RFC 5256 §5 has them: an only child follows its parent, several stand in parentheses each. */
export function threadsText(threads: Threads): string {
  const parts: string[] = []
  // What is written next is at the end. No depth of a thread is one of calls.
  const waiting: (Node | string)[] = []
  const push = (nodes: Threads): void => {
    for (const node of nodes.toReversed()) waiting.push(')', node, '(')
  }
  push(threads)
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next === 'string') {
      parts.push(next)
      continue
    }
    const { message, children } = next
    if (message !== undefined) parts.push(children.length === 0 ? String(message.number) : `${message.number} `)
    const [only, ...others] = children
    if (only !== undefined && others.length === 0) waiting.push(only)
    else push(children)
  }
  return parts.join('')
}
